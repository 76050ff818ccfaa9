"""`tf.contrib.slim.nets.resnet_v1` and `resnet_v2`: residual networks.

Source: tf_slim/nets/resnet_v1.py, resnet_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.contrib.arg_scope import add_arg_scope, arg_scope
from minihub_runtime.api.contrib.batch_normalization import batch_norm
from minihub_runtime.api.contrib.layers import conv2d, max_pool2d, relu
from minihub_runtime.api.contrib.nets.resnet_utils import (
    Block,
    conv2d_same,
    stack_blocks_dense,
    subsample,
)
from minihub_runtime.api.contrib.softmaxes import softmax
from minihub_runtime.api.contrib.utils import convert_collection_to_dict, last_dimension, named
from minihub_runtime.api.reduction import reduce_mean
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__: list[str] = []

#: Number of layers → how many units each of the four blocks has.
UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def _named(version: int, name: str) -> Callable[[Any], Any]:
    return public(f"contrib.slim.nets.resnet_v{version}.{name}")


@_named(1, "bottleneck")
@add_arg_scope
def bottleneck_v1(
    inputs: Any,
    depth: int,
    depth_bottleneck: int,
    stride: int,
    rate: int = 1,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """A unit that normalises behind convolutions: `relu(shortcut + three convolutions)`.

    Args:
        inputs: images.
        depth: the number of channels of the output.
        depth_bottleneck: that between the convolutions.
        stride: how many times smaller the output is.
        rate: the distance of the filters' elements.
        outputs_collections: collections for the output.
        scope: the variable scope.
    """
    with variable_scope(scope, "bottleneck_v1", [inputs]) as sc:
        if depth == last_dimension(inputs.get_shape(), min_rank=4):
            shortcut = subsample(inputs, stride, "shortcut")
        else:
            shortcut = conv2d(
                inputs, depth, [1, 1], stride=stride, activation_fn=None, scope="shortcut"
            )
        net = conv2d(inputs, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        net = conv2d_same(net, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        net = conv2d(net, depth, [1, 1], stride=1, activation_fn=None, scope="conv3")
        return named(outputs_collections, sc.name, relu(shortcut + net))


@_named(2, "bottleneck")
@add_arg_scope
def bottleneck_v2(
    inputs: Any,
    depth: int,
    depth_bottleneck: int,
    stride: int,
    rate: int = 1,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """A unit that normalises before convolutions: `shortcut + three convolutions`; see `resnet_v1.bottleneck`."""
    plain: dict[str, Any] = {"normalizer_fn": None, "activation_fn": None}
    with variable_scope(scope, "bottleneck_v2", [inputs]) as sc:
        depth_in = last_dimension(inputs.get_shape(), min_rank=4)
        before = batch_norm(inputs, activation_fn=relu, scope="preact")
        if depth == depth_in:
            shortcut = subsample(inputs, stride, "shortcut")
        else:
            shortcut = conv2d(before, depth, [1, 1], stride=stride, scope="shortcut", **plain)
        net = conv2d(before, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        net = conv2d_same(net, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        net = conv2d(net, depth, [1, 1], stride=1, scope="conv3", **plain)
        return named(outputs_collections, sc.name, shortcut + net)


def _version(version: int, bottleneck: Callable[..., Any]) -> None:
    """Make the functions of a version, and give them their public names."""
    prefix = f"resnet_v{version}"
    before = version == 2

    def network(
        inputs: Any,
        blocks: Sequence[Block],
        num_classes: int | None = None,
        is_training: Any = True,
        global_pool: bool = True,
        output_stride: float | None = None,
        include_root_block: bool = True,
        reuse: Any = None,
        scope: Any = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Add a residual network to the graph, in the arguments of `resnet_arg_scope`.

        Args:
            inputs: images, `[batch, height, width, channels]`.
            blocks: the blocks.
            num_classes: the number of classes; None for features in place of logits.
            is_training: whether batches are normalised by their own mean and variance.
            global_pool: whether features are the mean over all positions.
            output_stride: how many times smaller than images features are; None for the product of all strides.
            include_root_block: whether a convolution and a pool, which make images four times smaller, come first.
            reuse: whether to use variables that there are.
            scope: the variable scope.

        Returns:
            Logits or features, `[batch, height, width, channels]`, and the outputs of layers by their names.

        Raises:
            ValueError: no strides have the product wanted.
        """
        plain: dict[str, Any] = {"activation_fn": None, "normalizer_fn": None}
        with variable_scope(scope, prefix, [inputs], reuse=reuse) as sc:
            collection = f"{sc.original_name_scope}_end_points"
            with (
                arg_scope([conv2d, bottleneck, stack_blocks_dense], outputs_collections=collection),
                arg_scope([batch_norm], is_training=is_training),
            ):
                net = inputs
                if include_root_block:
                    if output_stride is not None:
                        if output_stride % 4:
                            raise ValueError("The output_stride needs to be a multiple of 4.")
                        output_stride /= 4
                    # The first unit of version 2 normalises what it gets.
                    with arg_scope([conv2d], **(plain if before else {})):
                        net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
                    net = max_pool2d(net, [3, 3], stride=2, scope="pool1")
                net = stack_blocks_dense(net, blocks, output_stride)
                if before:
                    net = batch_norm(net, activation_fn=relu, scope="postnorm")
                if global_pool:
                    net = reduce_mean(net, [1, 2], name="pool5", keepdims=True)
                if num_classes is not None:
                    net = conv2d(net, num_classes, [1, 1], scope="logits", **plain)
                end_points = convert_collection_to_dict(collection)
                if num_classes is not None:
                    end_points["predictions"] = softmax(net, scope="predictions")
                return net, end_points

    network.__name__ = network.__qualname__ = prefix
    network.default_image_size = 224  # type: ignore[attr-defined]
    _named(version, prefix)(network)

    def block(scope: str, base_depth: int, num_units: int, stride: int) -> Block:
        """A block of equal units, the last of which makes images smaller.

        Args:
            scope: its name.
            base_depth: the number of channels between convolutions; that of the output is four times as large.
            num_units: how many units.
            stride: how many times smaller the output is.
        """
        unit = {"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": 1}
        return Block(scope, bottleneck, [unit] * (num_units - 1) + [{**unit, "stride": stride}])

    block.__name__ = block.__qualname__ = f"{prefix}_block"
    _named(version, block.__name__)(block)

    for layers, units in UNITS.items():
        _named(version, f"{prefix}_{layers}")(
            _of_depth(f"{prefix}_{layers}", units, network, block)
        )


def _of_depth(
    name: str, units: Sequence[int], network: Callable[..., Any], block: Callable[..., Block]
) -> Callable[..., Any]:
    """The function that makes the network of four blocks of so many units."""

    def built(
        inputs: Any,
        num_classes: int | None = None,
        is_training: Any = True,
        global_pool: bool = True,
        output_stride: float | None = None,
        reuse: Any = None,
        scope: Any = name,
    ) -> tuple[Any, dict[str, Any]]:
        blocks = [
            block(f"block{number + 1}", 64 << number, count, 2 if number < 3 else 1)
            for number, count in enumerate(units)
        ]
        return network(  # type: ignore[no-any-return]
            inputs, blocks, num_classes, is_training, global_pool, output_stride, reuse=reuse, scope=scope
        )  # fmt: skip

    built.__name__ = built.__qualname__ = name
    built.__doc__ = f"The network of {name.rpartition('_')[2]} layers; see `{network.__name__}` for the arguments."
    return built


_version(1, bottleneck_v1)
_version(2, bottleneck_v2)
