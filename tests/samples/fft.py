"""Samples of `ops/fft.py`."""

import numpy as np

from tests.samples import Sample, array, c64, c128, f32, i32, normal


def complex_normal(*shape, dtype="complex64"):
    return array(
        normal(*shape, dtype="float64") + 1j * normal(*shape, seed=1, dtype="float64"), dtype
    )


def real(x, *lengths):
    return dict(input=x, fft_length=i32(lengths))


SAMPLES = []
for _rank, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    _shape = (2, 3, 4, 5)[3 - _rank :]
    _low = (3,) * (_rank - 1)
    for _op in (f"FFT{_suffix}", f"IFFT{_suffix}"):
        SAMPLES += [
            Sample(_op, "batch", dict(input=complex_normal(*_shape))),
            Sample(_op, "no_batch", dict(input=complex_normal(*_shape[1:]))),
            Sample(_op, "double", dict(input=complex_normal(*_shape, dtype="complex128"))),
            Sample(_op, "empty", dict(input=c64(np.zeros((0, *_shape[1:]))))),
            Sample(_op, "rank", dict(input=c64(np.zeros(_low))), error="rank >= "),
        ]
    SAMPLES += [
        Sample(f"RFFT{_suffix}", "batch", real(normal(*_shape), *_shape[1:])),
        Sample(f"RFFT{_suffix}", "cut", real(normal(*_shape), *[n - 1 for n in _shape[1:]])),
        Sample(
            f"RFFT{_suffix}",
            "double",
            real(normal(*_shape, dtype="float64"), *_shape[1:]),
            dict(Tcomplex="complex128"),
        ),
        Sample(f"RFFT{_suffix}", "empty_batch", real(f32(np.zeros((0, *_shape[1:]))), *_shape[1:])),
        Sample(
            f"RFFT{_suffix}", "too_short", real(normal(*_shape), *_shape[1:-1], 7), error="at least"
        ),
        Sample(
            f"RFFT{_suffix}", "negative", real(normal(*_shape), *[-1] * _rank), error="negative"
        ),
        Sample(
            f"RFFT{_suffix}", "lengths", real(normal(*_shape), 2, 2, 2, 2), error="must have shape"
        ),
        Sample(f"RFFT{_suffix}", "rank", real(f32(np.zeros(_low)), *[1] * _rank), error="rank >= "),
        Sample(f"RFFT{_suffix}", "odd", real(normal(*[5] * _rank), *[3] * _rank)),
    ]
    SAMPLES += [
        Sample(f"IRFFT{_suffix}", "even", real(complex_normal(*_shape), *_shape[1:-1], 8)),
        Sample(f"IRFFT{_suffix}", "odd", real(complex_normal(*_shape), *_shape[1:-1], 9)),
        Sample(
            f"IRFFT{_suffix}", "cut", real(complex_normal(*_shape), *[n - 1 for n in _shape[1:]])
        ),
        Sample(
            f"IRFFT{_suffix}",
            "double",
            real(complex_normal(*_shape, dtype="complex128"), *_shape[1:-1], 8),
            dict(Treal="float64"),
        ),
        Sample(
            f"IRFFT{_suffix}",
            "empty_batch",
            real(c64(np.zeros((0, *_shape[1:]))), *_shape[1:-1], 8),
        ),
        Sample(
            f"IRFFT{_suffix}",
            "too_short",
            real(complex_normal(*_shape), *_shape[1:-1], 12),
            error="at least",
        ),
        Sample(
            f"IRFFT{_suffix}",
            "negative",
            real(complex_normal(*_shape), *[-1] * _rank),
            error="negative",
        ),
        Sample(
            f"IRFFT{_suffix}",
            "lengths",
            real(complex_normal(*_shape), 2, 2, 2, 2),
            error="must have shape",
        ),
        Sample(
            f"IRFFT{_suffix}",
            "rank",
            real(c128(np.zeros(_low)), *[1] * _rank),
            error="rank >= |result",
        ),
    ]
SAMPLES += [
    Sample("RFFT", "one", real(normal(2, 3), 1)),
    Sample("IRFFT", "one", real(complex_normal(2, 3), 1)),
    Sample("IRFFT", "imaginary_ends", real(c64([1 + 5j, 2, 3 + 7j]), 4)),
    Sample(
        "IRFFT", "length_vector", dict(input=c64([1]), fft_length=i32(4)), error="must have shape"
    ),
]
