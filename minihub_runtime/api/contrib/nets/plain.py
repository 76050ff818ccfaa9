"""`alexnet`, `overfeat` and `vgg` of `tf.contrib.slim.nets`: convolutions and pools one after the other.

Source: tf_slim/nets/alexnet.py, overfeat.py, vgg.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.contrib.arg_scope import arg_scope
from minihub_runtime.api.contrib.layers import (
    conv2d,
    dropout,
    fully_connected,
    max_pool2d,
    relu,
    repeat,
)
from minihub_runtime.api.contrib.regularizers import l2_regularizer
from minihub_runtime.api.contrib.utils import convert_collection_to_dict
from minihub_runtime.api.initializers import ZEROS, Constant, TruncatedNormal
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__: list[str] = []


class Step(NamedTuple):
    """A layer before the first of the fully connected ones: `layer(net, *arguments, scope=scope, **options)`."""

    layer: Callable[..., Any]
    scope: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = {}


class Head(NamedTuple):
    """The layer `fc6`, and whether it and those that follow start from numbers of their own."""

    width: int
    kernel: int
    starts: bool


def _conv(number: int, depth: int, kernel: int, *stride: int, **options: Any) -> Step:
    return Step(conv2d, f"conv{number}", (depth, [kernel, kernel], *stride), options)


def _pool(number: int, kernel: int, *stride: int) -> Step:
    return Step(max_pool2d, f"pool{number}", ([kernel, kernel], *stride))


def _vgg(*repetitions: int) -> list[Step]:
    """Five groups of convolutions of 3 × 3, each with a pool behind it."""
    depths = (64, 128, 256, 512, 512)
    return [
        step
        for number, (depth, count) in enumerate(zip(depths, repetitions), 1)
        for step in (
            Step(repeat, f"conv{number}", (count, conv2d, depth, [3, 3])),
            _pool(number, 2),
        )
    ]


ALEXNET = [
    _conv(1, 64, 11, 4, padding="VALID"),
    _pool(1, 3, 2),
    _conv(2, 192, 5),
    _pool(2, 3, 2),
    *(_conv(number, depth, 3) for number, depth in ((3, 384), (4, 384), (5, 256))),
    _pool(5, 3, 2),
]
OVERFEAT = [
    _conv(1, 64, 11, 4, padding="VALID"),
    _pool(1, 2),
    _conv(2, 256, 5, padding="VALID"),
    _pool(2, 2),
    *(_conv(number, depth, 3) for number, depth in ((3, 512), (4, 1024), (5, 1024))),
    _pool(5, 2),
]


def _network(
    module: str,
    names: Sequence[str],
    steps: Sequence[Step],
    head: Head,
    size: int | None = 224,
    by_scope: bool = False,
) -> None:
    """Make a function that makes a network, whose layers are all convolutions, and give it its public names.

    Args:
        module: the namespace it lies in.
        names: its names, the first of which is the default of its scope, too.
        steps: the layers before `fc6`.
        head: those from there on.
        size: the `default_image_size`, if it tells one.
        by_scope: whether outputs are collected under the name of the variable scope, which calls that share variables share,
            instead of that of the name scope.
    """
    name = names[0]

    def built(
        inputs: Any,
        num_classes: int = 1000,
        is_training: Any = True,
        dropout_keep_prob: Any = 0.5,
        spatial_squeeze: bool = True,
        scope: Any = name,
    ) -> tuple[Any, dict[str, Any]]:
        """Add the network to the graph.

        Args:
            inputs: images, `[batch, height, width, channels]`.
            num_classes: the number of classes.
            is_training: whether numbers drop out.
            dropout_keep_prob: the part of them that stays.
            spatial_squeeze: whether logits are a matrix, which takes images of a size that leaves one position.
            scope: the variable scope.

        Returns:
            Logits, and the outputs of layers by their names.
        """
        starts: dict[str, Any] = {}
        last: dict[str, Any] = {"activation_fn": None, "normalizer_fn": None}
        if head.starts:
            starts["weights_initializer"] = TruncatedNormal(0.0, 0.005)
            starts["biases_initializer"] = Constant(0.1)
            last["biases_initializer"] = ZEROS
        with variable_scope(scope, name, [inputs]) as sc:
            collection = f"{sc.name if by_scope else sc.original_name_scope}_end_points"
            net = inputs
            with arg_scope([conv2d, max_pool2d], outputs_collections=collection):
                for step in steps:
                    net = step.layer(net, *step.arguments, scope=step.scope, **step.options)
                with arg_scope([conv2d], **starts):
                    kernel = [head.kernel, head.kernel]
                    net = conv2d(net, head.width, kernel, padding="VALID", scope="fc6")
                    net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout6")
                    net = conv2d(net, 4096, [1, 1], scope="fc7")
                    net = dropout(net, dropout_keep_prob, is_training=is_training, scope="dropout7")
                    net = conv2d(net, num_classes, [1, 1], scope="fc8", **last)
            end_points = convert_collection_to_dict(collection)
            if spatial_squeeze:
                net = squeeze(net, [1, 2], name="fc8/squeezed")
                end_points[f"{sc.name}/fc8"] = net
            return net, end_points

    built.__name__ = built.__qualname__ = name
    if size:
        built.default_image_size = size  # type: ignore[attr-defined]
    public(*(f"contrib.slim.nets.{module}.{each}" for each in names))(built)


_network("alexnet", ["alexnet_v2"], ALEXNET, Head(4096, 5, True))
_network("overfeat", ["overfeat"], OVERFEAT, Head(3072, 6, True), None, by_scope=True)
for _names, _repetitions in (
    (["vgg_a"], (1, 1, 2, 2, 2)),
    (["vgg_16", "vgg_d"], (2, 2, 3, 3, 3)),
    (["vgg_19", "vgg_e"], (2, 2, 4, 4, 4)),
):
    _network("vgg", _names, _vgg(*_repetitions), Head(4096, 7, False), by_scope="vgg_e" in _names)


def _arguments(
    weight_decay: float, biases_initializer: Any, **pools: str
) -> dict[Any, dict[str, Any]]:
    with (
        arg_scope(
            [conv2d, fully_connected],
            activation_fn=relu,
            weights_regularizer=l2_regularizer(weight_decay),
            biases_initializer=biases_initializer,
        ),
        arg_scope([conv2d], padding="SAME"),
        arg_scope([max_pool2d], **pools) as scope,
    ):
        return scope


@public("contrib.slim.nets.alexnet.alexnet_v2_arg_scope")
def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for `alexnet_v2`; `weight_decay` is how much of the weights' squares the loss gets."""
    return _arguments(weight_decay, Constant(0.1), padding="VALID")


@public("contrib.slim.nets.overfeat.overfeat_arg_scope")
def overfeat_arg_scope(weight_decay: float = 0.0005) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for `overfeat`; see `alexnet_v2_arg_scope`."""
    return _arguments(weight_decay, ZEROS, padding="VALID")


@public("contrib.slim.nets.vgg.vgg_arg_scope")
def vgg_arg_scope(weight_decay: float = 0.0005) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for networks of the kind VGG; see `alexnet_v2_arg_scope`."""
    return _arguments(weight_decay, ZEROS)
