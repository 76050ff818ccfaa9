"""`tf.tpu.bfloat16_scope`: variables that are read as bfloat16 and kept as float32.

Source: tensorflow/python/tpu/bfloat16.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.dtypes import bfloat16, float32
from minihub_runtime.public import public

__all__ = ["bfloat16_scope"]


def _kept_as_float32(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A variable; one that is asked for as bfloat16 is a float32 one, cast."""
    if kwargs["dtype"] != bfloat16:
        return getter(*args, **kwargs)
    return cast(getter(*args, **{**kwargs, "dtype": float32}), bfloat16)


@public("tpu.bfloat16_scope", "contrib.tpu.bfloat16_scope")
@contextlib.contextmanager
def bfloat16_scope(name: str | None = None) -> Iterator[Any]:
    """A variable scope in which `get_variable` gives bfloat16 where it is asked for that, of float32 variables.

    Args:
        name: name of the scope; none by default.
    """
    with variable_scope(name or "", custom_getter=_kept_as_float32) as scope:
        yield scope
