"""Linear maps whose variables are made once and used in every step, and variables in shards.

Source: tensorflow/contrib/rnn/python/ops/core_rnn_cell.py, rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.layer_normalization import layer_norm
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import add_to_collection, get_collection
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable

__all__ = ["Linear", "known_depth", "normed", "sharded_variable", "sigmoid"]


def sigmoid(x: Any) -> Any:
    """What opens and closes gates."""
    return build("Sigmoid", x=x)


def known_depth(inputs: Any) -> int:
    """The last size of inputs of two dimensions.

    Raises:
        ValueError: there are not two, or it is not known.
    """
    depth = inputs.shape.with_rank(2).as_list()[1]
    if depth is None:
        raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
    return int(depth)


class Linear:
    """`args @ kernel + bias`, of tensors side by side; the variables are made in the scope of the moment.

    Args:
        args: a tensor `[batch, n]` or several: what the map shall be applied to first.
        output_size: the size of the outputs.
        build_bias: whether there is a bias.
        bias_initializer: of the bias, by default zeros.
        kernel_initializer: of the kernel.

    Raises:
        ValueError: there is nothing to map, or sizes are not known.
    """

    def __init__(
        self,
        args: Any,
        output_size: Any,
        build_bias: bool,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        if args is None or (nest.is_nested(args) and not args):
            raise ValueError("`args` must be specified")
        self._several = nest.is_nested(args)
        tensors = args if self._several else [args]
        depth = sum(_depths(tensors))
        dtype = tensors[0].dtype
        with variable_scope(get_variable_scope()) as outer:
            self._weights = get_variable(
                "kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer
            )
            self._biases = None
            if build_bias:
                with variable_scope(outer) as inner:
                    inner.set_partitioner(None)
                    if bias_initializer is None:
                        bias_initializer = Constant(0.0, dtype=dtype)
                    self._biases = get_variable(
                        "bias", [output_size], dtype=dtype, initializer=bias_initializer
                    )

    def __deepcopy__(self, memo: dict[int, Any]) -> Linear:
        """Itself: variables are not copied."""
        return self

    def __call__(self, args: Any) -> Tensor:
        """The map of what has the sizes of the first arguments."""
        tensors = args if self._several else [args]
        together = tensors[0] if len(tensors) == 1 else concat(tensors, 1)
        mapped = matmul(together, self._weights)
        return mapped if self._biases is None else bias_add(mapped, self._biases)


def _depths(tensors: Any) -> list[int]:
    shapes = [tensor.shape for tensor in tensors]
    for shape in shapes:
        if shape.rank != 2:
            raise ValueError(f"linear is expecting 2D arguments: {shapes}")
        if shape.as_list()[1] is None:
            raise ValueError(
                f"linear expects shape[1] to be provided for shape {shape}, but saw {shape[1]}"
            )
    return [shape.as_list()[1] for shape in shapes]


def normed(values: Tensor, scope: str, gain: float, shift: float, dtype: Any = None) -> Any:
    """Values normalised over each item, with `gamma` and `beta` of a scope, which begin as `gain` and `shift`."""
    with variable_scope(scope):
        for name, first in (("gamma", gain), ("beta", shift)):
            get_variable(name, shape=values.shape[-1:], initializer=Constant(first), dtype=dtype)
    return layer_norm(values, reuse=True, scope=scope)


def sharded_variable(name: str, shape: list[int], dtype: Any, num_shards: int) -> Any:
    """A variable in parts `name_0`, `name_1`, … of rows, put together once.

    Raises:
        ValueError: there are more shards than rows.
    """
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    rows, more = divmod(shape[0], num_shards)
    shards = [
        get_variable(f"{name}_{i}", [rows + (i < more), *shape[1:]], dtype=dtype)
        for i in range(num_shards)
    ]
    if len(shards) == 1:
        return shards[0]
    whole = f"{get_variable_scope().name}/{name}/concat:0"
    for known in get_collection(GraphKeys.CONCATENATED_VARIABLES):
        if known.name == whole:
            return known
    together = concat(shards, 0, name=f"{name}/concat")
    add_to_collection(GraphKeys.CONCATENATED_VARIABLES, together)
    return together
