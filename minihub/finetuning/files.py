"""Examples with labels from disk: .csv, .tsv, .jsonl, or a folder with one subfolder of images per class."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from minihub.finetuning.image_folders import read_image_folder
from minihub.image_files import is_image_input
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.errors import InvalidArgumentError, NotFoundError, clip
from minihub_runtime.files import is_there
from minihub_runtime.values import as_array

__all__ = ["read_examples"]

#: Characters of a text in a table, at most: what every system can say.
_LONGEST = (1 << 31) - 1
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def read_examples(
    path: str | os.PathLike[str],
    infos: Mapping[str, ParsedTensorInfo],
    *,
    label: str = "label",
    columns: Mapping[str, str] | None = None,
) -> tuple[dict[str, list[Any]], list[Any]]:
    """Features by input, and labels.

    Args:
        path: a table with a header (.csv, .tsv), a file with one JSON object per line (.jsonl), or a folder with a folder of images per class.
        infos: the inputs of the signature.
        label: the column of the labels.
        columns: input → column; if left out, an input takes the column of its name, and a single input the only other column.

    Returns:
        For text the text; for images the paths, those of a table relative to it; for other inputs the numbers: in a .csv as
        JSON.  Labels of a .csv are text, those of a .jsonl what they are there.

    Raises:
        NotFoundError: there is no such file.
        PermissionDeniedError: it lies in a folder that may not be looked into.
        InvalidArgumentError: it is malformed; the message says in which line.
    """
    text = os.fspath(path)
    if not is_there(text) or not os.path.exists(text):
        raise NotFoundError(f"{text} must be a file or a folder, but is not there")
    if os.path.isdir(text):
        return _read_folder(text, infos)
    suffix = os.path.splitext(text)[1].lower()
    if suffix in _DELIMITERS:
        rows = _table_rows(text, _DELIMITERS[suffix])
    elif suffix == ".jsonl":
        rows = _json_rows(text)
    else:
        raise InvalidArgumentError(
            f"examples must be a .csv, .tsv or .jsonl file or a folder of images, not {text}"
        )
    features: dict[str, list[Any]] = {name: [] for name in infos}
    labels: list[Any] = []
    chosen: dict[str, str] | None = None
    for line, row in rows:
        if chosen is None:
            chosen = _choose_columns(text, list(row), infos, label, columns or {})
        for name, column in {**chosen, "": label}.items():
            if column not in row:
                raise InvalidArgumentError(f"{text}, line {line} has no {column!r}")
            where = f"{text}, line {line}, {column}"
            if name:
                features[name].append(_cell(row[column], infos[name], text, where))
            elif row[column] in (None, ""):
                raise InvalidArgumentError(f"{where}: there must be a label")
            else:
                labels.append(row[column])
    if not labels:
        raise InvalidArgumentError(f"{text} must hold examples, but has none")
    return features, labels


def _table_rows(path: str, delimiter: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # A byte order mark is how some programs begin a UTF-8 file, not text.
    with open(path, encoding="utf-8-sig", newline="") as file, _long_fields():
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(filter(None, reader), [])
            repeated = sorted({name for name in header if header.count(name) > 1})
            if repeated:
                raise InvalidArgumentError(f"{path} must name each column once, not {repeated}")
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise InvalidArgumentError(
                        f"{path}, line {reader.line_num} must have {len(header)} values, not {len(row)}"
                    )
                yield reader.line_num, dict(zip(header, row, strict=True))
        except csv.Error as error:
            raise InvalidArgumentError(
                f"{path}, line {reader.line_num} is malformed: {error}"
            ) from None
        except UnicodeDecodeError as error:
            raise InvalidArgumentError(f"{path} must be UTF-8: {error}") from None


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """Let texts of tables be of any length; Python's limit is one for all that a process reads."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json_rows(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with open(path, encoding="utf-8-sig") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _json_row(line, f"{path}, line {number}")
        except UnicodeDecodeError as error:
            raise InvalidArgumentError(f"{path} must be UTF-8: {error}") from None


def _json_row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        # It may also have numbers of too many digits, or lists that are nested too deep.
        raise InvalidArgumentError(f"{where} must be JSON: {error}") from None
    if not isinstance(row, dict):
        raise InvalidArgumentError(f"{where} must be a JSON object")
    return row


def _choose_columns(
    path: str,
    found: list[str],
    infos: Mapping[str, ParsedTensorInfo],
    label: str,
    wanted: Mapping[str, str],
) -> dict[str, str]:
    """Input → column."""
    unknown = sorted(set(wanted) - set(infos))
    if unknown:
        raise InvalidArgumentError(f"inputs must be among {sorted(infos)}, not {unknown}")
    if label not in found:
        raise InvalidArgumentError(f"{path} must have a column {label!r}; it has {found}")
    others = [column for column in found if column != label]
    chosen = {}
    for name in infos:
        if name in wanted:
            chosen[name] = wanted[name]
        elif name in others:
            chosen[name] = name
        elif len(infos) == len(others) == 1:
            chosen[name] = others[0]
        else:
            raise InvalidArgumentError(
                f"which column of {path} is input {name!r} must be said; there are {others}"
            )
        if chosen[name] not in found:
            raise InvalidArgumentError(
                f"{path} must have a column {chosen[name]!r}; it has {found}"
            )
    return chosen


def _cell(value: Any, info: ParsedTensorInfo, path: str, where: str) -> Any:
    """The value of one input in one example."""
    if info.dtype.name == "string":
        if not isinstance(value, str):
            raise InvalidArgumentError(f"{where}: must be text, not {value!r}")
        # What would be refused later is refused where its line is known.
        as_array(value, info.dtype, where)
        return value
    if is_image_input(info) and isinstance(value, str):
        return os.path.join(os.path.dirname(path), value)
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidArgumentError(
                f"{where}: must be a number or a JSON list of numbers, not {clip(value)!r}"
            ) from None
    return value


def _read_folder(
    path: str, infos: Mapping[str, ParsedTensorInfo]
) -> tuple[dict[str, list[Any]], list[Any]]:
    """Paths of images, and their classes."""
    names = [name for name, info in infos.items() if is_image_input(info)]
    if len(infos) != 1 or not names:
        raise InvalidArgumentError(
            f"a folder of images is for a signature that takes images only, not {sorted(infos)}"
        )
    paths, labels = read_image_folder(path)
    return {names[0]: paths}, labels
