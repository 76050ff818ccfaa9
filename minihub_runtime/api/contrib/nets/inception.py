"""`tf.contrib.slim.nets.inception`: three networks of modules with branches.

Source: tf_slim/nets/inception_v1.py, inception_v2.py, inception_v3.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from minihub_runtime.api.contrib.arg_scope import arg_scope
from minihub_runtime.api.contrib.batch_normalization import batch_norm
from minihub_runtime.api.contrib.initializers import variance_scaling_initializer
from minihub_runtime.api.contrib.layers import (
    avg_pool2d,
    conv2d,
    dropout,
    fully_connected,
    max_pool2d,
    relu,
)
from minihub_runtime.api.contrib.regularizers import l2_regularizer
from minihub_runtime.api.contrib.separable import separable_conv2d
from minihub_runtime.api.contrib.softmaxes import softmax
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.initializers import TruncatedNormal
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__: list[str] = []

T = TypeVar("T")


class Step(NamedTuple):
    """A convolution or a pool; its scope tells which, and the size of windows.

    Attributes:
        scope: such as `Conv2d_0b_1x7`.
        depth: the number of channels that a convolution makes.
        stride: how far apart windows are.
        padding: "SAME" or "VALID".
        stddev: the deviation that weights start from; None for what the scope of arguments says.
        kernel: the size of windows where the scope tells a wrong one, as in published checkpoints.
        separable: whether channels are convolved by themselves, and mixed then.
    """

    scope: str
    depth: int = 0
    stride: int = 1
    padding: str = "SAME"
    stddev: float | None = None
    kernel: tuple[int, ...] = ()
    separable: bool = False


#: Steps one after the other; two in a tuple have the same input, and their outputs are joined.
Branch = Sequence["Step | tuple[Step, Step]"]
#: The name of an end point, and its step or the branches of its module.
Row = tuple[str, "Step | Sequence[Branch]"]

LAYERS = {"Conv2d": conv2d, "Conv": conv2d, "MaxPool": max_pool2d, "AvgPool": avg_pool2d}


def _row(step: Step) -> Row:
    return step.scope, step


def _chain(*depths: int, stddev: float | None = None) -> list[Step]:
    """A convolution of 1 × 1, for which the deviation is, and others of 3 × 3."""
    return [
        Step("Conv2d_0a_1x1", depths[0], stddev=stddev),
        *(Step(f"Conv2d_0{place}_3x3", depth) for place, depth in zip("bc", depths[1:])),
    ]


def _pooled(kind: str, depth: int, stddev: float | None = None) -> list[Step]:
    """A pool of 3 × 3 and a convolution of 1 × 1."""
    return [Step(f"{kind}_0a_3x3"), Step("Conv2d_0b_1x1", depth, stddev=stddev)]


def _module_of_v1(
    name: str, one: int, two: tuple[int, int], three: tuple[int, int], pool: int
) -> Row:
    branches = [_chain(one), _chain(*two), _chain(*three), _pooled("MaxPool", pool)]
    if name == "5b":  # Its name is a slip that checkpoints keep.
        branches[2][1] = branches[2][1]._replace(scope="Conv2d_0a_3x3")
    return f"Mixed_{name}", branches


V1: Sequence[Row] = (
    _row(Step("Conv2d_1a_7x7", 64, 2)),
    _row(Step("MaxPool_2a_3x3", stride=2)),
    _row(Step("Conv2d_2b_1x1", 64)),
    _row(Step("Conv2d_2c_3x3", 192)),
    _row(Step("MaxPool_3a_3x3", stride=2)),
    _module_of_v1("3b", 64, (96, 128), (16, 32), 32),
    _module_of_v1("3c", 128, (128, 192), (32, 96), 64),
    _row(Step("MaxPool_4a_3x3", stride=2)),
    _module_of_v1("4b", 192, (96, 208), (16, 48), 64),
    _module_of_v1("4c", 160, (112, 224), (24, 64), 64),
    _module_of_v1("4d", 128, (128, 256), (24, 64), 64),
    _module_of_v1("4e", 112, (144, 288), (32, 64), 64),
    _module_of_v1("4f", 256, (160, 320), (32, 128), 128),
    _row(Step("MaxPool_5a_2x2", stride=2)),
    _module_of_v1("5b", 256, (160, 320), (32, 128), 128),
    _module_of_v1("5c", 384, (192, 384), (48, 128), 128),
)


def _module_of_v2(
    name: str, one: int, two: tuple[int, int], three: tuple[int, int], pool: int, kind: str
) -> Row:
    thin, wide = three
    return f"Mixed_{name}", [
        _chain(one),
        _chain(*two, stddev=0.09),
        _chain(thin, wide, wide, stddev=0.09),
        _pooled(kind, pool, 0.1),
    ]


def _smaller_of_v2(name: str, one: tuple[int, int], two: tuple[int, int]) -> Row:
    """A module behind which images are half as large."""
    return f"Mixed_{name}", [
        [*_chain(one[0], stddev=0.09), Step("Conv2d_1a_3x3", one[1], 2)],
        [*_chain(*two, stddev=0.09), Step("Conv2d_1a_3x3", two[1], 2)],
        [Step("MaxPool_1a_3x3", stride=2)],
    ]


V2: Sequence[Row] = (
    _row(Step("Conv2d_1a_7x7", 64, 2, stddev=1.0, separable=True)),
    _row(Step("MaxPool_2a_3x3", stride=2)),
    _row(Step("Conv2d_2b_1x1", 64, stddev=0.1)),
    _row(Step("Conv2d_2c_3x3", 192)),
    _row(Step("MaxPool_3a_3x3", stride=2)),
    _module_of_v2("3b", 64, (64, 64), (64, 96), 32, "AvgPool"),
    _module_of_v2("3c", 64, (64, 96), (64, 96), 64, "AvgPool"),
    _smaller_of_v2("4a", (128, 160), (64, 96)),
    _module_of_v2("4b", 224, (64, 96), (96, 128), 128, "AvgPool"),
    _module_of_v2("4c", 192, (96, 128), (96, 128), 128, "AvgPool"),
    _module_of_v2("4d", 160, (128, 160), (128, 160), 96, "AvgPool"),
    _module_of_v2("4e", 96, (128, 192), (160, 192), 96, "AvgPool"),
    _smaller_of_v2("5a", (128, 192), (192, 256)),
    _module_of_v2("5b", 352, (192, 320), (160, 224), 128, "AvgPool"),
    _module_of_v2("5c", 352, (192, 320), (192, 224), 128, "MaxPool"),
)


def _fifth_of_v3(name: str, pool: int) -> Row:
    two = [Step("Conv2d_0a_1x1", 48), Step("Conv2d_0b_5x5", 64)]
    if name == "5c":  # Names that checkpoints keep.
        two = [Step("Conv2d_0b_1x1", 48), Step("Conv_1_0c_5x5", 64)]
    return f"Mixed_{name}", [_chain(64), two, _chain(64, 96, 96), _pooled("AvgPool", pool)]


def _sixth_of_v3(name: str, thin: int) -> Row:
    """A module of filters that are rows and columns."""
    return f"Mixed_{name}", [
        _chain(192),
        [*_chain(thin), Step("Conv2d_0b_1x7", thin), Step("Conv2d_0c_7x1", 192)],
        [
            *_chain(thin),
            Step("Conv2d_0b_7x1", thin),
            Step("Conv2d_0c_1x7", thin),
            Step("Conv2d_0d_7x1", thin),
            Step("Conv2d_0e_1x7", 192),
        ],
        _pooled("AvgPool", 192),
    ]


def _seventh_of_v3(name: str, column: str) -> Row:
    """A module of filters that are rows beside columns."""
    return f"Mixed_{name}", [
        _chain(320),
        [*_chain(384), (Step("Conv2d_0b_1x3", 384), Step(column, 384))],
        [*_chain(448, 384), (Step("Conv2d_0c_1x3", 384), Step("Conv2d_0d_3x1", 384))],
        _pooled("AvgPool", 192),
    ]


V3: Sequence[Row] = (
    _row(Step("Conv2d_1a_3x3", 32, 2, "VALID")),
    _row(Step("Conv2d_2a_3x3", 32, padding="VALID")),
    _row(Step("Conv2d_2b_3x3", 64)),
    _row(Step("MaxPool_3a_3x3", 0, 2, "VALID")),
    _row(Step("Conv2d_3b_1x1", 80, padding="VALID")),
    _row(Step("Conv2d_4a_3x3", 192, padding="VALID")),
    _row(Step("MaxPool_5a_3x3", 0, 2, "VALID")),
    _fifth_of_v3("5b", 32),
    _fifth_of_v3("5c", 64),
    _fifth_of_v3("5d", 64),
    (
        "Mixed_6a",
        [
            [Step("Conv2d_1a_1x1", 384, 2, "VALID", kernel=(3, 3))],
            [*_chain(64, 96), Step("Conv2d_1a_1x1", 96, 2, "VALID", kernel=(3, 3))],
            [Step("MaxPool_1a_3x3", 0, 2, "VALID")],
        ],
    ),
    _sixth_of_v3("6b", 128),
    _sixth_of_v3("6c", 160),
    _sixth_of_v3("6d", 160),
    _sixth_of_v3("6e", 192),
    (
        "Mixed_7a",
        [
            [*_chain(192), Step("Conv2d_1a_3x3", 320, 2, "VALID")],
            [
                *_chain(192),
                Step("Conv2d_0b_1x7", 192),
                Step("Conv2d_0c_7x1", 192),
                Step("Conv2d_1a_3x3", 192, 2, "VALID"),
            ],
            [Step("MaxPool_1a_3x3", 0, 2, "VALID")],
        ],
    ),
    _seventh_of_v3("7b", "Conv2d_0b_3x1"),
    _seventh_of_v3("7c", "Conv2d_0c_3x1"),
)


class Builder(NamedTuple):
    """Adds steps to the graph.

    Attributes:
        depth: changes a number of channels.
        stddev: the deviation that weights start from where the step tells none.
    """

    depth: Callable[[int], int]
    stddev: float | None = None

    def step(self, net: Any, step: Step) -> Any:
        """The output of a convolution or a pool."""
        kind, *_, size = step.scope.split("_")
        kernel = list(step.kernel or map(int, size.split("x")))
        options: dict[str, Any] = {
            "stride": step.stride,
            "padding": step.padding,
            "scope": step.scope,
        }
        if not step.depth:
            return LAYERS[kind](net, kernel, **options)
        stddev = self.stddev if step.stddev is None else step.stddev
        if stddev is not None:
            options["weights_initializer"] = TruncatedNormal(0.0, stddev)
        depth = self.depth(step.depth)
        if step.separable:
            return separable_conv2d(net, depth, kernel, min(int(depth / 3), 8), **options)
        return LAYERS[kind](net, depth, kernel, **options)

    def branch(self, net: Any, branch: Branch) -> Any:
        """The output of steps one after the other."""
        for step in branch:
            if isinstance(step, Step):
                net = self.step(net, step)
            else:
                net = concat([self.step(net, each) for each in step], 3)
        return net

    def module(self, net: Any, branches: Sequence[Branch]) -> Any:
        """The outputs of branches, joined."""
        outputs = []
        for number, branch in enumerate(branches):
            with variable_scope(f"Branch_{number}"):
                outputs.append(self.branch(net, branch))
        return concat(outputs, 3)

    def base(
        self, inputs: Any, rows: Sequence[Row], final_endpoint: str
    ) -> tuple[Any, dict[str, Any]]:
        """The output of rows up to one of them, and the outputs of all these."""
        net = inputs
        end_points = {}
        for name, content in rows:
            if isinstance(content, Step):
                net = self.step(net, content)
            else:
                with variable_scope(name):
                    net = self.module(net, content)
            end_points[name] = net
            if name == final_endpoint:
                return net, end_points
        raise ValueError(f"Unknown final endpoint {final_endpoint}")


def _depths(depth_multiplier: float, min_depth: int) -> Callable[[int], int]:
    """How a number of channels is changed.

    Raises:
        ValueError: the multiplier is not above zero.
    """
    if depth_multiplier <= 0:
        raise ValueError("depth_multiplier is not greater than zero.")
    return lambda depth: max(int(depth * depth_multiplier), min_depth)


def _window(net: Any, size: int) -> list[int]:
    """A square window that is no larger than the images, where their size is known."""
    known = net.get_shape().as_list()[1:3]
    return [size, size] if None in known else [min(each, size) for each in known]


def _scope(
    weight_decay: float, collection: str, use_batch_norm: bool = True, **normalizer: Any
) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for a network."""
    moving = {name: [collection] for name in ("moving_mean", "moving_variance")}
    parameters = {
        "decay": 0.9997,
        "epsilon": 0.001,
        "updates_collections": GraphKeys.UPDATE_OPS,
        "variables_collections": {"beta": None, "gamma": None, **moving},
        **normalizer,
    }
    with (
        arg_scope([conv2d, fully_connected], weights_regularizer=l2_regularizer(weight_decay)),
        arg_scope(
            [conv2d],
            weights_initializer=variance_scaling_initializer(),
            activation_fn=relu,
            normalizer_fn=batch_norm if use_batch_norm else None,
            normalizer_params=parameters if use_batch_norm else {},
        ) as scope,
    ):
        return scope


def _named(version: int, end: str = "") -> Callable[[T], T]:
    """The public names: tf_slim has a module for each version, too."""
    name = f"inception_v{version}"
    return public(*(f"contrib.slim.nets.{module}.{name}{end}" for module in ("inception", name)))


def _sized(size: int) -> Callable[[T], T]:
    """Decorator that tells the size of the images a network is for."""

    def noted(function: T) -> T:
        function.default_image_size = size  # type: ignore[attr-defined]
        return function

    return noted


@_named(1, "_base")
def inception_v1_base(
    inputs: Any, final_endpoint: str = "Mixed_5c", scope: Any = "InceptionV1"
) -> tuple[Any, dict[str, Any]]:
    """Add the first Inception up to an end point.

    Args:
        inputs: images, `[batch, height, width, channels]`.
        final_endpoint: the name of the last step or module.
        scope: the variable scope.

    Returns:
        The last output, and all outputs by their names.

    Raises:
        ValueError: there is no such end point.
    """
    with variable_scope(scope, "InceptionV1", [inputs]):
        return Builder(lambda depth: depth, 0.01).base(inputs, V1, final_endpoint)


@_named(2, "_base")
def inception_v2_base(
    inputs: Any,
    final_endpoint: str = "Mixed_5c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    scope: Any = None,
) -> tuple[Any, dict[str, Any]]:
    """Add the second Inception up to an end point.

    Args:
        inputs: images, `[batch, height, width, channels]`.
        final_endpoint: the name of the last step or module.
        min_depth: the fewest channels of any convolution.
        depth_multiplier: by how much the number of channels differs from the usual.
        scope: the variable scope.

    Returns:
        The last output, and all outputs by their names.

    Raises:
        ValueError: there is no such end point, or the multiplier is not above zero.
    """
    depth = _depths(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV2", [inputs]):
        return Builder(depth).base(inputs, V2, final_endpoint)


@_named(3, "_base")
def inception_v3_base(
    inputs: Any,
    final_endpoint: str = "Mixed_7c",
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    scope: Any = None,
) -> tuple[Any, dict[str, Any]]:
    """Add the third Inception up to an end point; see `inception_v2_base`."""
    depth = _depths(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV3", [inputs]):
        return Builder(depth).base(inputs, V3, final_endpoint)


def _logits(net: Any, classes: int, squeezed: bool, scope: str, **options: Any) -> Any:
    """The convolution that makes logits."""
    logits = conv2d(
        net, classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=scope, **options
    )
    return squeeze(logits, [1, 2], name="SpatialSqueeze") if squeezed else logits


@_named(1)
@_sized(224)
def inception_v1(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: Any = 0.8,
    prediction_fn: Callable[..., Any] = softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    scope: Any = "InceptionV1",
) -> tuple[Any, dict[str, Any]]:
    """Add the first Inception to the graph, in the arguments of `inception_v1_arg_scope`.

    Args:
        inputs: images, `[batch, height, width, channels]`.
        num_classes: the number of classes.
        is_training: whether numbers drop out, and batches are normalised by their own mean and variance.
        dropout_keep_prob: the part of numbers that stays.
        prediction_fn: makes predictions: a function of logits and `scope`.
        spatial_squeeze: whether logits are a matrix, which takes images of a size that leaves one position.
        reuse: whether to use variables that there are.
        scope: the variable scope.

    Returns:
        Logits, and the outputs of steps and modules by their names.
    """
    with (
        variable_scope(scope, "InceptionV1", [inputs, num_classes], reuse=reuse) as own,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v1_base(inputs, scope=own)
        with variable_scope("Logits"):
            net = avg_pool2d(net, [7, 7], stride=1, scope="MaxPool_0a_7x7")
            net = dropout(net, dropout_keep_prob, scope="Dropout_0b")
            logits = _logits(net, num_classes, spatial_squeeze, "Conv2d_0c_1x1")
            end_points["Logits"] = logits
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


def _averaged(net: Any, size: int, dropout_keep_prob: Any) -> Any:
    """The mean over all positions, of which numbers drop out."""
    window = _window(net, size)
    net = avg_pool2d(net, window, padding="VALID", scope=f"AvgPool_1a_{'x'.join(map(str, window))}")
    return dropout(net, keep_prob=dropout_keep_prob, scope="Dropout_1b")


@_named(2)
@_sized(224)
def inception_v2(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: Any = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., Any] = softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    scope: Any = "InceptionV2",
) -> tuple[Any, dict[str, Any]]:
    """Add the second Inception to the graph, in the arguments of `inception_v2_arg_scope`.

    Args:
        inputs: images, `[batch, height, width, channels]`.
        num_classes: the number of classes.
        is_training: whether numbers drop out, and batches are normalised by their own mean and variance.
        dropout_keep_prob: the part of numbers that stays.
        min_depth: the fewest channels of any convolution.
        depth_multiplier: by how much the number of channels differs from the usual.
        prediction_fn: makes predictions: a function of logits and `scope`.
        spatial_squeeze: whether logits are a matrix, which takes images of a size that leaves one position.
        reuse: whether to use variables that there are.
        scope: the variable scope.

    Returns:
        Logits, and the outputs of steps and modules by their names.

    Raises:
        ValueError: the multiplier is not above zero.
    """
    _depths(depth_multiplier, min_depth)
    with (
        variable_scope(scope, "InceptionV2", [inputs, num_classes], reuse=reuse) as own,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v2_base(
            inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=own
        )
        with variable_scope("Logits"):
            net = _averaged(net, 7, dropout_keep_prob)
            logits = _logits(net, num_classes, spatial_squeeze, "Conv2d_1c_1x1")
        end_points["Logits"] = logits
        end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


@_named(3)
@_sized(299)
def inception_v3(
    inputs: Any,
    num_classes: int = 1000,
    is_training: Any = True,
    dropout_keep_prob: Any = 0.8,
    min_depth: int = 16,
    depth_multiplier: float = 1.0,
    prediction_fn: Callable[..., Any] = softmax,
    spatial_squeeze: bool = True,
    reuse: Any = None,
    create_aux_logits: bool = True,
    scope: Any = "InceptionV3",
) -> tuple[Any, dict[str, Any]]:
    """Add the third Inception to the graph, in the arguments of `inception_v3_arg_scope`.

    Args:
        inputs: images, `[batch, height, width, channels]`.
        num_classes: the number of classes.
        is_training: as in `inception_v2`, like the arguments that follow.
        dropout_keep_prob: see above.
        min_depth: see above.
        depth_multiplier: see above.
        prediction_fn: see above.
        spatial_squeeze: see above.
        reuse: see above.
        create_aux_logits: whether there are logits from the middle of the network, too.
        scope: the variable scope.

    Returns:
        Logits, and the outputs of steps and modules by their names.

    Raises:
        ValueError: the multiplier is not above zero.
    """
    build = Builder(_depths(depth_multiplier, min_depth))
    with (
        variable_scope(scope, "InceptionV3", [inputs, num_classes], reuse=reuse) as own,
        arg_scope([batch_norm, dropout], is_training=is_training),
    ):
        net, end_points = inception_v3_base(
            inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=own
        )
        if create_aux_logits and num_classes:
            with (
                arg_scope([conv2d, max_pool2d, avg_pool2d], stride=1, padding="SAME"),
                variable_scope("AuxLogits"),
            ):
                aux = build.branch(
                    end_points["Mixed_6e"],
                    [
                        Step("AvgPool_1a_5x5", 0, 3, "VALID"),
                        Step("Conv2d_1b_1x1", 128),
                    ],
                )
                size = "x".join(map(str, _window(aux, 5)))
                aux = build.step(aux, Step(f"Conv2d_2a_{size}", 768, 1, "VALID", 0.01))
                start = TruncatedNormal(0.0, 0.001)
                end_points["AuxLogits"] = _logits(
                    aux,
                    num_classes,
                    spatial_squeeze,
                    "Conv2d_2b_1x1",
                    weights_initializer=start,
                )
        with variable_scope("Logits"):
            net = _averaged(net, 8, dropout_keep_prob)
            end_points["PreLogits"] = net
            logits = _logits(net, num_classes, spatial_squeeze, "Conv2d_1c_1x1")
        end_points["Logits"] = logits
        end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


@_named(1, "_arg_scope")
def inception_v1_arg_scope(
    weight_decay: float = 0.00004,
    use_batch_norm: bool = True,
    batch_norm_var_collection: str = "moving_vars",
) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for `inception_v1`.

    Args:
        weight_decay: how much of the weights' squares the loss gets.
        use_batch_norm: whether batches are normalised.
        batch_norm_var_collection: a collection for moving averages.
    """
    return _scope(weight_decay, batch_norm_var_collection, use_batch_norm)


@_named(2, "_arg_scope")
def inception_v2_arg_scope(
    weight_decay: float = 0.00004, batch_norm_var_collection: str = "moving_vars"
) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for `inception_v2`; see `inception_v1_arg_scope`."""
    return _scope(weight_decay, batch_norm_var_collection)


@_named(3, "_arg_scope")
def inception_v3_arg_scope(
    weight_decay: float = 0.00004,
    batch_norm_var_collection: str = "moving_vars",
    batch_norm_decay: float = 0.9997,
    batch_norm_epsilon: float = 0.001,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    use_fused_batchnorm: bool | None = True,
) -> dict[Any, dict[str, Any]]:
    """The scope of arguments for `inception_v3`.

    Args:
        weight_decay: how much of the weights' squares the loss gets.
        batch_norm_var_collection: a collection for moving averages.
        batch_norm_decay: how much of the moving averages stays.
        batch_norm_epsilon: what is added to variances.
        updates_collections: where updates of moving averages go; None to make them at once.
        use_fused_batchnorm: whether one op normalises.
    """
    return _scope(
        weight_decay,
        batch_norm_var_collection,
        decay=batch_norm_decay,
        epsilon=batch_norm_epsilon,
        updates_collections=updates_collections,
        fused=use_fused_batchnorm,
    )
