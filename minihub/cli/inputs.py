"""Inputs as a user writes them on a command line, turned into what a signature takes.

    word …              a string input: each argument is one element of the batch
    1 '[2, 3]' …        any other input: each argument is one example, as JSON; a single one may be the whole batch
    @FILE               .json, .npy, .npz, an image, or lines of text; @@ begins text that begins with @
    -                   standard input: lines of text, or JSON for an input of numbers
    NAME=VALUE          an input by name, VALUE as above

Sparse values are objects with `indices`, `values` and `dense_shape`, ragged ones nested lists or objects with `values` and
`row_splits`: what `outputs` writes.  Nothing is read with pickle.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import numpy as np

from minihub.binding import described
from minihub.cli.failures import CommandError, UsageError
from minihub.image_files import IMAGE_SUFFIXES, WrongSizeError, is_image_input, read_image
from minihub.saved_model import Signature
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.shapes import show
from minihub_runtime.values import SparseTensorValue

__all__ = ["Inputs", "Lines", "gather_inputs"]

_SPARSE_KEYS = {"indices", "values", "dense_shape"}
_RAGGED_KEYS = {"values", "row_splits"}


@dataclasses.dataclass(frozen=True)
class Lines:
    """Lines of a text file, or of standard input (`-`), each one element of a batch."""

    source: str

    def __iter__(self) -> Iterator[bytes]:
        with _opened(self.source) as file:
            for number, line in enumerate(file):
                text = line.removesuffix(b"\n").removesuffix(b"\r")
                # A byte order mark is how some editors begin a UTF-8 file, not text.
                yield text.removeprefix(b"\xef\xbb\xbf") if not number else text


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a signature is called with.

    Attributes:
        values: name → value, complete.
        lines: the text that stands for the only input, to be read batch by batch; None if all is in `values`.
        name: the input that `lines` is for.
    """

    values: Mapping[str, Any]
    lines: Lines | None = None
    name: str = ""


@dataclasses.dataclass(frozen=True)
class _Source:
    """How images are to be read."""

    size: tuple[int, int] | None
    resize: bool


def gather_inputs(
    signature: Signature,
    positional: Sequence[str],
    named: Sequence[str],
    *,
    image_size: tuple[int, int] | None = None,
    resize: bool = False,
) -> Inputs:
    """The inputs of a signature from the arguments of a command.

    Args:
        signature: says which inputs there are, and their types.
        positional: values of the only input, or one file or JSON object with all of them.
        named: texts of the form NAME=VALUE.
        image_size: height and width that images must have; the shape of the input if None.
        resize: resize images of another size.

    Raises:
        CommandError: an input is missing or unknown, or a value cannot be read.
        UsageError: NAME=VALUE is malformed, or arguments contradict each other.
    """
    infos = signature.inputs
    source = _Source(image_size, resize)
    if positional and named:
        raise UsageError("inputs are given either as arguments or with --input, not both")
    if sum(text.partition("=")[2] == "-" for text in named) > 1:
        raise UsageError("standard input can be one input only")
    values: dict[str, Any] = {}
    for text in named:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--input must be NAME=VALUE or NAME=@FILE, not {text!r}")
        if name in values:
            raise UsageError(f"--input {name} is given twice")
        if name not in infos:
            _check_names(signature, [*values, name], partial=True)
        _check_file_name(value)
        values[name] = _one(name, infos[name], [value], source, literal=False)
    for text in positional:
        _check_file_name(text)
    if positional:
        values = _positional(signature, positional, source)
    _check_names(signature, values)
    lines = [name for name, value in values.items() if isinstance(value, Lines)]
    if len(values) == 1 and lines:
        return Inputs({}, values[lines[0]], lines[0])
    return Inputs({k: list(v) if isinstance(v, Lines) else v for k, v in values.items()})


def _check_file_name(text: str) -> None:
    if text == "@":
        raise UsageError(
            "@ must be followed by the name of a file, as in @FILE, and nothing follows; @@ is the text @ itself"
        )


def _check_names(signature: Signature, given: Any, *, partial: bool = False) -> None:
    infos = signature.inputs
    unknown = sorted(set(given) - set(infos))
    missing = [] if partial else sorted(set(infos) - set(given))
    if not unknown and not missing:
        return
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"unknown: {', '.join(unknown)}"] if unknown else []
    raise CommandError(
        f"signature {signature.name!r} takes the inputs {described(infos)}; {'; '.join(parts)}"
    )


def _positional(signature: Signature, texts: Sequence[str], source: _Source) -> dict[str, Any]:
    """All inputs from positional arguments."""
    infos = signature.inputs
    if len(texts) == 1:
        several = _all_at_once(signature, texts[0])
        if several is not None:
            return several
    if not infos:
        raise CommandError(f"signature {signature.name!r} takes no inputs")
    if len(infos) > 1:
        _check_names(signature, [])
    name, info = next(iter(infos.items()))
    return {name: _one(name, info, texts, source, literal=True)}


def _all_at_once(signature: Signature, text: str) -> dict[str, Any] | None:
    """Every input by name from one .npz file or one JSON object; None if the argument is neither."""
    infos = signature.inputs
    if text.startswith("@") and text.lower().endswith(".npz"):
        arrays = _load_npz(text[1:])
        if len(arrays) == 1 and len(infos) == 1 and not set(arrays) & set(infos):
            return {next(iter(infos)): next(iter(arrays.values()))}
        return _joined(arrays, infos)
    single = next(iter(infos.values())) if len(infos) == 1 else None
    if text.startswith("@") and text.lower().endswith(".json"):
        value = _load_json(_read(text[1:]), text[1:])
    elif single is None and text == "-":
        value = _load_json(_read("-"), "standard input")
    elif text.lstrip().startswith("{") and (single is None or not _is_text(single)):
        value = _load_json(text, "INPUT")
    else:
        return None
    if isinstance(value, dict) and (single is None or set(value) == set(infos)):
        return {
            name: _from_json(name, infos[name], item) if name in infos else item
            for name, item in value.items()
        }
    if single is None:
        raise CommandError(
            f"signature {signature.name!r} takes several inputs, so its JSON must be an object"
        )
    return {next(iter(infos)): _from_json(next(iter(infos)), single, value)}


def _is_text(info: ParsedTensorInfo) -> bool:
    """Whether arguments are elements of the input as they are typed."""
    return info.dtype.name == "string" and info.kind == "dense"


def _joined(arrays: dict[str, Any], infos: Mapping[str, ParsedTensorInfo]) -> dict[str, Any]:
    """Arrays of an .npz file by input; the parts of sparse and ragged values are put together."""
    values = dict(arrays)
    for name, info in infos.items():
        if info.kind == "sparse":
            parts = [f"{name}.{key}" for key in ("indices", "values", "dense_shape")]
            if all(part in values for part in parts):
                values[name] = SparseTensorValue(*(values.pop(part) for part in parts))
        elif info.ragged is not None and f"{name}.values" in values:
            parts = [f"{name}.row_splits{i}" for i in range(info.ragged.ragged_rank)]
            if all(part in values for part in parts):
                splits = [values.pop(part) for part in parts]
                values[name] = values.pop(f"{name}.values"), splits
    return values


def _one(
    name: str, info: ParsedTensorInfo, texts: Sequence[str], source: _Source, *, literal: bool
) -> Any:
    """The value of one input.

    Args:
        name: of the input, for messages.
        info: what it takes.
        texts: the arguments.
        source: how images are read.
        literal: whether text for a string input is never JSON.
    """
    if len(texts) == 1:
        whole = _whole(name, info, texts[0], literal)
        if whole is not None:
            return whole[0]
    if _is_text(info):
        elements: list[Any] = []
        for text in texts:
            elements += _strings(text)
        rank = 1 if info.shape is None else len(info.shape)
        if rank > 1:
            raise CommandError(
                f"input {name!r} has shape {show(info.shape)}; it must be given as JSON, "
                f"--input '{name}=[[…]]' or @FILE.json"
            )
        return elements[0] if rank == 0 and len(elements) == 1 else elements
    examples = [_example(name, info, text, source) for text in texts]
    if info.kind != "dense":
        if len(examples) != 1:
            raise CommandError(f"input {name!r} is {info.kind}, and must be one JSON value")
        return examples[0]
    if len(examples) == 1 and not _is_example(examples[0], info):
        return examples[0]
    return examples


def _whole(name: str, info: ParsedTensorInfo, text: str, literal: bool) -> tuple[Any] | None:
    """What one argument says of the whole input; None if it is an element or an example."""
    if text == "-":
        if _is_text(info):
            return (Lines("-"),)
        return (_from_json(name, info, _load_json(_read("-"), "standard input")),)
    if text.startswith("@") and not text.startswith("@@"):
        path = text[1:]
        suffix = os.path.splitext(path)[1].lower()
        if suffix == ".npy":
            return (_load_npy(path),)
        if suffix == ".npz":
            arrays = _joined(_load_npz(path), {name: info})
            if name not in arrays and len(arrays) != 1:
                raise CommandError(f"{path} must hold one array, or one named {name!r}")
            return (arrays[name] if name in arrays else next(iter(arrays.values())),)
        if suffix == ".json":
            return (_from_json(name, info, _load_json(_read(path), path)),)
        if suffix not in IMAGE_SUFFIXES and _is_text(info):
            return (Lines(path),)
    elif info.dtype.name == "string" and not literal and text.lstrip()[:1] in ("[", '"'):
        return (_from_json(name, info, _load_json(text, f"input {name!r}")),)
    return None


def _strings(text: str) -> list[Any]:
    """The elements that one argument of a string input stands for."""
    if text.startswith("@@"):
        return [text[1:]]
    if not text.startswith("@"):
        return [text]
    path = text[1:]
    if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES:
        # An input of encoded images takes the bytes of the file.
        return [_read(path)]
    return list(Lines(path))


def _example(name: str, info: ParsedTensorInfo, text: str, source: _Source) -> Any:
    """One example of an input that is not of strings, or the only value."""
    if not text.startswith("@"):
        return _from_json(name, info, _load_json(text, f"input {name!r}"))
    path = text[1:]
    if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES:
        if not is_image_input(info):
            raise CommandError(
                f"input {name!r} takes {info.dtype.name} {show(info.shape)}, which is no batch of images"
            )
        try:
            return read_image(path, info, source.size, resize=source.resize)
        except WrongSizeError as error:
            raise CommandError(f"{error}; --resize brings it to that size") from None
    if os.path.splitext(path)[1].lower() == ".npy":
        return _load_npy(path)
    raise CommandError(
        f"{path}: a file for input {name!r} ({info.dtype.name}) must be .json, .npy or .npz"
        + (", or an image" if is_image_input(info) else "")
    )


def _is_example(value: Any, info: ParsedTensorInfo) -> bool:
    """Whether a value is one example rather than a batch: it lacks the first dimension."""
    if info.shape is None:
        return False
    rank = value.ndim if isinstance(value, np.ndarray) else _depth(value)
    return bool(rank == len(info.shape) - 1)


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


def _from_json(name: str, info: ParsedTensorInfo, value: Any) -> Any:
    """A JSON value as what the input takes."""
    if info.kind == "sparse" and isinstance(value, dict) and set(value) == _SPARSE_KEYS:
        return SparseTensorValue(value["indices"], value["values"], value["dense_shape"])
    if info.kind == "ragged" and isinstance(value, dict) and set(value) == _RAGGED_KEYS:
        return value["values"], value["row_splits"]
    if isinstance(value, dict):
        keys = {"sparse": _SPARSE_KEYS, "ragged": _RAGGED_KEYS}.get(info.kind)
        wanted = f"an object with {', '.join(sorted(keys))}" if keys else "a list or a number"
        raise CommandError(f"input {name!r} must be {wanted}, not an object with {sorted(value)}")
    if value is None:
        raise CommandError(f"input {name!r} must be a value, not null")
    return value


def _load_json(data: str | bytes, what: str) -> Any:
    text = data
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text)
    except RecursionError:
        raise CommandError(f"{what} must be a value in JSON, but is nested too deeply") from None
    except ValueError as error:
        shown = f", unlike {data[:60]!r}" if isinstance(data, str) else ""
        hint = f"; @{data} reads the file" if isinstance(data, str) and os.path.isfile(data) else ""
        raise CommandError(f"{what} must be a value in JSON{shown}: {error}{hint}") from None


def _load_npy(path: str) -> Any:
    return _load_numpy(path, ".npy")


def _load_npz(path: str) -> dict[str, Any]:
    loaded = _load_numpy(path, ".npz")
    return dict(loaded)


def _load_numpy(path: str, suffix: str) -> Any:
    """The array or arrays of a NumPy file; never unpickled."""
    with _opened(path) as file:
        try:
            loaded = np.load(file, allow_pickle=False)
            if suffix == ".npz" and not isinstance(loaded, np.ndarray):
                return {name: loaded[name] for name in loaded.files}
            if suffix == ".npy" and isinstance(loaded, np.ndarray):
                return loaded
        except Exception as error:
            # What is damaged makes NumPy, and the readers of zip files below it, raise errors of a dozen kinds.
            raise CommandError(
                f"{path} must be a {suffix} file without pickled objects: {error}"
            ) from None
    raise CommandError(f"{path} must be a {suffix} file, but is another kind of NumPy file")


def _read(source: str) -> bytes:
    with _opened(source) as file:
        return file.read()


@contextlib.contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    """A file for reading bytes; `-` is standard input, which stays open."""
    if source == "-":
        if sys.stdin is None:
            raise CommandError("- must be standard input, but that is closed")
        yield sys.stdin.buffer
        return
    with open(source, "rb") as file:
        yield file
