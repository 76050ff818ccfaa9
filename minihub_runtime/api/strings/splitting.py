"""Texts cut into pieces.

Source: tensorflow/python/ops/ragged/ragged_string_ops.py, tensorflow/python/ops/string_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["string_bytes_split", "string_split", "strings_split"]


@public("strings.bytes_split")
def string_bytes_split(input: Any, name: str | None = None) -> Any:
    """The bytes of each text.

    Args:
        input: texts, a tensor or a ragged one.
        name: a name of the operations.

    Returns:
        A RaggedTensor with one dimension more; a vector for one text.

    Raises:
        ValueError: the rank is not known.
    """
    with name_scope(name, "StringsByteSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        if isinstance(input, RaggedTensor):
            return input.with_flat_values(string_bytes_split(input.flat_values))
        rank = input.shape.ndims
        if rank is None:
            raise ValueError("input must have a statically-known rank.")
        if rank == 0:
            return string_bytes_split(stack([input]))[0]
        if rank > 1:
            return string_bytes_split(RaggedTensor.from_tensor(input))
        parts = build("StringSplit", input=input, delimiter="", skip_empty=False)
        return _as_rows(SparseTensor(*parts))


def _as_rows(pieces: Any) -> RaggedTensor:
    """The pieces of each text as a row."""
    return RaggedTensor.from_value_rowids(
        values=pieces.values,
        value_rowids=pieces.indices[:, 0],
        nrows=pieces.dense_shape[0],
        validate=False,
    )


def _sparse_pieces(op: str, source: Any, separator: Any, **attrs: Any) -> SparseTensor:
    """The pieces of a vector of texts as an op gives them."""
    separator = convert_to_tensor(separator, string)
    source = convert_to_tensor(source, string)
    which = "sep" if op == "StringSplitV2" else "delimiter"
    indices, values, shape = build(op, input=source, **{which: separator}, **attrs)
    indices.set_shape([None, 2])
    values.set_shape([None])
    shape.set_shape([2])
    return SparseTensor(indices, values, shape)


def _check_kind(result_type: str) -> None:
    if result_type not in ("SparseTensor", "RaggedTensor"):
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


@public("string_split")
def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> Any:
    """The pieces of each text of a vector.

    Args:
        source: texts [n].
        sep: any byte of it separates; by default a space; the empty text separates all bytes.
        skip_empty: whether empty pieces are left out.
        delimiter: the older name of `sep`.
        result_type: `"SparseTensor"` or `"RaggedTensor"`.
        name: a name of the operations.

    Raises:
        ValueError: `sep` is given under both names, or there is no such kind of result.
    """
    with name_scope(name, "StringSplit", [source]):
        separator = deprecated_argument_lookup("sep", sep, "delimiter", delimiter)
        pieces = _sparse_pieces(
            "StringSplit", source, " " if separator is None else separator, skip_empty=skip_empty
        )
        _check_kind(result_type)
        return pieces if result_type == "SparseTensor" else _as_rows(pieces)


def _vector_pieces(source: Any, sep: Any, maxsplit: int) -> SparseTensor:
    return _sparse_pieces("StringSplitV2", source, "" if sep is None else sep, maxsplit=maxsplit)


def _split(input: Any, sep: Any, maxsplit: int) -> RaggedTensor:
    """The pieces of texts of any rank but 0."""
    with name_scope(None, "StringSplit", [input]):
        if isinstance(input, RaggedTensor):
            return input.with_flat_values(_split(input.flat_values, sep, maxsplit))
        rank = input.shape.ndims
        if rank is not None and rank > 1:
            return _split(RaggedTensor.from_tensor(input), sep, maxsplit)
        return _as_rows(_vector_pieces(input, sep, maxsplit))


@public("strings.split")
def strings_split(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """The pieces of texts, as Python's `str.split` gives them.

    Args:
        input: texts, a tensor or a ragged one; one text counts as a vector of one.
        sep: what separates; by default any white space, and then there are no empty pieces.
        maxsplit: how many cuts there are at most; -1 for any number.
        result_type: `"SparseTensor"` or `"RaggedTensor"`.
        source: the older name of `input`.
        name: a name of the operations.

    Returns:
        A tensor of that kind with one dimension more.

    Raises:
        ValueError: the texts are given under both names, or there is no such kind of result.
    """
    input = deprecated_argument_lookup("input", input, "source", source)
    with name_scope(name, "StringSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, dtype=string, name="input")
        if input.shape.ndims == 0:
            input = expand_dims(input, 0)
        _check_kind(result_type)
        if result_type == "RaggedTensor":
            return _split(input, sep, maxsplit)
        if input.shape.ndims == 1:
            return _vector_pieces(input, sep, maxsplit)
        return _split(input, sep, maxsplit).to_sparse()
