"""Operations that call Python; a graph that leaves the program cannot carry them.

Source: tensorflow/python/ops/script_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.public import public

__all__ = ["numpy_function", "py_func", "py_function"]


@public("py_func")
def py_func(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """The results of a Python function, which is called with arrays whenever they are computed.

        y = tf.py_func(lambda x: np.cumsum(x)[::-1], [x], tf.float32)
        y.set_shape(x.shape)    # that of a result is not known

    The graph holds the name of the function alone, so that it cannot be run where the program does not run.

    Args:
        func: a function of arrays, and of NumPy's scalars and bytes where tensors are scalars.
        inp: a list of tensors.
        Tout: the type of its result, or a list of the types of its results.
        stateful: whether it may return something else, or does something, each time it is called.
        name: name of the operation.

    Returns:
        A tensor, a list of tensors if `Tout` is a list, or the operation if that is empty.

    Raises:
        ValueError: `func` cannot be called.
    """
    if not callable(func):
        raise ValueError(
            f"Expected func to be callable. Received func={func} of type {type(func)}."
        )
    kind = "PyFunc" if stateful else "PyFuncStateless"
    several = isinstance(Tout, (list, tuple))
    types = [as_dtype(item) for item in (Tout if several else [Tout])]
    token = get_default_graph().node_graph.keep_python(func)
    result = build(kind, input=list(inp), token=token, Tout=types, name=name)
    return result if several else result[0]


@public("numpy_function")
def numpy_function(
    func: Any = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """As `py_func`."""
    return py_func(func, inp, Tout, stateful, name)


@public("py_function")
def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        "tf.py_function is not supported: its function computes with eager tensors; use tf.py_func"
    )
