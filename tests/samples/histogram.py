"""Samples of `ops/histogram.py`."""

import numpy as np

from tests.samples import Sample, f32, f64, i32, i64, normal

INF, NAN = np.inf, np.nan
NONE = f32([])


def count(values, size, weights):
    return dict(arr=i32(values), size=i32(size), weights=weights)


def dense(values, size, weights):
    return dict(input=i32(values), size=i32(size), weights=weights)


def spread(values, low, high, nbins):
    return dict(values=f32(values), value_range=f32([low, high]), nbins=i32(nbins))


TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
PAIRS = [[1, 1], [5, 2]]

SAMPLES = [
    Sample("Bincount", "counts", count([1, 1, 5, 2], 4, NONE)),
    Sample("Bincount", "weights", count([1, 1, 5, 2], 4, f32([1, 2, 3, 4]))),
    Sample("Bincount", "int64_weights", count([1, 1], 2, i64([2**60, 1]))),
    Sample("Bincount", "matrix", count([[1, 2], [1, 0]], 4, i32([]))),
    Sample("Bincount", "scalar", count(2, 4, f64([]))),
    Sample("Bincount", "no_values", count([], 3, NONE)),
    Sample("Bincount", "no_bins", count([1], 0, NONE)),
    Sample("Bincount", "negative_value", count([-1], 4, NONE), error="not be negative"),
    Sample("Bincount", "negative_size", count([1], -4, NONE), error="not be negative"),
    Sample("Bincount", "size_is_vector", count([1], [4], NONE), error="a scalar"),
    Sample("Bincount", "weights_too_long", count([1], 4, f32([1, 2, 3])), error="weights must be"),
    Sample("DenseBincount", "vector", dense([1, 1, 5, 2], 4, NONE)),
    Sample("DenseBincount", "vector_weights", dense([1, 1, 5, 2], 4, f32([1, 2, 3, 4]))),
    Sample("DenseBincount", "matrix", dense(PAIRS, 4, NONE)),
    Sample("DenseBincount", "matrix_weights", dense(PAIRS, 4, f64([[1, 2], [3, 4]]))),
    Sample("DenseBincount", "matrix_int_weights", dense(PAIRS, 4, i64([[1, 2], [3, 4]]))),
    Sample("DenseBincount", "binary", dense(PAIRS, 4, NONE), dict(binary_output=True)),
    Sample(
        "DenseBincount", "binary_weights", dense([1, 1], 4, f32([3, 4])), dict(binary_output=True)
    ),
    Sample("DenseBincount", "int64", dict(input=i64([[3], [1]]), size=i64(5), weights=i32([]))),
    Sample("DenseBincount", "negative_value", dense([-1], 4, NONE), error="not be negative"),
    Sample("DenseBincount", "negative_size", dense([1], -4, NONE), error="not be negative"),
    Sample("DenseBincount", "rank_3", dense([PAIRS], 4, NONE), error="rank 1 or 2"),
    Sample("DenseBincount", "weights_shape", dense([1], 4, f32([1, 2])), error="weights must be"),
    Sample("HistogramFixedWidth", "ends", spread([-1, 0, 1.5, 2, 5, 15, INF, -INF], 0, 5, 5)),
    Sample("HistogramFixedWidth", "tenths", spread(TENTHS, 0, 1, 10)),
    Sample(
        "HistogramFixedWidth",
        "normal",
        dict(values=normal(5, 6), value_range=f32([-2, 2]), nbins=i32(7)),
    ),
    Sample(
        "HistogramFixedWidth",
        "ints",
        dict(values=i32([[-1, 3, 4, 100]]), value_range=i32([0, 5]), nbins=i32(3)),
        dict(dtype="int64"),
    ),
    Sample("HistogramFixedWidth", "no_values", spread([], 0, 1, 3)),
    Sample("HistogramFixedWidth", "nan", spread([NAN], 0, 1, 3), error="not be NaN"),
    Sample("HistogramFixedWidth", "falling", spread([1], 5, 0, 3), error="must rise"),
    Sample("HistogramFixedWidth", "no_bins", spread([1], 0, 5, 0), error="must be positive"),
    Sample("HistogramFixedWidth", "bins_vector", spread([1], 0, 5, [3]), error="a scalar"),
    Sample(
        "HistogramFixedWidth",
        "range_of_three",
        dict(values=f32([1]), value_range=f32([0, 1, 2]), nbins=i32(3)),
        error="shape",
    ),
]
