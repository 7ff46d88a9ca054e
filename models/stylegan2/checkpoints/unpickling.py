"""Interprets a pickle without executing anything of it.

A pickle is a program for a stack machine. Python's own machine imports and calls whatever the program names; this one
knows only the instructions that build data, and in place of a global it puts the stand-in that a whitelist has for it.
"""

import io
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_PROTOCOL = 5


@dataclass(frozen=True, eq=False)
class StandIn:
    """What a global of the file becomes: an inert name, with a function of ours if the file may call it."""

    name: str
    call: Callable[..., Any] | None = None


class Built:
    """An object that the file creates first and fills with its state afterwards."""

    def build(self, state: Any) -> None:
        raise NotImplementedError


Whitelist = Mapping[tuple[str, str], StandIn]


def interpret(stream: io.BytesIO, whitelist: Whitelist, persistent: Callable[[Any], Any] | None = None) -> Any:
    """The object of the pickle at the stream's position, which is behind the pickle afterwards.

    Args:
        stream: The pickle, in memory: no length that it claims can then allocate more than there is.
        whitelist: Stand-ins by the module and name of their global.
        persistent: Resolves persistent ids. None refuses them.

    Raises:
        ValueError, LookupError, TypeError, AttributeError or OverflowError: For whatever is not a pickle of plain data
            and of the whitelist's globals.
    """
    machine = _Machine(whitelist, persistent)
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name == "STOP":
            break
        if opcode.name not in _INSTRUCTIONS:
            raise ValueError(f"it has the pickle instruction {opcode.name}, which checkpoints do not use")
        _INSTRUCTIONS[opcode.name](machine, argument)
    return machine.stack.pop()


class _Machine:
    def __init__(self, whitelist: Whitelist, persistent: Callable[[Any], Any] | None) -> None:
        self.whitelist = whitelist
        self.persistent = persistent
        self.stack: list[Any] = []
        self.outer_stacks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self, _: None) -> None:
        self.outer_stacks.append(self.stack)
        self.stack = []

    def pop_to_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.outer_stacks.pop()
        return items

    def pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise ValueError("its instructions pop an empty stack")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def extend(self, items: list[Any]) -> None:
        _expect(self.stack[-1], list).extend(items)

    def update(self, items: list[Any]) -> None:
        _expect(self.stack[-1], dict).update(_pairs(items))

    def add(self, items: list[Any]) -> None:
        _expect(self.stack[-1], set).update(_key(item) for item in items)

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def find(self, module: Any, name: Any) -> None:
        stand_in = self.whitelist.get((_expect(module, str), _expect(name, str)))
        if stand_in is None:
            raise ValueError(f"it refers to {f'{module}.{name}'[:100]!a}, which checkpoints have no use for")
        self.push(stand_in)

    def call(self, _: None) -> None:
        function, arguments = self.pop(2)
        if not isinstance(function, StandIn) or function.call is None:
            name = function.name if isinstance(function, StandIn) else f"an object of type {type(function).__name__}"
            raise ValueError(f"it calls {name}")
        self.push(function.call(*_expect(arguments, tuple)))

    def build(self, _: None) -> None:
        built, state = self.pop(2)
        self.push(built)
        _expect(built, Built).build(state)

    def resolve(self, _: None) -> None:
        if self.persistent is None:
            raise ValueError("it has a persistent id, which names data outside the file")
        self.push(self.persistent(*self.pop(1)))


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"an object of type {type(value).__name__} stands where {kind.__name__} belongs")
    return value


def _key(value: Any) -> Any:
    """Keys are plain: hashing tuples nested deeply enough would overflow the C stack."""
    if not isinstance(value, str | int | float | bytes | None):
        raise ValueError(f"an object of type {type(value).__name__} is a key")
    return value


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(map(_key, items[::2]), items[1::2], strict=True))


def _check_protocol(machine: _Machine, protocol: int) -> None:
    if protocol > MAX_PROTOCOL:
        raise ValueError(f"it is of pickle protocol {protocol}; known are those up to {MAX_PROTOCOL}")


_CONSTANTS = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE "
    "SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
)

_INSTRUCTIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys(_CONSTANTS.split(), _Machine.push),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_SET": lambda machine, _: machine.push(set()),
    "MARK": _Machine.mark,
    "POP": lambda machine, _: machine.pop(1),
    "POP_MARK": lambda machine, _: machine.pop_to_mark(),
    "LIST": lambda machine, _: machine.push(machine.pop_to_mark()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_to_mark())),
    "DICT": lambda machine, _: machine.push(_pairs(machine.pop_to_mark())),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.pop(3))),
    "APPEND": lambda machine, _: machine.extend(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.pop_to_mark()),
    "SETITEM": lambda machine, _: machine.update(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.pop_to_mark()),
    "ADDITEMS": lambda machine, _: machine.add(machine.pop_to_mark()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": lambda machine, _: machine.put(len(machine.memo)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, index: machine.push(machine.memo[index])),
    "GLOBAL": lambda machine, names: machine.find(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.find(*machine.pop(2)),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _Machine.call),
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.resolve,
    "PROTO": _check_protocol,
    "FRAME": lambda machine, _: None,
}
