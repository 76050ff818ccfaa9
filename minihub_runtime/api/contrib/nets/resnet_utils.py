"""`tf.contrib.slim.nets.resnet_utils`: residual networks of blocks, as dense as is wanted.

Source: tf_slim/nets/resnet_utils.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.contrib.arg_scope import add_arg_scope, arg_scope
from minihub_runtime.api.contrib.batch_normalization import batch_norm
from minihub_runtime.api.contrib.initializers import variance_scaling_initializer
from minihub_runtime.api.contrib.layers import conv2d, max_pool2d, relu
from minihub_runtime.api.contrib.regularizers import l2_regularizer
from minihub_runtime.api.contrib.utils import named
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.padding import pad
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = ["Block", "conv2d_same", "resnet_arg_scope", "stack_blocks_dense", "subsample"]


@public("contrib.slim.nets.resnet_utils.Block")
class Block(NamedTuple):
    """Units of one scope.

    Attributes:
        scope: its name.
        unit_fn: adds a unit: a function of a tensor, `rate` and what `args` has.
        args: the arguments of each unit, among them its `stride`.
    """

    scope: str
    unit_fn: Callable[..., Any]
    args: Sequence[dict[str, Any]]


@public("contrib.slim.nets.resnet_utils.subsample")
def subsample(inputs: Any, factor: int, scope: Any = None) -> Any:
    """Every `factor`-th row and column of images."""
    return inputs if factor == 1 else max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


@public("contrib.slim.nets.resnet_utils.conv2d_same")
def conv2d_same(
    inputs: Any, num_outputs: int, kernel_size: int, stride: int, rate: int = 1, scope: Any = None
) -> Any:
    """A convolution that pads images on all sides alike, where padding "SAME" depends on their size.

    Args:
        inputs: images.
        num_outputs: the number of channels of the output.
        kernel_size: the size of the filters.
        stride: how far apart windows are.
        rate: the distance of the filters' elements.
        scope: the scope.
    """
    padding = "SAME"
    if stride != 1:
        total = (kernel_size - 1) * rate
        sides = [total // 2, total - total // 2]
        inputs = pad(inputs, [[0, 0], sides, sides, [0, 0]])
        padding = "VALID"
    return conv2d(
        inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding=padding, scope=scope
    )


@public("contrib.slim.nets.resnet_utils.stack_blocks_dense")
@add_arg_scope
def stack_blocks_dense(
    net: Any,
    blocks: Sequence[Block],
    output_stride: float | None = None,
    outputs_collections: Any = None,
) -> Any:
    """Add blocks, whose strides become rates once images are as much smaller as they shall be.

    Args:
        net: the input.
        blocks: the blocks.
        output_stride: how many times smaller the output is; None for the product of all strides.
        outputs_collections: collections for the outputs of blocks.

    Raises:
        ValueError: no strides have this product.
    """
    unreached = ValueError("The target output_stride cannot be reached.")
    reached = rate = 1
    for block in blocks:
        with variable_scope(block.scope, "block", [net]) as sc:
            for number, unit in enumerate(block.args, 1):
                if output_stride is not None and reached > output_stride:
                    raise unreached
                with variable_scope(f"unit_{number}", values=[net]):
                    stride = unit.get("stride", 1)
                    if reached == output_stride:
                        net = block.unit_fn(net, rate=rate, **{**unit, "stride": 1})
                        rate *= stride
                    else:
                        net = block.unit_fn(net, rate=1, **unit)
                        reached *= stride
            net = named(outputs_collections, sc.name, net)
    if output_stride is not None and reached != output_stride:
        raise unreached
    return net


@public(
    *(
        f"contrib.slim.nets.{module}.resnet_arg_scope"
        for module in ("resnet_utils", "resnet_v1", "resnet_v2")
    )
)
def resnet_arg_scope(
    weight_decay: float = 0.0001,
    batch_norm_decay: float = 0.997,
    batch_norm_epsilon: float = 1e-5,
    batch_norm_scale: bool = True,
) -> dict[Any, dict[str, Any]]:
    """The scope of arguments that residual networks are built in.

    Args:
        weight_decay: how much of the weights' squares the loss gets.
        batch_norm_decay: how much of the moving averages stays.
        batch_norm_epsilon: what is added to variances.
        batch_norm_scale: whether there is a factor gamma.
    """
    normalizer: dict[str, Any] = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "scale": batch_norm_scale,
        "updates_collections": GraphKeys.UPDATE_OPS,
    }
    with (
        arg_scope(
            [conv2d],
            weights_regularizer=l2_regularizer(weight_decay),
            weights_initializer=variance_scaling_initializer(),
            activation_fn=relu,
            normalizer_fn=batch_norm,
            normalizer_params=normalizer,
        ),
        arg_scope([batch_norm], **normalizer),
        arg_scope([max_pool2d], padding="SAME") as scope,
    ):
        return scope
