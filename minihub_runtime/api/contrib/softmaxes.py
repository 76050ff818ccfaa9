"""`tf.contrib.layers`: softmax of tensors of any rank, and where in an image features are.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of, last_dimension
from minihub_runtime.api.contrib.variables import model_variable
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grids import meshgrid
from minihub_runtime.api.initializers import ONES, Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.nn.activation import softmax as softmax_of
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["softmax", "spatial_softmax"]


@public("contrib.layers.softmax", "contrib.slim.softmax")
@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Any:
    """Softmax along the last dimension.

    Args:
        logits: a tensor of two or more dimensions, the last of which is known.
        scope: the scope.

    Raises:
        ValueError: the rank or the last dimension do not fit.
    """
    with variable_scope(scope, "softmax", [logits]):
        count = last_dimension(logits.get_shape(), min_rank=2)
        rows = softmax_of(reshape(logits, [-1, count]))
        predictions = reshape(rows, shape(logits))
        predictions.set_shape(logits.get_shape())
        return predictions


@public("contrib.layers.spatial_softmax", "contrib.slim.spatial_softmax")
@add_arg_scope
def spatial_softmax(
    features: Any,
    temperature: Any = None,
    name: str | None = None,
    variables_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
) -> Any:
    """The expected place of each channel's feature, where softmax over the image tells how probable places are.

    Args:
        features: images of a known number of channels.
        temperature: what features are divided by; without it a variable that starts as 1.
        name: the scope.
        variables_collections: collections for the variable: a list, or lists by name.
        trainable: whether optimisers change the variable.
        data_format: "NHWC" or "NCHW".

    Returns:
        `[batch, 2 · channels]`: row and column of each, from -1 to 1.

    Raises:
        ValueError: the format is none, or the number of channels is not known.
    """
    with variable_scope(name, "spatial_softmax"):
        sizes = shape(features)
        if data_format == "NHWC":
            height, width, channels = sizes[1], sizes[2], features.shape.as_list()[3]
        elif data_format == "NCHW":
            channels, height, width = features.shape.as_list()[1], sizes[2], sizes[3]
        else:
            raise ValueError("data_format has to be either NCHW or NHWC.")
        if channels is None:
            raise ValueError(
                "The num_channels dimension of the inputs to `spatial_softmax` should be defined. "
                "Found `None`."
            )
        with name_scope("spatial_softmax_op", "spatial_softmax_op", [features]):
            steps = [build("LinSpace", start=-1.0, stop=1.0, num=size) for size in (height, width)]
            rows, columns = meshgrid(*steps, indexing="ij")
            places = [reshape(rows, [height * width]), reshape(columns, [height * width])]
            divisor = model_variable(
                "temperature",
                shape=(),
                dtype=float32,
                initializer=ONES if temperature is None else Constant(temperature),
                collections=collections_of(variables_collections, "temperature")
                if trainable
                else None,
                trainable=trainable,
            )
            if data_format == "NHWC":
                features = transpose(features, [0, 3, 1, 2])
            features = reshape(features, [-1, height * width])
            attention = softmax_of(features / divisor)
            expected = [reduce_sum(place * attention, [1], keepdims=True) for place in places]
            keypoints = reshape(concat(expected, 1), [-1, channels * 2])
            keypoints.set_shape([None, channels * 2])
            return keypoints
