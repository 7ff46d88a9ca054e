"""How the docstrings of Keras layers are read: griffe knows Google's headings, and these are a little different."""

import re
import textwrap
from typing import Any

import griffe

_RETURNS = re.compile(r"\nReturns:\n((?:    .*\n?|\n(?=    ))+)")


class KerasDocstrings(griffe.Extension):
    """Call arguments are a list like other arguments; what a class returns when it is called has no type to show."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is None:
            return
        text = obj.docstring.value.replace("\nCall arguments:\n", "\nOther Parameters: Call arguments:\n")
        if obj.is_class:
            text = _RETURNS.sub(lambda match: f"\n**Returns:** {textwrap.dedent(match[1])}", text)
        obj.docstring.value = text
