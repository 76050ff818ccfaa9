"""The tensors of the checkpoints in `data/`, made anew by whoever compares."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.checkpoint.old_format import TYPES as OLD_TYPES


@dataclasses.dataclass
class Parts:
    """A partitioned tensor: full shape, and offset and values of each part."""

    full_shape: tuple[int, ...]
    parts: list[tuple[tuple[int, ...], Any]]

    def specifications(self) -> list[tuple[str, Any]]:
        """The strings that SaveV2 takes, with the values."""
        shape = " ".join(map(str, self.full_shape))
        return [
            (
                shape
                + " "
                + ":".join(f"{o},{n}" for o, n in zip(offset, array.shape, strict=True)),
                array,
            )
            for offset, array in self.parts
        ]


def for_tensorflow(tf: Any, array: Any) -> Any:
    """The array as a TensorFlow tensor of the same dtype."""
    if array.dtype.names is None:
        return tf.constant(array)
    dtype = dtypes.as_dtype(array.dtype)
    return tf.bitcast(tf.constant(dtypes.bits(array)), tf.as_dtype(dtype.name))


def every_dtype() -> dict[str, Any]:
    """A small tensor of each type that has values in files."""
    rng = np.random.default_rng(1)
    made: dict[str, Any] = {}
    for dtype in dtypes.DTYPES:
        if dtype.name == "string":
            made["t/string"] = strings(
                [b"", b"a", b"\x00\xff", "naïve".encode(), b"x" * 300, b"\n"], (2, 3)
            )
        elif dtype.is_numpy_compatible:
            raw = rng.integers(0, 2 if dtype.is_bool else 256, 6 * dtype.size, np.uint8)
            made[f"t/{dtype.name}"] = raw.view(dtype.numpy).reshape(2, 3)
    return made


def strings(values: list[bytes], shape: tuple[int, ...]) -> Any:
    """An object array of bytes."""
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)


def shapes() -> dict[str, Any]:
    """Scalars, empty tensors, high ranks, many names and names that are not plain."""
    rng = np.random.default_rng(2)
    made: dict[str, Any] = {
        "scalar": np.array(2.5, np.float32),
        "scalar_string": strings([b"one"], ()),
        "empty": np.zeros((0, 4), np.float32),
        "empty_string": strings([], (3, 0)),
        "rank_6": rng.standard_normal((1, 2, 1, 3, 1, 2)),
        "../../x": np.arange(3, dtype=np.int8),
        "Größe/µ": np.arange(3, dtype=np.int16),
        "a\x00b": np.arange(2, dtype=np.int64),
        "z": np.arange(2000, dtype=np.int32),
    }
    for index in range(60):
        made[f"layer_{index}/weights"] = np.full(index % 5, index, np.float32)
    return made


def partitioned() -> dict[str, Any]:
    """Tensors stored as slices along one axis, along two, and as one whole slice."""
    rng = np.random.default_rng(3)
    grid = rng.standard_normal((10, 3)).astype(np.float32)
    wide = rng.integers(-100, 100, (4, 400), np.int64)
    flags = rng.integers(0, 2, (5,)).astype(bool)
    long = rng.integers(-128, 128, 20000, np.int8)
    cuts = [0, 63, 64, 127, 128, 8191, 8192, 8193, 16384, 20000]
    return {
        "by_rows": Parts((10, 3), [((0, 0), grid[:4]), ((4, 0), grid[4:7]), ((7, 0), grid[7:])]),
        "by_both": Parts(
            (4, 400),
            [
                ((0, 0), wide[:2, :100]),
                ((0, 100), wide[:2, 100:]),
                ((2, 0), wide[2:, :300]),
                ((2, 300), wide[2:, 300:]),
            ],
        ),
        "flags\xff": Parts((5,), [((0,), flags[:2]), ((2,), flags[2:])]),
        # Names are bytes: these need escaping in the keys of slices.
        "zero\x00 \udcff": Parts((3,), [((0,), grid[:1, 0]), ((1,), grid[1:3, 0])]),
        "long": Parts(
            (20000,), [((start,), long[start:end]) for start, end in itertools.pairwise(cuts)]
        ),
        "one": Parts((10, 3), [((0, 0), grid)]),
        "plain": grid,
    }


def many() -> dict[str, Any]:
    """So many names that the index has several blocks."""
    return {
        f"tower_{index % 7}/block_{index:05d}/{'long_name_' * 20}": np.array([index], np.int32)
        for index in range(9000)
    }


CHECKPOINTS = {
    "dtypes": every_dtype(),
    "partitioned": partitioned(),
    "shapes": shapes(),
}


#: What each file of the sharded checkpoint of the V1 format holds.
OLD_SHARDS = (["grid#0", "whole"], ["grid#1", "one"])


def old_dtypes() -> dict[str, tuple[str, Any]]:
    """A slice specification and a tensor of each type that the V1 format has, and of odd shapes."""
    made = {
        name: array for name, array in every_dtype().items() if name.removeprefix("t/") in OLD_TYPES
    }
    made["scalar"] = np.array(2.5, np.float32)
    made["empty"] = np.zeros((0, 4), np.int32)
    return {name: ("", array) for name, array in made.items()}


def old_slices() -> dict[str, tuple[str, Any]]:
    """Slices of tensors; what stands behind the # tells slices of one tensor apart."""
    grid = np.arange(12, dtype=np.float32).reshape(4, 3)
    return {
        "grid#0": ("4 3 0,2:-", grid[:2]),
        "grid#1": ("4 3 2,2:0,3", grid[2:]),
        "whole": ("2 -", np.array([True, False])),
        "one": ("", np.array(7, np.int64)),
    }
