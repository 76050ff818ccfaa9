"""Arguments of a signature: which are missing, which do not fit, and what is fed for each.

Source: tensorflow_hub/module.py:_prepare_dict_inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.dtypes import int64
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.graph.ir import Ref
from minihub_runtime.shapes import compatible, show
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue, as_array, check_unmasked

__all__ = ["choose_signature", "described", "feeds_of", "named_inputs", "values_of"]


def choose_signature(names: Sequence[str], wanted: str | None) -> str:
    """The signature that is meant: the one asked for, else the default one, else the only one.

    Raises:
        ValueError: there is no such signature.
    """
    if wanted is None:
        for name in ("default", "serving_default"):
            if name in names:
                return name
        if len(names) == 1:
            return names[0]
        raise InvalidArgumentError(f"a signature must be named, one of {sorted(names)}")
    if wanted not in names:
        raise InvalidArgumentError(
            f"Signature {wanted!r} is missing from meta graph. It has {sorted(names)}."
        )
    return wanted


def described(infos: Mapping[str, ParsedTensorInfo]) -> str:
    """The inputs of a signature as a message names them: what a caller has to give."""
    told = (f"{name} ({info.dtype.name} {show(info.shape)})" for name, info in infos.items())
    return ", ".join(told) or "none at all"


def named_inputs(inputs: Any, infos: Mapping[str, ParsedTensorInfo]) -> dict[str, Any]:
    """The inputs by name.

    Args:
        inputs: None, a dict, or the single input itself.
        infos: the inputs of the signature.

    Raises:
        TypeError: inputs are missing, or there are too many.
    """
    if inputs is None:
        named: dict[str, Any] = {}
    elif isinstance(inputs, Mapping):
        named = dict(inputs)
    elif len(infos) == 1:
        named = {next(iter(infos)): inputs}
    elif not infos:
        raise TypeError("Signature expects no inputs.")
    else:
        raise TypeError(
            f"Signature expects multiple inputs. Use a dict. It takes {described(infos)}."
        )
    missing, extra = sorted(set(infos) - set(named)), sorted(set(named) - set(infos))
    if missing or extra:
        raise TypeError(
            f"Cannot convert dict_inputs: missing {missing!r}, extra given {extra!r}. "
            f"The signature takes {described(infos)}."
        )
    return named


def feeds_of(named: Mapping[str, Any], infos: Mapping[str, ParsedTensorInfo]) -> dict[Ref, Any]:
    """Tensor → array for every input.

    Raises:
        InvalidArgumentError: a value has the wrong type or shape, or the type is not supported.
    """
    feeds: dict[Ref, Any] = {}
    for name, info in infos.items():
        feeds.update(_feed(name, named[name], info))
    return feeds


def _feed(name: str, value: Any, info: ParsedTensorInfo) -> dict[Ref, Any]:
    label = f"input {name!r}"
    if info.kind == "unsupported":
        raise InvalidArgumentError(f"{label} is a {info.type_name}, which is not supported")
    if info.kind == "sparse":
        parts = [_guarded(part) for part in _sparse(value, info, label)]
        return dict(zip(info.refs, parts, strict=True))
    if info.kind == "ragged":
        parts = [_guarded(part) for part in _ragged(value, info, label)]
        return dict(zip(info.refs, parts, strict=True))
    check_unmasked(value, label)
    array = as_array(value, info.dtype, label)
    _check_shape(label, array.shape, info)
    return {info.refs[0]: _guarded(array)}


def _guarded(array: Any) -> Any:
    """A view that nothing in the graph can write to or keep: the array may be the caller's own."""
    view = array.view()
    view.flags.writeable = False
    return view


def _check_shape(label: str, shape: tuple[int | None, ...], info: ParsedTensorInfo) -> None:
    if not compatible(info.shape, shape):
        hint = ""
        if info.shape is not None and len(shape) == len(info.shape) - 1:
            hint = "; one example must be passed as a batch of one, for example [value]"
        raise InvalidArgumentError(
            f"{label} must have shape {show(info.shape)}, not {show(shape)}{hint}"
        )


def _sparse(value: Any, info: ParsedTensorInfo, label: str) -> SparseTensorValue:
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        # Arrays of another rank than two have no rows and columns.
        coords = getattr(coo, "coords", None) or (coo.row, coo.col)
        indices = np.stack(coords, axis=1).astype(np.int64)
        value = SparseTensorValue(indices, coo.data, np.array(coo.shape, np.int64))
    elif not (isinstance(value, tuple) and len(value) == 3):
        raise InvalidArgumentError(
            f"{label} must be a SparseTensorValue(indices, values, dense_shape), "
            f"not {type(value).__name__}"
        )
    for part in value:
        check_unmasked(part, label)
    indices = as_array(value[0], int64, f"indices of {label}")
    dense_shape = as_array(value[2], int64, f"dense_shape of {label}").reshape(-1)
    if not indices.size:
        indices = indices.reshape(0, len(dense_shape))
    values = as_array(value[1], info.dtype, f"values of {label}")
    if indices.ndim != 2 or values.ndim != 1 or indices.shape != (len(values), len(dense_shape)):
        raise InvalidArgumentError(
            f"{label} must have indices [n, rank], values [n] and dense_shape [rank], "
            f"not {show(indices.shape)}, {show(values.shape)} and {show(dense_shape.shape)}"
        )
    _check_shape(label, tuple(int(n) for n in dense_shape), info)
    return SparseTensorValue(indices, values, dense_shape)


def _ragged(value: Any, info: ParsedTensorInfo, label: str) -> list[Any]:
    spec = info.ragged
    assert spec is not None
    if isinstance(value, (list, np.ndarray)) and _is_list(value):
        check_unmasked(value, label)
        flat, splits = _nested(value, info, label)
    elif isinstance(value, RaggedTensorValue):
        flat, splits = value.flat_values, value.nested_row_splits
    elif isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], (list, tuple)):
        flat, splits = value[0], list(value[1])
    else:
        raise InvalidArgumentError(
            f"{label} must be nested lists or a RaggedTensorValue of ragged rank "
            f"{spec.ragged_rank}, not {type(value).__name__}"
        )
    if len(splits) != spec.ragged_rank:
        raise InvalidArgumentError(
            f"{label} must be of ragged rank {spec.ragged_rank}, not {len(splits)}"
        )
    check_unmasked(flat, label)
    flat = as_array(flat, info.dtype, f"values of {label}")
    splits = [
        as_array(part, int64, f"row splits of level {level} of {label}")
        for level, part in enumerate(splits)
    ]
    if not flat.ndim:
        raise InvalidArgumentError(f"values of {label} must be a list, not a single value")
    for level, (part, length) in enumerate(
        zip(splits, [*(part.size - 1 for part in splits[1:]), len(flat)], strict=True)
    ):
        if (
            part.ndim != 1
            or not part.size
            or part[0] != 0
            or np.any(part[1:] < part[:-1])
            or part[-1] != length
        ):
            raise InvalidArgumentError(
                f"{label}: row splits of level {level} must rise from 0 to {length}, not {clip(str(part))}"
            )
    shape = (len(splits[0]) - 1, *(None,) * len(splits), *flat.shape[1:])
    _check_shape(label, shape, info)
    return [flat, *(part.astype(spec.row_splits_dtype.numpy) for part in splits)]


def _is_list(value: Any) -> bool:
    """Whether a value is a list of others, in an order."""
    if isinstance(value, (str, bytes, Mapping, Set)) or not hasattr(value, "__len__"):
        return False
    return getattr(value, "ndim", 1) != 0


def _nested(rows: Any, info: ParsedTensorInfo, label: str) -> tuple[Any, list[Any]]:
    """The values and row splits of lists that are nested as deep as an input is ragged."""
    assert info.ragged is not None
    depth = info.ragged.ragged_rank
    splits = []
    for _ in range(depth):
        if not all(map(_is_list, rows)):
            raise InvalidArgumentError(f"{label} must be lists nested {depth + 1} deep")
        for row in rows:
            check_unmasked(row, label)
        splits.append(np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64))
        rows = [item for row in rows for item in row]
    if not rows and info.shape is not None:
        # Lists without a value do not tell the sizes of one.
        rows = np.empty((0, *(size or 0 for size in info.shape[depth + 1 :])), info.dtype.numpy)
    return rows, splits


def values_of(infos: Mapping[str, ParsedTensorInfo], results: Sequence[Any]) -> dict[str, Any]:
    """Outputs by name, from the flat results of their tensors in order."""
    outputs: dict[str, Any] = {}
    position = 0
    for name, info in infos.items():
        parts = results[position : position + len(info.refs)]
        position += len(info.refs)
        if info.kind == "sparse":
            outputs[name] = SparseTensorValue(*parts)
        elif info.kind == "ragged":
            outputs[name] = RaggedTensorValue.from_nested_row_splits(parts[0], parts[1:])
        else:
            outputs[name] = parts[0]
    return outputs
