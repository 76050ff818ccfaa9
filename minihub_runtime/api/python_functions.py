"""Operations that call Python: a graph that leaves the program cannot carry them, so there are none.

Source: tensorflow/python/ops/script_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public

__all__ = ["numpy_function", "py_func", "py_function"]


def _refuse(name: str) -> NotImplementedError:
    return NotImplementedError(
        f"tf.{name} is not supported: a module or a GraphDef cannot carry a Python function"
    )


@public("py_func")
def py_func(func: Any, inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise _refuse("py_func")


@public("py_function")
def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise _refuse("py_function")


@public("numpy_function")
def numpy_function(
    func: Any = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise _refuse("numpy_function")
