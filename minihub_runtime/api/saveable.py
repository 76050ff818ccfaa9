"""What is neither a variable nor a tensor, and yet belongs into checkpoints: tables.

A graph's collection SAVEABLE_OBJECTS holds such; savers write their tensors and restore from them.

Source: tensorflow/python/training/saving/saveable_object.py.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

from minihub_runtime.dtypes import DType

__all__ = ["SaveSpec", "SaveableObject"]


class SaveSpec:
    """One tensor of a checkpoint.

    Attributes:
        tensor: its value.
        slice_spec: which part of a tensor it is, empty for all of it.
        name: its name in the checkpoint.
        dtype: its type.
        device: where it is saved from.
    """

    def __init__(self, tensor: Any, slice_spec: str, name: str, dtype: Any = None) -> None:
        self.tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        self.dtype: DType = tensor.dtype if dtype is None else dtype
        self.device: str = tensor.op.device


class SaveableObject(abc.ABC):
    """Tensors that are saved and restored together.

    Attributes:
        op: what they belong to.
        specs: the tensors.
        name: the name under which it is saved.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = list(specs)
        self.name = name

    @abc.abstractmethod
    def restore(self, restored_tensors: Sequence[Any], restored_shapes: Any) -> Any:
        """The operation that restores it from tensors, in the order of `specs`."""
