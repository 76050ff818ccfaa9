"""Samples of `ops/old_graphs.py`: each in a graph of the last version that TensorFlow takes it in."""

from __future__ import annotations

import numpy as np

from tests.samples import Call, Sample, Step, f16, f32, f64, i32, i64, normal, typed, u8

#: The kernels of these are for GPUs, so there are no answers.
SCHEMA_ONLY = ("BatchFFT", "BatchFFT2D", "BatchFFT3D", "BatchIFFT", "BatchIFFT2D", "BatchIFFT3D")

SYMMETRIC = f32([[[4, 1, 0], [1, 3, 1], [0, 1, 5]], [[2, 0, 0], [0, 1, 0], [0, 0, 3]]])
WIDE = normal(2, 3, 4)


def old(op, label, inputs, attrs=None, error=None, loose=1.0) -> Sample:
    """A sample in a graph older than the op's successor."""
    return Sample(op, label, inputs, attrs or {}, error, loose=loose, producer=VERSIONS[op] - 1)


#: Op → the graph version from which on TensorFlow refuses it.
VERSIONS = {
    "AdjustContrast": 2,
    "BatchCholesky": 13,
    "BatchMatrixBandPart": 14,
    "BatchMatrixDeterminant": 13,
    "BatchMatrixDiag": 14,
    "BatchMatrixDiagPart": 14,
    "BatchMatrixInverse": 13,
    "BatchMatrixSetDiag": 14,
    "BatchMatrixSolve": 13,
    "BatchMatrixSolveLs": 13,
    "BatchMatrixTriangularSolve": 13,
    "BatchNormWithGlobalNormalization": 9,
    "BatchNormWithGlobalNormalizationGrad": 9,
    "BatchSelfAdjointEig": 11,
    "BatchSelfAdjointEigV2": 13,
    "BatchSvd": 13,
    "Conv3DBackpropFilter": 10,
    "Conv3DBackpropInput": 10,
    "QuantizeAndDequantize": 22,
    "RandomPoisson": 25,
    "StatefulStandardNormal": 29,
    "SelfAdjointEig": 11,
}

IMAGE = normal(2, 2, 3, 2)
MOMENTS = dict(m=f32([1, 2]), v=f32([0.5, 2]))


def normalized(label, error=None, scaled=True, **changed) -> Sample:
    """A normalisation of two channels."""
    inputs = dict(t=IMAGE, **MOMENTS, beta=f32([0.5, 1]), gamma=f32([2, 3])) | changed
    attrs = dict(variance_epsilon=0.125, scale_after_normalization=scaled)
    return old("BatchNormWithGlobalNormalization", label, inputs, attrs, error)


def normalized_gradient(label, error=None, scaled=True, **changed) -> Sample:
    """The gradients of a normalisation of two channels."""
    inputs = dict(t=IMAGE, **MOMENTS, gamma=f32([2, 3]), backprop=normal(2, 2, 3, 2, seed=1))
    attrs = dict(variance_epsilon=0.125, scale_after_normalization=scaled)
    return old("BatchNormWithGlobalNormalizationGrad", label, inputs | changed, attrs, error)


def convolved(op, label, error=None, padding="SAME", strides=(1, 1, 1, 1, 1), **changed) -> Sample:
    """A gradient of a convolution in three dimensions."""
    inputs = dict(
        input=normal(1, 3, 3, 2, 2),
        filter=normal(2, 1, 2, 2, 1, seed=1),
        out_backprop=normal(1, 3, 3, 2, 1, seed=2),
    )
    attrs = dict(strides=list(strides), padding=padding)
    return old(op, label, inputs | changed, attrs, error)


def poisson(label, shape, rate, error=None) -> Sample:
    """Two runs of RandomPoisson."""
    inputs, attrs = dict(shape=shape, rate=rate), dict(seed=11, seed2=13)
    version = VERSIONS["RandomPoisson"] - 1
    return Sample("RandomPoisson", label, inputs, attrs, error, runs=2, producer=version)


def drawn(label, shape, dtype="float32", state=None, error=None) -> Sample:
    """Normal values from a generator whose state begins with its algorithm."""
    value = i64([1, -7, 1 << 40, 99]) if state is None else state
    kind = dict(dtype=value.dtype.name, shape=list(value.shape), shared_name="old_generator")
    steps = dict(
        variable=Call("VarHandleOp", {}, kind),
        assign=Call("AssignVariableOp", dict(resource=Step("variable"), value=value)),
    )
    return Sample(
        "StatefulStandardNormal",
        label,
        dict(resource=Step("variable"), shape=shape),
        dict(dtype=dtype),
        error,
        steps,
        producer=VERSIONS["StatefulStandardNormal"] - 1,
    )


SAMPLES = [
    *(
        poisson(dtype, i32([20]), typed([0, 0.3, 5, 9.99, 10, 1000], dtype))
        for dtype in ("float16", "float32", "float64")
    ),
    poisson("no_shape", i64([]), f32(3)),
    poisson("matrix", i32([[2]]), f32([3]), error="shape"),
    *(drawn(dtype, i64([3, 5]), dtype) for dtype in ("float32", "float64", "float16", "bfloat16")),
    drawn("int32_shape", i32([9])),
    drawn("integers", i64([3]), "int32", error="dtype"),
    drawn("short_state", i64([3]), state=i64([1, 2]), error="state|elements|size|algorithm"),
    *(
        old(op, label, {name: array})
        for op, name in (
            ("BatchCholesky", "input"),
            ("BatchMatrixDeterminant", "input"),
            ("BatchMatrixInverse", "input"),
            ("BatchMatrixDiagPart", "input"),
            ("BatchMatrixDiag", "diagonal"),
        )
        for label, array in (
            ("float", SYMMETRIC),
            ("double", SYMMETRIC.astype(np.float64)),
            ("one", SYMMETRIC[0]),
            ("none", SYMMETRIC[:0]),
        )
    ),
    *(
        old(op, "vector", {"input": f32([1, 2])}, error="rank|matrix")
        for op in (
            "BatchCholesky",
            "BatchMatrixDeterminant",
            "BatchMatrixInverse",
            "BatchMatrixDiagPart",
            "BatchSelfAdjointEig",
            "BatchSelfAdjointEigV2",
            "SelfAdjointEig",
            "BatchSvd",
        )
    ),
    old("BatchMatrixDiag", "scalar", dict(diagonal=f32(1)), error="rank"),
    old("BatchMatrixInverse", "adjoint", dict(input=SYMMETRIC), dict(adjoint=True)),
    *(
        old("BatchMatrixBandPart", label, dict(input=x, num_lower=i64(low), num_upper=i64(high)))
        for label, x, low, high in (
            ("upper", WIDE, 0, -1),
            ("lower", WIDE, -1, 0),
        )
    ),
    old(
        "BatchMatrixBandPart",
        "vector",
        dict(input=f32([1]), num_lower=i64(0), num_upper=i64(0)),
        error="rank",
    ),
    old("BatchMatrixSetDiag", "wide", dict(input=WIDE, diagonal=normal(2, 3, seed=1))),
    old(
        "BatchMatrixSetDiag",
        "other_length",
        dict(input=WIDE, diagonal=normal(2, 4, seed=1)),
        error="diagonal",
    ),
    *(
        old(op, label, dict(matrix=SYMMETRIC, rhs=normal(2, 3, 2)) | more, attrs)
        for op, attrs, more in (
            ("BatchMatrixSolve", dict(adjoint=True), {}),
            ("BatchMatrixSolveLs", {}, dict(l2_regularizer=f64(0.25))),
            ("BatchMatrixTriangularSolve", dict(lower=False), {}),
        )
        for label in ("float",)
    ),
    *(
        old(
            op,
            "rows",
            dict(matrix=SYMMETRIC, rhs=normal(2, 2, 2)) | more,
            error="rows|size|shape|fit",
        )
        for op, more in (
            ("BatchMatrixSolve", {}),
            ("BatchMatrixSolveLs", dict(l2_regularizer=f64(0.25))),
            ("BatchMatrixTriangularSolve", {}),
        )
    ),
    old("BatchSelfAdjointEigV2", "diagonal", dict(input=f32([[[1, 0], [0, 2]]]))),
    old("BatchSvd", "one", dict(input=f32([[[3]], [[2]]]))),
    old("BatchSvd", "none", dict(input=WIDE[:0]), dict(full_matrices=True)),
    *(
        old(op, label, dict(input=array))
        for op in ("SelfAdjointEig", "BatchSelfAdjointEig")
        for label, array in (
            ("diagonal", f32([[1, 0], [0, 2]])),
            ("one", f32([[[3]], [[-1]]])),
            ("none", SYMMETRIC[:0]),
            ("double", f64([[1, 0], [0, 2]])),
        )
    ),
    normalized("scaled"),
    normalized("unscaled", scaled=False),
    normalized("negative_variance", v=f32([-1, 0])),
    normalized(
        "half",
        **{n: f16(x) for n, x in dict(t=IMAGE, m=[1, 2], v=[1, 2]).items()},
        beta=f16([1, 2]),
        gamma=f16([1, 2]),
    ),
    normalized("rank", t=IMAGE[0], error="rank 4"),
    normalized("lengths", beta=f32([1, 2, 3]), error=r"beta must have shape \[2\]"),
    normalized_gradient("scaled"),
    normalized_gradient("unscaled", scaled=False),
    normalized_gradient("rank", t=IMAGE[0], error="rank 4"),
    normalized_gradient("lengths", gamma=f32([1]), error=r"gamma must have shape \[2\]"),
    normalized_gradient("other_backprop", backprop=IMAGE[:1], error="backprop must have"),
    *(
        sample
        for op in ("Conv3DBackpropInput", "Conv3DBackpropFilter")
        for sample in (
            convolved(op, "same"),
            convolved(op, "valid", padding="VALID", out_backprop=normal(1, 2, 3, 1, 1, seed=2)),
            convolved(
                op, "strided", strides=(1, 2, 1, 2, 1), out_backprop=normal(1, 2, 3, 1, 1, seed=2)
            ),
            convolved(op, "channels", filter=normal(2, 1, 2, 3, 1), error="channels|depth|filter"),
        )
    ),
    *(
        old("QuantizeAndDequantize", label, dict(input=x), attrs)
        for label, x, attrs in (
            ("found_range", normal(7), {}),
            ("range", normal(7), dict(range_given=True, input_min=-1.0, input_max=0.5)),
            ("ties", f32([-2, -1.5, -0.5, 0.5, 1.5, 2.5, 7]), dict(num_bits=4)),
            ("unsigned", f32([0, 1, 2.2, 3]), dict(signed_input=False, num_bits=3)),
            ("double", f64([0.1, -0.7]), {}),
        )
    ),
    old(
        "QuantizeAndDequantize",
        "range_reversed",
        dict(input=f32([1])),
        dict(range_given=True, input_min=1.0, input_max=0.0),
        error="input_min",
    ),
    *(
        old(
            "AdjustContrast",
            label,
            dict(images=x, contrast_factor=f32(factor), min_value=f32(low), max_value=f32(high)),
            error=error,
        )
        for label, x, factor, low, high, error in (
            ("floats", normal(2, 3, 2, 3), 2.5, -1, 1, None),
            ("bytes", u8([[[[0], [50]], [[200], [255]]]]), 0.5, 0, 255, None),
            ("ints", i32([[[0, 5], [7, -9]]]), 3, -5, 90, None),
            ("none", normal(0, 3, 2, 3), 2, 0, 1, None),
            ("rank", normal(3, 2), 2, 0, 1, "rank >= 3"),
            ("vector", normal(1, 2, 2, 1), [2], 0, 1, "contrast_factor must be a scalar|shapes"),
        )
    ),
]
