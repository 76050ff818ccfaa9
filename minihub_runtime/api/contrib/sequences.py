"""`tf.contrib.layers`: images as sequences of columns, labels as vectors, and dense tensors as sparse ones.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import named
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.gathering import where
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = ["dense_to_sparse", "images_to_sequence", "one_hot_encoding", "sequence_to_images"]


@public("contrib.layers.images_to_sequence", "contrib.slim.images_to_sequence")
@add_arg_scope
def images_to_sequence(
    inputs: Any, data_format: str = "NHWC", outputs_collections: Any = None, scope: Any = None
) -> Any:
    """The columns of images one after the other: `[width, batch · height, channels]`.

    Args:
        inputs: images of known width and number of channels.
        data_format: "NHWC" or "NCHW".
        outputs_collections: collections for the output.
        scope: the name scope.

    Raises:
        ValueError: the format is none.
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with name_scope(scope, "ImagesToSequence", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        if data_format == "NCHW":
            inputs = transpose(inputs, [0, 2, 3, 1])
        _, _, width, depth = inputs.shape.as_list()
        sizes = shape(inputs)
        batch, height = sizes[0], sizes[1]
        columns = transpose(inputs, [2, 0, 1, 3])
        return named(outputs_collections, sc, reshape(columns, [width, batch * height, depth]))


@public("contrib.layers.sequence_to_images", "contrib.slim.sequence_to_images")
@add_arg_scope
def sequence_to_images(
    inputs: Any,
    height: int,
    output_data_format: str = "channels_last",
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """The images whose columns are a sequence; see `images_to_sequence`.

    Args:
        inputs: `[width, batch · height, channels]`, of known width and number of channels.
        height: the height of the images.
        output_data_format: "channels_last" or "channels_first".
        outputs_collections: collections for the output.
        scope: the name scope.
    """
    with name_scope(scope, "SequenceToImages", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        width, rows, depth = inputs.shape.as_list()
        batch = -1 if rows is None else rows // height
        columns = reshape(inputs, [width, batch, height, depth])
        order = [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3]
        return named(outputs_collections, sc, transpose(columns, order))


@public("contrib.layers.one_hot_encoding", "contrib.slim.one_hot_encoding")
@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: Any,
    on_value: float = 1.0,
    off_value: float = 0.0,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """Vectors that are `on_value` at the place of the label and `off_value` elsewhere.

    Args:
        labels: integers.
        num_classes: the length of the vectors.
        on_value: see above.
        off_value: see above.
        outputs_collections: collections for the output.
        scope: the name scope.
    """
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = convert_to_tensor(labels)
        if labels.dtype == int32:
            labels = cast(labels, int64, name="ToInt64")
        return named(
            outputs_collections,
            sc,
            one_hot(labels, num_classes, on_value=on_value, off_value=off_value),
        )


@public("contrib.layers.dense_to_sparse", "contrib.slim.dense_to_sparse")
@add_arg_scope
def dense_to_sparse(
    tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: Any = None
) -> SparseTensor:
    """A tensor without those of its elements that are `eos_token`.

    Args:
        tensor: any tensor.
        eos_token: what is left out.
        outputs_collections: collections for the output.
        scope: the scope.
    """
    with variable_scope(scope, "dense_to_sparse", [tensor]) as sc:
        tensor = convert_to_tensor(tensor)
        indices = where(build("NotEqual", x=tensor, y=constant(eos_token, tensor.dtype)))
        values = gather_nd(tensor, indices)
        sparse = SparseTensor(indices, values, shape(tensor, out_type=int64))
        made: SparseTensor = named(outputs_collections, sc.name, sparse)
        return made
