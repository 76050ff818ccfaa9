"""Items of examples: what `tf.contrib.slim.tfexample_decoder` makes of parsed features.

    ItemHandler
    ├─ ItemHandlerCallback   what a function makes of them
    ├─ Tensor                a tensor, in a shape
    │  └─ LookupTensor       what a table tells of it
    ├─ SparseTensor          indices and values in a sparse tensor
    ├─ Image                 the pixels of a file
    ├─ BoundingBox           four sides in rows
    └─ BackupHandler         one item, or another where that is empty

Those of sequences are in `sequence_handlers`.

Source: tf_slim/data/tfexample_decoder.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api import composite
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_case import case
from minihub_runtime.api.image.coding import decode_image, is_jpeg
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.parsing.decoding import decode_raw
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import slice as slice_of
from minihub_runtime.api.sparse.conversion import sparse_tensor_to_dense
from minihub_runtime.api.sparse.shaping import sparse_reshape
from minihub_runtime.dtypes import int64, uint8
from minihub_runtime.public import public

__all__ = [
    "BackupHandler",
    "BoundingBox",
    "Image",
    "ItemHandler",
    "ItemHandlerCallback",
    "LookupTensor",
    "SparseTensor",
    "Tensor",
    "full_keys",
    "public_handler",
]

#: Key → parsed feature, a tensor or a sparse tensor.
Parsed = Mapping[str, Any]


def public_handler(cls: type) -> Any:
    """Give a class its public name."""
    return public(f"contrib.slim.tfexample_decoder.{cls.__name__}")(cls)


def full_keys(
    kind: str, keys: Sequence[str] | None, usual: Sequence[str], prefix: str | None
) -> list[str]:
    """The features of coordinates.

    Args:
        kind: the kind of handler.
        keys: their names; None for the usual ones.
        usual: those.
        prefix: what stands before each.

    Raises:
        ValueError: there are not as many as usual.
    """
    if keys is not None and len(keys) != len(usual):
        raise ValueError(f"{kind} expects {len(usual)} keys but got {len(keys)}")
    return [(prefix or "") + key for key in (usual if keys is None else keys)]


def _dense(tensor: Any, default_value: Any = None) -> Any:
    """A tensor, as it is if it is dense."""
    if isinstance(tensor, composite.SparseTensor):
        return sparse_tensor_to_dense(tensor, default_value)
    return tensor


@public_handler
class ItemHandler(abc.ABC):
    """Makes an item of parsed features.

    Args:
        keys: the name of a feature, or a list of them.
    """

    def __init__(self, keys: Any) -> None:
        self._keys = keys if isinstance(keys, (tuple, list)) else [keys]

    @property
    def keys(self) -> Any:
        """The names of the features."""
        return self._keys

    @abc.abstractmethod
    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The item."""


@public_handler
class ItemHandlerCallback(ItemHandler):
    """What a function makes of features.

    Args:
        keys: their names.
        func: takes a dictionary, name → parsed feature.
    """

    def __init__(self, keys: Any, func: Callable[[Parsed], Any]) -> None:
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """What the function makes of the features."""
        return self._func(keys_to_tensors)


@public_handler
class BoundingBox(ItemHandler):
    """Boxes, `[boxes, 4]`: their top, left, bottom and right side.

    Args:
        keys: the features of the sides; by default ymin, xmin, ymax and xmax.
        prefix: what stands before their names.

    Raises:
        ValueError: these are not four.
    """

    def __init__(self, keys: Sequence[str] | None = None, prefix: str = "") -> None:
        self._full_keys = full_keys("BoundingBox", keys, ("ymin", "xmin", "ymax", "xmax"), prefix)
        super().__init__(self._full_keys)

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The rows of boxes."""
        sides = []
        for key in self._full_keys:
            side = keys_to_tensors[key]
            if isinstance(side, composite.SparseTensor):
                side = side.values
            sides.append(expand_dims(side, 0))
        return transpose(concat(sides, 0))


@public_handler
class Tensor(ItemHandler):
    """A feature as a dense tensor.

    Args:
        tensor_key: the feature.
        shape_keys: the feature that has the shape, or a list of those that have its dimensions.
        shape: the shape; where neither is given, it stays as it is.
        default_value: what stands for values that a sparse one lacks.

    Raises:
        ValueError: the shape is given twice.
    """

    def __init__(
        self, tensor_key: str, shape_keys: Any = None, shape: Any = None, default_value: Any = 0
    ) -> None:
        if shape_keys and shape is not None:
            raise ValueError("Cannot specify both shape_keys and shape parameters.")
        if shape_keys and not isinstance(shape_keys, list):
            shape_keys = [shape_keys]
        self._tensor_key = tensor_key
        self._shape_keys = shape_keys
        self._shape = shape
        self._default_value = default_value
        super().__init__([tensor_key, *(shape_keys or ())])

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The tensor, in its shape."""
        tensor = keys_to_tensors[self._tensor_key]
        shape = self._shape
        if self._shape_keys:
            sizes = [_dense(keys_to_tensors[key]) for key in self._shape_keys]
            shape = reshape(stack(sizes), [-1])
        if shape is not None:
            reshaped = sparse_reshape if isinstance(tensor, composite.SparseTensor) else reshape
            tensor = reshaped(tensor, shape)
        return _dense(tensor, self._default_value)


@public_handler
class LookupTensor(Tensor):
    """What a table tells of a feature.

    Args:
        tensor_key, shape_keys, shape, default_value: see `Tensor`.
        table: the table.
    """

    def __init__(
        self,
        tensor_key: str,
        table: Any,
        shape_keys: Any = None,
        shape: Any = None,
        default_value: Any = "",
    ) -> None:
        self._table = table
        super().__init__(tensor_key, shape_keys, shape, default_value)

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """What the table tells of the tensor."""
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


@public_handler
class BackupHandler(ItemHandler):
    """The item of one handler, or that of another where it has no elements.

    Args:
        handler: the first one.
        backup: the other.

    Raises:
        ValueError: one is no ItemHandler.
    """

    def __init__(self, handler: ItemHandler, backup: ItemHandler) -> None:
        for kind, given in (("Primary", handler), ("Backup", backup)):
            if not isinstance(given, ItemHandler):
                raise ValueError(f"{kind} handler is of type {type(given)} instead of ItemHandler")
        self._handler = handler
        self._backup = backup
        super().__init__(handler.keys + backup.keys)

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The first item, or the other where that is empty."""
        item = self._handler.tensors_to_item(keys_to_tensors)
        return cond(
            build("Equal", x=reduce_prod(shape_of(item)), y=0),
            lambda: self._backup.tensors_to_item(keys_to_tensors),
            lambda: item,
        )


@public_handler
class SparseTensor(ItemHandler):
    """A sparse tensor of two features, its indices along the last dimension and its values.

    Args:
        indices_key: the feature of the indices; `indices` by default.
        values_key: that of the values; `values` by default.
        shape_key: that of the shape.
        shape: the shape, where there is no such feature; that of the indices by default.
        densify: whether the item is a dense tensor.
        default_value: what stands there where there is no value.
    """

    def __init__(
        self,
        indices_key: str | None = None,
        values_key: str | None = None,
        shape_key: str | None = None,
        shape: Any = None,
        densify: bool = False,
        default_value: Any = 0,
    ) -> None:
        self._indices_key = indices_key or "indices"
        self._values_key = values_key or "values"
        self._shape_key = shape_key
        self._shape = shape
        self._densify = densify
        self._default_value = default_value
        shape_keys = [shape_key] if shape_key else []
        super().__init__([self._indices_key, self._values_key, *shape_keys])

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The sparse tensor, or the dense one."""
        indices = keys_to_tensors[self._indices_key]
        values = keys_to_tensors[self._values_key]
        if self._shape_key:
            shape = _dense(keys_to_tensors[self._shape_key])
        else:
            shape = self._shape or indices.dense_shape
        rank = shape_of(indices.indices)[1]
        last = cast(indices.values, int64)
        others = slice_of(indices.indices, [0, 0], stack([-1, rank - 1]))
        places = concat([others, reshape(last, [-1, 1])], 1)
        tensor = composite.SparseTensor(places, values.values, shape)
        return _dense(tensor, self._default_value) if self._densify else tensor


@public_handler
class Image(ItemHandler):
    """The pixels of a file, `[height, width, channels]`.

    Args:
        image_key: the feature of the file's content; `image/encoded` by default.
        format_key: that of its format; `image/format` by default.  `raw` and `RAW` stand for the bytes of the pixels; others
            are told by the content.
        shape: the shape, if it is always the same.
        channels: how many channels there are.
        dtype: the type of the pixels.
        repeated: whether there is a vector of files.
        dct_method: accepted for JPEG.
    """

    def __init__(
        self,
        image_key: str | None = None,
        format_key: str | None = None,
        shape: Any = None,
        channels: int = 3,
        dtype: Any = uint8,
        repeated: bool = False,
        dct_method: str = "",
    ) -> None:
        self._image_key = image_key or "image/encoded"
        self._format_key = format_key or "image/format"
        super().__init__([self._image_key, self._format_key])
        self._shape = shape
        self._channels = channels
        self._dtype = dtype
        self._repeated = repeated
        self._dct_method = dct_method

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The pixels of the file, or of the files."""
        contents = keys_to_tensors[self._image_key]
        image_format = keys_to_tensors[self._format_key]
        if not self._repeated:
            return self._decode(contents, image_format)
        return map_fn(lambda one: self._decode(one, image_format), contents, dtype=self._dtype)

    def _decode(self, image_buffer: Any, image_format: Any) -> Any:
        """The pixels of one file."""

        def jpeg() -> Any:
            image = build(
                "DecodeJpeg",
                contents=image_buffer,
                channels=self._channels,
                dct_method=self._dct_method,
            )
            return cast(image, self._dtype)

        def other() -> Any:
            return cast(decode_image(image_buffer, channels=self._channels), self._dtype)

        raw = build(
            "LogicalOr",
            x=build("Equal", x=image_format, y="raw"),
            y=build("Equal", x=image_format, y="RAW"),
        )
        image = case(
            [(raw, lambda: decode_raw(image_buffer, out_type=self._dtype))],
            default=lambda: cond(is_jpeg(image_buffer), jpeg, other, name="cond_jpeg"),
            exclusive=True,
        )
        image.set_shape([None, None, self._channels])
        return image if self._shape is None else reshape(image, self._shape)
