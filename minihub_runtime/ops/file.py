"""Ops that read and write files.

A graph may be a stranger's: it reads the files of its own module and nothing else, and it writes none.  What the program
itself has added holds its token, and reads and writes any file.  Checkpoints are written by the program that owns the session,
not by ops.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

import numpy as np

from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import (
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    clip,
)
from minihub_runtime.files import system_errors
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.file_patterns import matching_paths
from minihub_runtime.ops.registry import ANY, Array, op, types_list
from minihub_runtime.ops.shape_rules import nothing, scalar, unknown
from minihub_runtime.shapes import Shape, Spec, merge

SAVE = "core/kernels/save_restore_v2_ops.cc"


def _string(value: bytes) -> Array:
    result = np.empty((), dtype=object)
    result[()] = value
    return result


@op(
    "ReadFile(filename: string) -> contents: string",
    source="core/kernels/whole_file_read_ops.cc",
    shape=scalar,
    ranks={"filename": 0},
)
def read_file(ctx: Context, filename: Array, *, _program_token: str = "") -> Array:
    """The content of a file of the module, or of any file where the program has added the operation.

    Raises: NotFoundError, PermissionDeniedError; InvalidArgumentError unless `filename` is a scalar.
    Differs: TensorFlow reads any file of the machine.
    """
    require_scalar(filename, "filename")
    return _string(ctx.read_file(filename.item(), _program_token))


def _nothing_of_scalars(filename: Spec, contents: Spec) -> list[Shape]:
    for spec in (filename, contents):
        merge(spec.shape, ())
    return []


def _unknown_many(pattern: Spec) -> Shape:
    require(pattern.shape is None or len(pattern.shape) <= 1, "pattern must have rank <= 1")
    return (None,)


@op(
    "MatchingFiles(pattern: string) -> filenames: string",
    source="core/kernels/matching_files_op.cc",
    shape=_unknown_many,
)
def matching_files(ctx: Context, pattern: Array, *, _program_token: str = "") -> Array:
    """The sorted paths of the files that match one of some patterns, each pattern's by itself.

    Shapes: `[] | [n] -> [files]`.
    Raises: PermissionDeniedError unless the program that runs the graph has added the operation; InvalidArgumentError for
        patterns of another rank.
    Differs: TensorFlow looks into any folder of the machine.
    """
    require(pattern.ndim <= 1, f"pattern must have rank <= 1, not {pattern.ndim}")
    if not ctx.by_program(_program_token):
        raise PermissionDeniedError(
            "a graph must not look into folders; only the program that runs it may"
        )
    found = [
        os.fsencode(path)
        for item in pattern.reshape(-1).tolist()
        for path in matching_paths(os.fsdecode(item))
    ]
    result = np.empty(len(found), dtype=object)
    result[:] = sorted(found)
    return result


def _restored_slice(file_pattern: Spec, tensor_name: Spec, shape_and_slice: Spec) -> Shape:
    """Unknown, unless the slice says how large it is."""
    return None if shape_and_slice.value is None else _slice_shape(shape_and_slice.value.item())


def _restored(tensor_names: Spec, shape_and_slices: Spec, dtypes: Sequence[object]) -> list[Shape]:
    """Unknown, except where a slice says how large it is."""
    if shape_and_slices.value is None or len(shape_and_slices.value) != len(dtypes):
        return [None] * len(dtypes)
    return [_slice_shape(spec) for spec in shape_and_slices.value.tolist()]


def _slice_shape(spec: bytes) -> Shape:
    """`8 16 0,4:-` → (4, 16)."""
    *full, slices = spec.split(b" ") if spec else [b""]
    if not full:
        return None
    parts = slices.split(b":")
    if len(parts) != len(full):
        raise InvalidArgumentError(f"{clip(repr(spec))} must have a slice for each dimension")
    return tuple(
        int(size) if part == b"-" else int(part.split(b",")[1])
        for size, part in zip(full, parts, strict=True)
    )


@op(
    "RestoreV2(prefix: string, tensor_names: string, shape_and_slices: string) -> tensors: dtypes",
    dtypes=types_list(minimum=1),
    stateful=True,
    source=SAVE,
    shape=_restored,
    ranks={"prefix": 0, "tensor_names": 1, "shape_and_slices": 1},
)
def restore_v2(
    ctx: Context,
    prefix: Array,
    tensor_names: Array,
    shape_and_slices: Array,
    *,
    dtypes: list[DType],
) -> tuple[Array, ...]:
    """Tensors of a checkpoint of the module, as views into the mapped file.

    Raises: NotFoundError for a name or file that is not there, InvalidArgumentError for another type, DataLossError for
    corrupted bytes, PermissionDeniedError for a checkpoint outside the module.
    Differs: TensorFlow reads any checkpoint of the machine.
    """
    require_scalar(prefix, "prefix")
    count = len(dtypes)
    for name, value in (("tensor_names", tensor_names), ("shape_and_slices", shape_and_slices)):
        require(
            value.shape == (count,), f"{name} must have shape [{count}], not {list(value.shape)}"
        )
    reader = ctx.checkpoint(prefix.item())
    tensors = []
    for raw, spec, dtype in zip(
        tensor_names.tolist(), shape_and_slices.tolist(), dtypes, strict=True
    ):
        name = raw.decode("utf-8", "surrogateescape")
        found, wanted = reader.dtype(name), dtype
        require(
            found is wanted,
            f"tensor_name = {clip(name)}; expected dtype {wanted.name} does not equal original dtype "
            f"{found.name}",
        )
        tensors.append(reader.read(name, spec.decode("utf-8", "surrogateescape")))
    return tuple(tensors)


def _restore_old(
    ctx: Context, file_pattern: Array, tensor_name: Array, part: str, dtype: DType
) -> Array:
    """A tensor of a checkpoint of the V1 format."""
    for key, value in (("file_pattern", file_pattern), ("tensor_name", tensor_name)):
        require(value.size == 1, f"{key} must be a single string, not {list(value.shape)}")
    pattern = file_pattern.item()
    reader = ctx.checkpoint(pattern)
    if isinstance(reader, CheckpointReader):
        raise NotFoundError(
            "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for "
            f"{clip(os.fsdecode(pattern))}"
        )
    name = tensor_name.item().decode("utf-8", "surrogateescape")
    found = reader.dtype(name)
    require(
        found is dtype,
        f"Expected to restore a tensor of type {dtype.name}, got a tensor of type {found.name} instead: "
        f"tensor_name = {clip(name)}",
    )
    restored: Array = reader.read(name, part)
    return restored


@op(
    "Restore(file_pattern: string, tensor_name: string) -> tensor: dt",
    dt=ANY,
    stateful=True,
    source="core/kernels/restore_op.cc:RestoreOp",
    shape=unknown,
    ranks={"file_pattern": 0, "tensor_name": 0},
)
def restore(
    ctx: Context, file_pattern: Array, tensor_name: Array, *, dt: DType, preferred_shard: int = -1
) -> Array:
    """A tensor of a checkpoint of the module that has the V1 format, in one file or all those that match a pattern.

    Raises: NotFoundError for a name or file that is not there, InvalidArgumentError for another type, DataLossError for
    corrupted bytes, PermissionDeniedError for a checkpoint outside the module.
    Differs: TensorFlow reads any checkpoint of the machine.
    """
    return _restore_old(ctx, file_pattern, tensor_name, "", dt)


@op(
    "RestoreSlice(file_pattern: string, tensor_name: string, shape_and_slice: string) -> tensor: dt",
    dt=ANY,
    stateful=True,
    source="core/kernels/restore_op.cc:RestoreSliceOp",
    shape=_restored_slice,
    ranks={"file_pattern": 0, "tensor_name": 0, "shape_and_slice": 0},
)
def restore_slice(
    ctx: Context,
    file_pattern: Array,
    tensor_name: Array,
    shape_and_slice: Array,
    *,
    dt: DType,
    preferred_shard: int = -1,
) -> Array:
    """A part of a tensor of a checkpoint of the V1 format, such as `8 16 0,4:-`; all of it for an empty string.

    Raises: as Restore; InvalidArgumentError for a part that is not one of the tensor.
    Differs: TensorFlow reads any checkpoint of the machine.
    """
    require(
        shape_and_slice.size == 1,
        f"shape_and_slice must be a single string, not {list(shape_and_slice.shape)}",
    )
    part = shape_and_slice.item().decode("utf-8", "surrogateescape")
    return _restore_old(ctx, file_pattern, tensor_name, part, dt)


@op(
    "Save(filename: string, tensor_names: string, data: T)",
    T=types_list(minimum=1),
    stateful=True,
    source="core/kernels/save_op.cc:SaveOp",
    shape=nothing,
)
def save(filename: Array, tensor_names: Array, data: Sequence[Array]) -> tuple[()]:
    """Nothing: always refused.

    Raises: PermissionDeniedError.
    Differs: TensorFlow writes wherever the graph says.
    """
    raise PermissionDeniedError(
        "a graph must not write files; write checkpoints from the program that runs it"
    )


@op(
    "SaveSlices(filename: string, tensor_names: string, shapes_and_slices: string, data: T)",
    T=types_list(minimum=1),
    stateful=True,
    source="core/kernels/save_op.cc:SaveSlicesOp",
    shape=nothing,
)
def save_slices(
    filename: Array, tensor_names: Array, shapes_and_slices: Array, data: Sequence[Array]
) -> tuple[()]:
    """Nothing: always refused.

    Raises: PermissionDeniedError.
    Differs: TensorFlow writes wherever the graph says.
    """
    raise PermissionDeniedError(
        "a graph must not write files; write checkpoints from the program that runs it"
    )


@op(
    "SaveV2(prefix: string, tensor_names: string, shape_and_slices: string, tensors: dtypes)",
    dtypes=types_list(minimum=1),
    stateful=True,
    source=SAVE,
    shape=nothing,
)
def save_v2(
    prefix: Array, tensor_names: Array, shape_and_slices: Array, tensors: Sequence[Array]
) -> tuple[()]:
    """Nothing: always refused.

    Raises: PermissionDeniedError.
    Differs: TensorFlow writes wherever the graph says.
    """
    raise PermissionDeniedError(
        "a graph must not write files; write checkpoints from the program that runs it"
    )


@op(
    "MergeV2Checkpoints(checkpoint_prefixes: string, destination_prefix: string)",
    stateful=True,
    source=SAVE,
    shape=nothing,
)
def merge_v2_checkpoints(
    checkpoint_prefixes: Array,
    destination_prefix: Array,
    *,
    delete_old_dirs: bool = True,
    allow_missing_files: bool = False,
) -> tuple[()]:
    """Nothing: always refused.

    Raises: PermissionDeniedError.
    Differs: TensorFlow writes wherever the graph says.
    """
    raise PermissionDeniedError(
        "a graph must not write files; write checkpoints from the program that runs it"
    )


@op(
    "WriteFile(filename: string, contents: string)",
    stateful=True,
    source="core/kernels/whole_file_read_ops.cc:WriteFileOp",
    shape=_nothing_of_scalars,
)
def write_file(
    ctx: Context, filename: Array, contents: Array, *, _program_token: str = ""
) -> tuple[()]:
    """Nothing, after writing a file, and making the folders that it lies in.

    Raises: PermissionDeniedError unless the program that runs the graph has added the operation; InvalidArgumentError unless
        both are scalars; what the system says of the file.
    Differs: TensorFlow writes wherever the graph says.
    """
    require_scalar(filename, "filename")
    require_scalar(contents, "contents")
    if not ctx.by_program(_program_token):
        raise PermissionDeniedError(
            "a graph must not write files; only the program that runs it may"
        )
    path = os.fsdecode(filename.item())
    with system_errors(path):
        # Where a file stands in the place of a folder, the path is at fault.
        with contextlib.suppress(FileExistsError):
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents.item())
    return ()


@op(
    "ShardedFilename(basename: string, shard: int32, num_shards: int32) -> filename: string",
    source="core/kernels/save_op.cc:ShardedFilenameOp",
    shape=scalar,
    ranks={"basename": 0, "shard": 0, "num_shards": 0},
)
def sharded_filename(basename: Array, shard: Array, num_shards: Array) -> Array:
    """`basename-00001-of-00003`."""
    for name, value in (("basename", basename), ("shard", shard), ("num_shards", num_shards)):
        require_scalar(value, name)
    return _string(basename.item() + b"-%05d-of-%05d" % (int(shard), int(num_shards)))


@op(
    "ShardedFilespec(basename: string, num_shards: int32) -> filename: string",
    source="core/kernels/save_op.cc:ShardedFilespecOp",
    shape=scalar,
    ranks={"basename": 0, "num_shards": 0},
)
def sharded_filespec(basename: Array, num_shards: Array) -> Array:
    """`basename-?????-of-00003`."""
    require_scalar(basename, "basename")
    require_scalar(num_shards, "num_shards")
    return _string(basename.item() + b"-?????-of-%05d" % int(num_shards))
