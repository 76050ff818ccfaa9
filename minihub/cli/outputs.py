"""Outputs of a module as text, JSON or .npz; what comes in batches is put together.

Numbers in JSON are the shortest that give the same value of their type again; NaN and the infinities are the words NaN,
Infinity and -Infinity, as in Python's json.  Strings are UTF-8, with bytes that are not as surrogates (`\\udc80` … `\\udcff`).
"""

from __future__ import annotations

import math
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np

from minihub.cli.failures import UNREACHABLE, CommandError, UsageError
from minihub.cli.layout import escape_json, printable
from minihub.whole_files import place_of, write_file
from minihub_runtime.dtypes import bits, to_float
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

__all__ = ["FORMATS", "Results", "check_output", "choose_format"]

FORMATS = ("text", "json", "npz")
_SHORT = 6
_ITEMS = 20


def choose_format(wanted: str | None, path: str | None) -> str:
    """The format asked for, else the one the file's name says, else text.

    Raises:
        UsageError: an .npz is to be written to a terminal or a pipe.
    """
    suffix = os.path.splitext(path or "")[1].lower().lstrip(".")
    chosen = wanted or (suffix if suffix in FORMATS else "text")
    if chosen == "npz" and path is None:
        raise UsageError("--format npz needs --output FILE")
    return chosen


def check_output(path: str | None, option: str = "--output") -> None:
    """Raise unless a file can be written, so that nothing is computed for what has no place.

    Args:
        path: of the file; None for standard output.
        option: what names it.

    Raises:
        CommandError: it is a folder, or its folder is not there or may not be written to.
    """
    if path is None:
        return
    if not path or os.path.isdir(path) or path.endswith((os.sep, os.altsep or os.sep)):
        raise CommandError(
            f"{option} must name a file, but {f'{path} is a folder' if path else 'is empty'}",
            UNREACHABLE,
        )
    place = place_of(path)
    folder = os.path.dirname(os.path.abspath(path) if place is None else place)
    if not os.path.isdir(folder):
        raise CommandError(f"{path}: there is no folder {folder}", UNREACHABLE)
    # A file is replaced; a device is written to where it is.
    if place is not None and not os.access(folder, os.W_OK):
        raise CommandError(f"{path}: the folder {folder} may not be written to", UNREACHABLE)


class Results:
    """Where outputs go, batch by batch.

    Text on standard output is written as it comes; everything else at the end, and a file as a whole or not at all.

    Args:
        form: one of FORMATS.
        path: the file to write, None for standard output.
        bare: whether there is one output whose name nobody needs.
        full: whether text shows every element with all its digits.
    """

    def __init__(self, form: str, path: str | None, *, bare: bool, full: bool) -> None:
        self._form = form
        self._path = path
        self._bare = bare
        self._full = full
        self._batches: list[tuple[dict[str, Any], int | None]] = []
        self._streamed = 0

    def add(self, outputs: Mapping[str, Any], examples: int | None) -> None:
        """Add the outputs of one batch.

        Args:
            outputs: name → value.
            examples: the size of the batch if it is one of several, else None.
        """
        if self._form == "text" and self._path is None:
            for name, value in outputs.items():
                if self._bare and examples is not None:
                    # More may come, so the number of examples is left open.
                    if not self._streamed:
                        print(_title(name, value, open_ended=True))
                elif examples is None:
                    print(_title(name, value))
                else:
                    print(f"{_title(name, value)}  from example {self._streamed}")
                print(_text(value, self._full))
            self._streamed += examples or 0
            # Who feeds lines through a pipe waits for these answers.
            sys.stdout.flush()
        else:
            self._batches.append((dict(outputs), examples))

    def close(self) -> None:
        """Write what is not yet written."""
        if not self._batches:
            return
        outputs = _together(self._batches)
        if self._form == "npz":
            assert self._path is not None
            write_file(self._path, lambda file: _write_npz(file, outputs))
            return
        lines = self._json(outputs) if self._form == "json" else self._texts(outputs)
        if self._path is None:
            for line in lines:
                print(line)
        else:
            write_file(self._path, lambda file: _write_lines(file, lines))

    def _json(self, outputs: Mapping[str, Any]) -> Iterator[str]:
        if self._bare:
            yield from _json_lines(next(iter(outputs.values())))
            return
        yield "{"
        for number, (name, value) in enumerate(outputs.items()):
            *before, last = [f"  {line}" for line in _json_lines(value)]
            lines = [*before, last + ("," if number < len(outputs) - 1 else "")]
            lines[0] = f"  {_json_string(name)}: {lines[0].lstrip()}"
            yield from lines
        yield "}"

    def _texts(self, outputs: Mapping[str, Any]) -> Iterator[str]:
        for name, value in outputs.items():
            yield _title(name, value)
            yield _text(value, self._full)


def _title(name: str, value: Any, *, open_ended: bool = False) -> str:
    kind, flat, shape = "", value, value.shape if isinstance(value, np.ndarray) else ()
    if isinstance(value, SparseTensorValue):
        kind, flat, shape = "sparse ", value.values, tuple(value.dense_shape.tolist())
    elif isinstance(value, RaggedTensorValue):
        kind, flat, shape = "ragged ", value.flat_values, value.shape
    sizes = ["?" if size is None else str(size) for size in shape]
    if open_ended and sizes:
        sizes[0] = "?"
    return f"{printable(name)}  {kind}{_type_name(flat)} [{', '.join(sizes)}]"


def _type_name(array: Any) -> str:
    if array.dtype == object:
        return "string"
    return str(array.dtype.names[0] if array.dtype.names else array.dtype.name)


def _text(value: Any, full: bool) -> str:
    """A value for people: short, unless `full`."""
    if isinstance(value, SparseTensorValue):
        rows = [
            f"  {tuple(index)}  {_cell(item, full)}"
            for index, item in zip(
                value.indices[: None if full else _ITEMS * 5].tolist(),
                _plain(value.values),
                strict=False,
            )
        ]
        left = len(value.values) - len(rows)
        return "\n".join([*rows, *([f"  … {left} more"] if left else [])]) or "  empty"
    if isinstance(value, RaggedTensorValue):
        nested = value.to_list()
        limit = sys.maxsize if full else _ITEMS
        shown = [f"  {_nested_text(row, limit, full)}" for row in nested[: limit * 5]]
        left = len(nested) - len(shown)
        return "\n".join([*shown, *([f"  … {left} more"] if left else [])]) or "  empty"
    array = _plain(value)
    options: dict[str, Any] = {"threshold": sys.maxsize} if full else {"threshold": 100}
    if array.dtype.kind in "fc":
        options |= {"floatmode": "unique"} if full else {"precision": _SHORT}
    if array.dtype == object:
        options["formatter"] = {"object": _cell}
    return np.array2string(array, max_line_width=100, edgeitems=3, **options)


def _nested_text(value: Any, limit: int, full: bool) -> str:
    """A row of a ragged value, itself perhaps of rows."""
    if not isinstance(value, list):
        return _cell(value, full)
    shown = [_nested_text(item, limit, full) for item in value[:limit]]
    if len(value) > limit:
        shown.append(f"… {len(value) - limit} more")
    return f"[{', '.join(shown)}]"


def _cell(item: Any, full: bool = False) -> str:
    if isinstance(item, bytes):
        return _json_string(item.decode("utf-8", "surrogateescape"))
    if isinstance(item, (float, np.floating)):
        return str(item) if full else f"{float(item):.{_SHORT}g}"
    return str(item)


def _plain(array: Any) -> Any:
    """An array that NumPy can print: bfloat16 as float32, quantised numbers as their integers."""
    array = np.asarray(array)
    return bits(to_float(array))


def _json_string(text: str) -> str:
    import json

    return escape_json(json.dumps(text, ensure_ascii=False))


def _json_lines(value: Any) -> Iterator[str]:
    """JSON text of a value, one line for each row of the first dimension; numbers and vectors are one line."""
    if isinstance(value, SparseTensorValue):
        parts = {"indices": value.indices, "values": value.values, "dense_shape": value.dense_shape}
        fields = [f'"{key}": {_json_value(_plain(part))}' for key, part in parts.items()]
        yield "{" + ", ".join(fields) + "}"
        return
    if isinstance(value, RaggedTensorValue):
        splits = ", ".join(_json_value(part) for part in value.nested_row_splits)
        yield f'{{"values": {_json_value(_plain(value.flat_values))}, "row_splits": [{splits}]}}'
        return
    array = _plain(value)
    if array.ndim < 2 or not len(array):
        yield _json_value(array)
        return
    yield "["
    for number, row in enumerate(array):
        yield f"  {_json_value(row)}{',' if number < len(array) - 1 else ''}"
    yield "]"


def _json_value(array: Any) -> str:
    """JSON text of an array, on one line."""
    texts = _json_texts(array)
    # Elements become rows, rows become matrices, from the innermost dimension outwards.
    for axis in reversed(range(array.ndim)):
        size, outer = array.shape[axis], math.prod(array.shape[:axis])
        texts = [f"[{', '.join(texts[i * size : (i + 1) * size])}]" for i in range(outer)]
    return texts[0]


def _json_texts(array: Any) -> list[str]:
    """JSON text of each element."""
    flat = array.reshape(-1)
    if array.dtype.kind == "b":
        return ["true" if item else "false" for item in flat.tolist()]
    if array.dtype.kind in "iu":
        return [str(item) for item in flat.tolist()]
    if array.dtype.kind == "f":
        names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
        return [names.get(text, text) for text in flat.astype(str).tolist()]
    if array.dtype.kind == "c":
        pairs = zip(_json_texts(flat.real), _json_texts(flat.imag), strict=True)
        return [f"[{real}, {imaginary}]" for real, imaginary in pairs]
    if array.dtype == object and all(isinstance(item, bytes) for item in flat):
        return [_json_string(item.decode("utf-8", "surrogateescape")) for item in flat]
    raise CommandError(f"an output of type {array.dtype} has no values that can be written")


def _together(batches: list[tuple[dict[str, Any], int | None]]) -> dict[str, Any]:
    """The outputs of all batches as if they had been one.

    Raises:
        CommandError: an output does not go with the batch, or its other dimensions depend on it.
    """
    first = batches[0][0]
    if len(batches) == 1:
        return first
    return {
        name: _concatenated(name, [(outputs[name], count) for outputs, count in batches])
        for name in first
    }


def _concatenated(name: str, parts: list[tuple[Any, int | None]]) -> Any:
    values = [value for value, _ in parts]
    lengths = [_length(value) for value in values]
    shapes = {
        value.shape[1:]
        for value in values
        if not isinstance(value, (SparseTensorValue, RaggedTensorValue))
    }
    if any(a != b for a, (_, b) in zip(lengths, parts, strict=True)) or len(shapes) > 1:
        raise CommandError(
            f"output {name!r} cannot be put together from batches, as its shape does not follow them; "
            "--batch-size 0 takes all lines at once"
        )
    if isinstance(values[0], SparseTensorValue):
        starts = np.cumsum([0, *lengths[:-1]])
        indices = []
        for value, start in zip(values, starts, strict=True):
            moved = np.array(value.indices, np.int64)
            moved[:, 0] += start
            indices.append(moved)
        dense_shape = np.max([value.dense_shape for value in values], axis=0)
        dense_shape[0] = sum(int(value.dense_shape[0]) for value in values)
        flat = np.concatenate([value.values for value in values])
        return SparseTensorValue(np.concatenate(indices), flat, dense_shape)
    if isinstance(values[0], RaggedTensorValue):
        return _concatenated_ragged(values)
    return np.concatenate(values)


def _concatenated_ragged(values: list[RaggedTensorValue]) -> RaggedTensorValue:
    flat = np.concatenate([value.flat_values for value in values])
    levels = zip(*(value.nested_row_splits for value in values), strict=True)
    splits = []
    for level in levels:
        ends = np.cumsum([0, *(part[-1] for part in level[:-1])])
        moved = [part[1:] + end for part, end in zip(level, ends, strict=True)]
        splits.append(np.concatenate([level[0][:1], *moved]))
    return RaggedTensorValue.from_nested_row_splits(flat, splits)


def _length(value: Any) -> int | None:
    """The size of the first dimension, None for a scalar."""
    if isinstance(value, SparseTensorValue):
        return int(value.dense_shape[0])
    if isinstance(value, RaggedTensorValue):
        return len(value.row_splits) - 1
    return int(value.shape[0]) if value.ndim else None


def _write_lines(file: IO[bytes], lines: Iterator[str]) -> None:
    for line in lines:
        file.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _write_npz(file: IO[bytes], outputs: Mapping[str, Any]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, value in outputs.items():
            for key, array in _npz_parts(name, value):
                with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, _storable(key, array), allow_pickle=False)


def _npz_parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, SparseTensorValue):
        yield f"{name}.indices", value.indices
        yield f"{name}.values", value.values
        yield f"{name}.dense_shape", value.dense_shape
    elif isinstance(value, RaggedTensorValue):
        yield f"{name}.values", value.flat_values
        for level, splits in enumerate(value.nested_row_splits):
            yield f"{name}.row_splits{level}", splits
    else:
        yield name, value


def _storable(name: str, array: Any) -> Any:
    """The array as NumPy can store it without pickle: strings become bytes of one length."""
    array = _plain(array)
    if array.dtype != object:
        return array
    items = array.reshape(-1).tolist()
    if any(not isinstance(item, bytes) or item.endswith(b"\0") for item in items):
        raise CommandError(
            f"output {name!r} has strings that end in NUL, which .npz cannot hold; use --format json"
        )
    return np.array(items, f"S{max([1, *map(len, items)])}").reshape(array.shape)
