"""Numbers, tensors and CSV fields from strings."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType, bfloat16, from_bits
from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.registry import ANY, Array, op, types, types_list, without_gradient
from minihub_runtime.ops.shape_rules import same, scalar, unknown
from minihub_runtime.shapes import Shape, Spec

__all__ = ["parsed_number"]

# Patterns are on bytes, so \d is 0-9 alone.
_BLANK = rb"[ \t\n\v\f\r]*"
_FLOAT = re.compile(
    _BLANK
    + rb"([+-]?)(?:(?P<special>inf|nan)|0x(?P<hex>[0-9a-f]+)"
    + rb"|(?P<decimal>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))"
    + _BLANK,
    re.IGNORECASE,
)
# The common case, for speed.
_PLAIN = re.compile(rb"-?\d+(?:\.\d*)?")
_INTEGER = re.compile(_BLANK + rb"(-?\d+)" + _BLANK)
#: TensorFlow copies the text of a float into a buffer of this size, so it must be shorter.
_BUFFER = 32
_SMALLEST_SINGLE = 2.0**-126


def _to_double(text: bytes) -> float | None:
    """The double a text stands for by TensorFlow's grammar, or None."""
    if len(text) < _BUFFER and _PLAIN.fullmatch(text):
        return float(text)
    match = _FLOAT.fullmatch(text) if len(text) < _BUFFER else None
    if match is None:
        blank = len(text) < _BUFFER and text and not text.strip(b" \t\n\v\f\r")
        return 0.0 if blank else None
    if match["hex"]:
        # 30 hexadecimal digits stay far below the largest double.
        value = float(int(match["hex"], 16))
        return -value if match[1] == b"-" else value
    return float(match[1] + (match["special"] or match["decimal"]))


def _singles(texts: list[bytes], doubles: Array) -> Array:
    """The singles nearest to texts whose nearest doubles are known.

    A double half-way between two singles may itself be rounded, so there the text decides.
    """
    with np.errstate(over="ignore", under="ignore"):
        singles = doubles.astype(np.float32)
    # TensorFlow's threads flush subnormal results to zero.
    singles[np.abs(singles) < _SMALLEST_SINGLE] *= 0
    halfway = (doubles.view(np.uint64) & np.uint64(0x1FFFFFFF)) == np.uint64(0x10000000)
    for place in np.flatnonzero(halfway & np.isfinite(doubles)).tolist():
        value = float(doubles[place])
        exact = _exact(texts[place])
        if exact is not None and exact != Decimal(value):
            towards = math.inf if exact > Decimal(value) else -math.inf
            singles[place] = np.float32(math.nextafter(value, towards))
    return singles


def _exact(text: bytes) -> Decimal | None:
    """The number a text stands for, without rounding."""
    match = _FLOAT.fullmatch(text)
    if match is None or not (match["decimal"] or match["hex"]):
        return None
    digits = match["decimal"]
    exact = Decimal(digits.decode()) if digits else Decimal(int(match["hex"], 16))
    return -exact if match[1] == b"-" else exact


def _to_integer(dtype: DType) -> Callable[[bytes], int | None]:
    low, high = int(dtype.min), int(dtype.max)

    def convert(text: bytes) -> int | None:
        match = _INTEGER.fullmatch(text)
        if match is None:
            return None
        digits = match[1].lstrip(b"-").lstrip(b"0")
        # Python refuses to convert thousands of digits, and none of them would fit.
        value = int(digits or b"0") if len(digits) < _BUFFER else high + 1
        value = -value if match[1].startswith(b"-") else value
        return value if low <= value <= high else None

    return convert


_TO_INTEGER = {kind: _to_integer(kind) for kind in (dtypes.int32, dtypes.int64)}


def parsed_number(text: bytes, dtype: DType) -> Array | None:
    """The number a text stands for, a scalar of a type of StringToNumber; None if it stands for none."""
    value = _to_double(text) if dtype.is_floating else _TO_INTEGER[dtype](text)
    if value is None:
        return None
    if dtype is dtypes.float32 and (_unsure(value) or abs(value) < _SMALLEST_SINGLE):
        return _singles([text], np.array([value])).reshape(())
    return np.array(value, dtype=dtype.numpy)


def _unsure(value: float) -> bool:
    """Whether a double lies half-way between two singles, or near or beyond the largest."""
    if not abs(value) < 2.0**127:
        return True
    bits = math.frexp(value)[0] * 2.0**25
    return bits % 2 == 1


def _numbers(texts: list[bytes], dtype: DType, describe: Callable[[int], str]) -> Array:
    """The numbers of texts; `describe` names the place of one for the error."""
    convert = _to_double if dtype.is_floating else _to_integer(dtype)
    values = [convert(text) for text in texts]
    if None in values:
        place = values.index(None)
        require(
            False,
            f"{describe(place)} must be a {dtype.name} number, not {clip(repr(texts[place]))}",
        )
    if dtype is dtypes.float32:
        return _singles(texts, np.array(values, dtype=np.float64))
    return np.array(values, dtype=dtype.numpy)


@op(
    "StringToNumber(string_tensor: string) -> output: out_type",
    out_type=types("float32 float64 int32 int64", default="float32"),
    source="core/kernels/string_to_number_op.cc",
    shape=same,
)
def string_to_number(string_tensor: Array, *, out_type: DType) -> Array:
    """The number each string stands for.

    Blanks around it are allowed. Floats may be decimal, `0x` integers, inf and nan in any case; a blank text is 0,
    and a text of 32 bytes or more is refused. Integers have no `+`.
    Raises: InvalidArgumentError for other texts and for integers out of range.
    """
    texts = string_tensor.reshape(-1).tolist()
    numbers = _numbers(texts, out_type, lambda place: f"string_tensor (flat index {place})")
    return numbers.reshape(string_tensor.shape)


def _reinterpret(data: bytes, dtype: DType, little_endian: bool) -> Array:
    carrier = dtype.numpy[0] if dtype is bfloat16 else dtype.numpy
    if dtype is dtypes.bool_:
        return np.frombuffer(data, dtype=np.uint8) != 0
    array = np.frombuffer(data, dtype=carrier.newbyteorder("<" if little_endian else ">"))
    native = array.astype(carrier, copy=False)
    return from_bits(native, dtype) if dtype is bfloat16 else native


@op(
    "DecodeRaw(bytes: string) -> output: out_type",
    out_type=types(
        "float16 float32 float64 int32 uint16 uint8 int16 int8 int64 complex64 complex128 "
        "bool bfloat16"
    ),
    source="core/kernels/decode_raw_op.cc",
)
def decode_raw(bytes: Array, *, out_type: DType, little_endian: bool = True) -> Array:
    """The numbers whose bytes the strings are.

    Shapes: [...] -> [..., length of a string / size of a number].
    Raises: InvalidArgumentError unless all strings have one length, a multiple of the size.
    """
    strings = bytes.reshape(-1).tolist()
    width = out_type.numpy.itemsize
    length = len(strings[0]) if strings else 0
    for number, text in enumerate(strings):
        if len(text) != length:
            require(
                False, f"all of bytes must have length {length}, not {len(text)} as at {number}"
            )
    if length % width:
        require(False, f"bytes must have a length divisible by {width}, not {length}")
    shape = (*bytes.shape, length // width)
    return _reinterpret(b"".join(strings), out_type, little_endian).reshape(shape)


@decode_raw.shape
def decode_raw_shape(bytes: Spec) -> Shape:
    """One more dimension."""
    return None if bytes.shape is None else (*bytes.shape, None)


@op(
    "DecodePaddedRaw(input_bytes: string, fixed_length: int32) -> output: out_type",
    out_type=types("float16 float32 float64 int32 uint16 uint8 int16 int8 int64 bfloat16"),
    source="core/kernels/decode_padded_raw_op.cc",
)
def decode_padded_raw(
    input_bytes: Array, fixed_length: Array, *, out_type: DType, little_endian: bool = True
) -> Array:
    """The numbers whose bytes the strings are, each string cut or filled with zeros to `fixed_length`.

    Differs: with `little_endian=False` short strings are filled like others, where TensorFlow reads beyond them.
    """
    require_scalar(fixed_length, "fixed_length")
    length, width = int(fixed_length), out_type.numpy.itemsize
    if length % width or length <= 0:
        require(False, f"fixed_length must be > 0 and divisible by {width}, not {length}")
    allocatable((*input_bytes.shape, length), np.dtype(np.uint8), "the result")
    strings = input_bytes.reshape(-1).tolist()
    data = b"".join([text[:length].ljust(length, b"\0") for text in strings])
    return _reinterpret(data, out_type, little_endian).reshape(*input_bytes.shape, length // width)


@decode_padded_raw.shape
def decode_padded_raw_shape(input_bytes: Spec, fixed_length: Spec, out_type: DType) -> Shape:
    """One more dimension."""
    require(
        not fixed_length.rank, f"fixed_length must be a scalar, not of rank {fixed_length.rank}"
    )
    if input_bytes.shape is None:
        return None
    width = None if fixed_length.value is None else int(fixed_length.value) // out_type.size
    return (*input_bytes.shape, width)


def _csv_fields(
    record: bytes, delimiter: bytes, quotes: bool, chosen: list[int], number: int
) -> list[bytes]:
    """The fields of one record, or those of the `chosen` columns."""
    fields: list[bytes] = []
    position = column = 0
    while position < len(record):
        if record[position] in b"\r\n":
            position += 1
            continue
        if quotes and record[position] == 0x22:
            field, position = _quoted_field(record, position + 1, delimiter, number)
        else:
            end = record.find(delimiter, position)
            end = len(record) if end < 0 else end
            field = record[position:end]
            if b"\n" in field or b"\r" in field or (quotes and b'"' in field):
                require(
                    False,
                    f"an unquoted field must hold no quotes and line ends, not {clip(repr(field))} "
                    f"in record {number}",
                )
            position = end + 1
        if not chosen or chosen[len(fields)] == column:
            fields.append(field)
            if len(fields) == len(chosen):
                return fields
        column += 1
    if record.endswith(delimiter) and (not chosen or chosen[len(fields)] == column):
        fields.append(b"")
    return fields


def _quoted_field(record: bytes, position: int, delimiter: bytes, number: int) -> tuple[bytes, int]:
    """A field after its opening quote, and the position after its delimiter."""
    pieces = []
    while True:
        quote = record.find(b'"', position)
        require(quote >= 0, f"a quoted field must end with a quote, not so in record {number}")
        pieces.append(record[position:quote])
        after = record[quote + 1 : quote + 2]
        if after in (b"", delimiter):
            return b"".join(pieces), quote + 2
        if after != b'"':
            require(
                False,
                f"a quote in a quoted field must be doubled, not followed by {after!r} "
                f"in record {number}",
            )
        pieces.append(b'"')
        position = quote + 2


def _check_select(select_cols: list[int], count: int) -> None:
    if not select_cols:
        return
    if len(select_cols) != count:
        require(False, f"select_cols must have {count} columns, not {len(select_cols)}")
    before = [-1, *select_cols[:-1]]
    if any(b <= a for a, b in zip(before, select_cols, strict=True)):
        require(False, f"select_cols must ascend strictly from >= 0, not {select_cols}")


@op(
    "DecodeCSV(records: string, record_defaults: OUT_TYPE) -> output: OUT_TYPE",
    OUT_TYPE=types_list("float32 float64 int32 int64 string", minimum=1),
    source="core/kernels/decode_csv_op.cc",
)
def decode_csv(
    records: Array,
    record_defaults: Sequence[Array],
    *,
    OUT_TYPE: list[DType],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: list[int] = [],
) -> tuple[Array, ...]:
    """The columns of CSV records (RFC 4180), each in the shape of `records`.

    A field that is empty or `na_value` becomes the column's default.
    Raises: InvalidArgumentError for a wrong number of fields, a field that is no number, and a missing field
    whose default is empty.
    """
    delimiter = field_delim.encode("utf-8", "surrogateescape")
    missing = na_value.encode("utf-8", "surrogateescape")
    require(len(delimiter) == 1, f"field_delim must be one character, not {field_delim!r}")
    _check_select(select_cols, len(OUT_TYPE))
    defaults = []
    for column, default in enumerate(record_defaults):
        if default.ndim > 1 or default.size > 1:
            require(
                False,
                f"record_defaults[{column}] must hold at most one value, "
                f"not shape {list(default.shape)}",
            )
        defaults.append(default.reshape(-1).tolist())
    rows = []
    for number, record in enumerate(records.reshape(-1).tolist()):
        fields = _csv_fields(record, delimiter, use_quote_delim, select_cols, number)
        if len(fields) != len(OUT_TYPE):
            require(False, f"record {number} must have {len(OUT_TYPE)} fields, not {len(fields)}")
        rows.append(fields)
    found = []
    for column, dtype in enumerate(OUT_TYPE):
        texts = [fields[column] for fields in rows]
        values = _csv_column(texts, dtype, defaults[column], missing, column)
        found.append(values.reshape(records.shape))
    return tuple(found)


def _csv_column(
    texts: list[bytes], dtype: DType, default: list[Any], missing: bytes, column: int
) -> Array:
    absent = [not text or text == missing for text in texts]
    if any(absent) and not default:
        require(False, f"field {column} of record {absent.index(True)} must not be missing")
    result = np.empty(len(texts), dtype=dtype.numpy)
    present = [place for place, is_absent in enumerate(absent) if not is_absent]
    given = [texts[place] for place in present]
    if dtype is dtypes.string:
        result[present] = given
    elif given:
        result[present] = _numbers(
            given, dtype, lambda place: f"field {column} of record {present[place]}"
        )
    if any(absent):
        result[absent] = default[0]
    return result


@decode_csv.shape
def decode_csv_shape(
    records: Spec, record_defaults: list[Spec], OUT_TYPE: list[DType], select_cols: list[int]
) -> list[Shape]:
    """The shape of `records` for each column."""
    _check_select(select_cols, len(OUT_TYPE))
    for column, default in enumerate(record_defaults):
        if default.shape is not None and (
            len(default.shape) > 1 or (default.dim(0) if default.shape else 0) not in (None, 0, 1)
        ):
            require(
                False,
                f"record_defaults[{column}] must hold at most one value, "
                f"not shape {list(default.shape)}",
            )
    return [records.shape] * len(OUT_TYPE)


@op(
    "ParseTensor(serialized: string) -> output: out_type",
    out_type=ANY,
    source="core/kernels/parse_tensor_op.cc",
    shape=unknown,
)
def parse_tensor(serialized: Array, *, out_type: DType) -> Array:
    """The tensor of a serialised TensorProto.

    Raises: InvalidArgumentError for bytes that are none, or one of another type.
    """
    from google.protobuf.message import DecodeError

    from minihub_runtime.codec import tensor_from_proto
    from minihub_runtime.protos import TensorProto

    require_scalar(serialized, "serialized")
    try:
        proto = TensorProto.FromString(serialized.item())
        array = tensor_from_proto(proto)
    except (DecodeError, DataLossError) as error:
        raise InvalidArgumentError(f"serialized must be a TensorProto: {error}") from error
    if proto.dtype != out_type.as_datatype_enum:
        require(
            False,
            f"serialized must hold a tensor of type {out_type.name}, not of type {proto.dtype}",
        )
    return array


@op(
    "SerializeTensor(tensor: T) -> serialized: string",
    T=ANY,
    source="core/kernels/serialize_tensor_op.cc",
    shape=scalar,
)
def serialize_tensor(tensor: Array, *, T: DType) -> Array:
    """A scalar with the tensor as a serialised TensorProto, numbers as raw bytes."""
    from minihub_runtime.codec import shape_to_proto
    from minihub_runtime.protos import TensorProto

    proto = TensorProto(dtype=T.as_datatype_enum, tensor_shape=shape_to_proto(tensor.shape))
    if T is dtypes.string:
        proto.string_val.extend(tensor.reshape(-1).tolist())
    else:
        little = tensor.astype(tensor.dtype.newbyteorder("<"), copy=False)
        proto.tensor_content = little.tobytes()
    result = np.empty((), dtype=object)
    result[()] = proto.SerializeToString()
    return result


without_gradient("DecodePaddedRaw", "DecodeRaw", "ParseTensor", "SerializeTensor", "StringToNumber")
