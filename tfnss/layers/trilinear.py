"""Maps that are linear in each of two arrays, such as convolutions, and their gradients of all orders.

Let z be an array as the result of such a map of x and y. Then <z, map(x, y)> is linear in all three, and its derivative by
any one of them is a map of the other two: by z the map itself, by x and y its transposes. The gradients of these three maps
are the same three maps again.
"""

from collections.abc import Callable, Hashable
from typing import Any

from keras import ops

from tfnss.layers.shared_graphs import shared


def derivative(form: tuple[Callable, Callable, Callable], which: int, a: Any, b: Any, *settings: Hashable) -> Any:
    """The derivative of a form that is linear in three arrays, by one of them; differentiable any number of times.

    Args:
        form: The derivatives by the first, the second and the third array. Each is a function of the two arrays that follow
            in turn (of the second and the third, the third and the first, the first and the second) and of the settings.
        which: 0, 1 or 2: the one of them that is asked for.
        a: The first of its two arrays,
        b: and the second.
        *settings: What else it depends on: the same for all three.
    """
    after, last = (which + 1) % 3, (which + 2) % 3

    @ops.custom_gradient
    def differentiable(a: Any, b: Any) -> tuple:
        def gradient(*arguments: Any, upstream: Any = None) -> tuple:  # by position or, on JAX, by name
            upstream = arguments[0] if upstream is None else upstream
            return derivative(form, after, b, upstream, *settings), derivative(form, last, upstream, a, *settings)

        return shared(form[which], (a, b), *settings), gradient

    return differentiable(a, b)
