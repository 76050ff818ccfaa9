"""Bytes, lines of values and JSON, decoded.

Source: tensorflow/python/ops/parsing_ops.py, io_ops.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor
from minihub_runtime.public import public

__all__ = ["decode_csv", "decode_json_example", "decode_raw"]


@public("io.decode_raw", "decode_raw")
def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,
) -> Tensor:
    """Bytes as vectors of numbers.

    Args:
        input_bytes: strings of one length.
        out_type: the type of the numbers.
        little_endian: the order of their bytes.
        name: a name of the operation.
        bytes: the older name of `input_bytes`.

    Returns:
        `[..., length / size of a number]`.

    Raises:
        ValueError: there is no type, or the bytes are given under both names.
    """
    input_bytes = deprecated_argument_lookup("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw_v1() missing 1 positional argument: 'out_type'")
    result: Tensor = build(
        "DecodeRaw", name=name, bytes=input_bytes, out_type=out_type, little_endian=little_endian
    )
    return result


@public("io.decode_csv", "decode_csv")
def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
) -> list[Tensor]:
    """The columns of lines of values.

    Args:
        records: lines, without what ends them.
        record_defaults: for each column a vector with its default, empty if a value must be there; it tells the type.
        field_delim: what stands between values.
        use_quote_delim: whether double quotes enclose values.
        name: a name of the operation.
        na_value: another text for a missing value.
        select_cols: which columns are wanted, in order; all by default.

    Returns:
        For each column a tensor of the shape of `records`.

    Raises:
        ValueError: the columns are not in order, or there are not as many as defaults.
    """
    if select_cols is not None:
        if any(first >= second for first, second in itertools.pairwise(select_cols)):
            raise ValueError("select_cols is not strictly increasing.")
        if select_cols[0] < 0:
            raise ValueError("select_cols contains negative values.")
        if len(select_cols) != len(record_defaults):
            raise ValueError("Length of select_cols and record_defaults do not match.")
    result: list[Tensor] = build(
        "DecodeCSV",
        name=name,
        records=records,
        record_defaults=record_defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=select_cols,
    )
    return result


@public("io.decode_json_example", "decode_json_example")
def decode_json_example(json_examples: Any, name: str | None = None) -> Tensor:
    """`tf.train.Example`s written as JSON, as they are serialised; strings of the same shape."""
    result: Tensor = build("DecodeJSONExample", name=name, json_examples=json_examples)
    return result
