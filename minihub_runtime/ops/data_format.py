"""Axes and sizes of one data format in the order of another, as layout optimisers write them into graphs."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import INDEX, Array, op
from minihub_runtime.ops.shape_rules import same

__all__: list[str] = []

SOURCE = "core/kernels/data_format_ops.cc"


def _check_formats(source: str, target: str) -> None:
    require(
        len(source) in (4, 5)
        and len(set(source)) == len(source)
        and sorted(source) == sorted(target),
        f"src_format and dst_format must be permutations of 4 or 5 letters, not {source!r} and {target!r}",
    )


@op(
    "DataFormatDimMap(x: T) -> y: T",
    T=INDEX.default_to("int32"),
    source=SOURCE,
    shape=same,
)
def data_format_dim_map(x: Array, *, src_format: str = "NHWC", dst_format: str = "NCHW") -> Array:
    """Where the axes `x` of a tensor in one format lie in the other; negative ones count from the end.

    An axis out of range is taken for its remainder, and for the last one if that is negative; so it is in TensorFlow.
    Raises: InvalidArgumentError for formats that are no permutations of one another, of 4 or 5 letters.
    """
    _check_formats(src_format, dst_format)
    rank = len(src_format)
    places = np.array([dst_format.index(letter) for letter in src_format], x.dtype)
    axes = np.fmod(x + x.dtype.type(rank), rank)
    return np.asarray(places[np.maximum(axes, -1)])


@op(
    "DataFormatVecPermute(x: T) -> y: T",
    T=INDEX.default_to("int32"),
    source=SOURCE,
    shape=same,
)
def data_format_vec_permute(
    x: Array, *, src_format: str = "NHWC", dst_format: str = "NCHW"
) -> Array:
    """What stands for each axis of one format, a number or a pair, in the order of the other.

    Shapes: `[n] -> [n]` or `[n, 2] -> [n, 2]`, where n counts the letters, or those of images: H and W, of five letters
    D as well.
    Raises: InvalidArgumentError for other shapes, and as DataFormatDimMap.
    """
    _check_formats(src_format, dst_format)
    rank = len(src_format)
    require(x.ndim in (1, 2), f"x must have rank 1 or 2, not {x.ndim}")
    require(
        x.shape[0] in (rank - 2, rank), f"x must have {rank - 2} or {rank} rows, not {x.shape[0]}"
    )
    require(x.ndim == 1 or x.shape[1] == 2, f"x must have 2 columns, not {x.shape[-1]}")
    if x.shape[0] != rank:
        spatial = "HW" if rank == 4 else "DHW"
        src_format, dst_format = (
            "".join(letter for letter in letters if letter in spatial)
            for letters in (src_format, dst_format)
        )
        require(
            len(src_format) == len(spatial),
            f"src_format must have the letters {spatial}, not {src_format!r}",
        )
    return x[[src_format.index(letter) for letter in dst_format]]
