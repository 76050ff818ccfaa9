"""Samples of `ops/data_format.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, i32, i64

VOLUMES = dict(src_format="NDHWC", dst_format="NCDHW")
PERMUTE = "DataFormatVecPermute"


def mapped(label: str, x: Any, error: str | None = None, **attrs: str) -> Sample:
    return Sample("DataFormatDimMap", label, dict(x=x), attrs, error)


def permuted(label: str, x: Any, error: str | None = None, **attrs: str) -> Sample:
    return Sample(PERMUTE, label, dict(x=x), attrs, error)


AXES = np.arange(-13, 13)
LONGEST = [-(1 << 31), (1 << 31) - 1]

SAMPLES = [
    mapped("images", i32(AXES)),
    mapped("long", i64(AXES), src_format="NCHW", dst_format="NHWC"),
    mapped("volumes", i32(AXES), **VOLUMES),
    mapped("other_letters", i32([[0, 1], [2, 3]]), src_format="abcd", dst_format="badc"),
    mapped("scalar", i32(3)),
    mapped("none", i32([]).reshape(0, 3)),
    mapped("extremes", i32(LONGEST)),
    mapped("short", i32([1]), "permutations", src_format="NWC", dst_format="NCW"),
    mapped("lengths", i32([1]), "permutations", src_format="NDHWC"),
    mapped("twice", i32([1]), "permutations", src_format="NHHC", dst_format="NCHH"),
    mapped("strange", i32([1]), "permutations", dst_format="NXHW"),
    permuted("images", i32([1, 2, 3, 4])),
    permuted("long", i64([1, 2, 3, 4]), src_format="NCHW", dst_format="HWNC"),
    permuted("sizes", i32([7, 8])),
    permuted("sizes_turned", i32([7, 8]), dst_format="WCHN"),
    permuted("pairs", i32([[1, 2], [3, 4], [5, 6], [7, 8]])),
    permuted("pairs_of_sizes", i32([[1, 2], [3, 4]]), dst_format="NCWH"),
    permuted("volumes", i64([1, 2, 3, 4, 5]), **VOLUMES),
    permuted("sizes_of_volumes", i32([1, 2, 3]), src_format="NDHWC", dst_format="WNCHD"),
    permuted("pairs_of_volumes", i32(np.arange(10).reshape(5, 2)), **VOLUMES),
    permuted("other_letters", i32([1, 2, 3, 4]), src_format="abcd", dst_format="badc"),
    permuted("no_sizes", i32([1, 2]), "letters HW", src_format="abcd", dst_format="badc"),
    permuted("three", i32([1, 2, 3]), "2 or 4 rows"),
    permuted("none", i32([]), "rows"),
    permuted("scalar", i32(1), "rank 1 or 2"),
    permuted("columns", i32([[1, 2, 3], [4, 5, 6]]), "2 columns"),
    permuted("rank", i32([[[1], [2]], [[3], [4]]]), "rank 1 or 2"),
    permuted("strange", i32([1, 2]), "permutations", dst_format="NXHW"),
]
