"""Inputs of every op as data, one file per family; TensorFlow's answers lie in `tests/golden`.

    SAMPLES = [
        Sample("Softmax", "matrix", dict(logits=f32([[1, 2], [3, 4]]))),
        Sample("Softmax", "scalar", dict(logits=f32(1)), error="rank >= 1"),
    ]

Inputs and attributes stand under their OpDef names, so that one generator can ask TensorFlow
(`getattr(tf.raw_ops, op)(**inputs, **attrs)`) and one contract test can ask the registry.  Type and number attributes
that follow from the inputs are left out.  `error` is a regular expression that our message must match;
the generator checks that TensorFlow refuses too.

Ops on resources need other ops before them:

    Sample("LookupTableSizeV2", "empty", dict(table_handle=Step("table")),
           before=dict(table=Call("HashTableV2", {}, dict(key_dtype="string", value_dtype="int64"))))

The steps run in their order, each after the one before it; `Step("table", 1)` is the second output of one.  Steps in
`after` run after the sampled op, which they call `Step("sampled")`; their outputs are compared too.

`SCHEMA_ONLY` in a family names ops without samples whose OpDefs are stored all the same.

`File("tests/data/words.txt")` as an input is the path of a file of the repository.  Functions are named in attributes,
`Func("twice")`; they lie in `tests/golden/functions.py`.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType, as_dtype, float_to_bfloat16, from_bits

__all__ = [
    "Call",
    "File",
    "Func",
    "Sample",
    "Step",
    "all_samples",
    "array",
    "b",
    "bf16",
    "boolean",
    "c64",
    "c128",
    "f16",
    "f32",
    "f64",
    "families",
    "family_samples",
    "i8",
    "i16",
    "i32",
    "i64",
    "normal",
    "quantized",
    "typed",
    "u8",
    "u16",
    "u32",
    "u64",
    "uniform",
]


@dataclasses.dataclass(frozen=True)
class Step:
    """An output of an earlier step of the same sample."""

    name: str
    index: int = 0


@dataclasses.dataclass(frozen=True)
class File:
    """The path of a file, relative to the repository's root."""

    path: str

    @property
    def value(self) -> Any:
        """The absolute path, a scalar string tensor."""
        return typed(str(Path(__file__).resolve().parents[2] / self.path), "string")


@dataclasses.dataclass(frozen=True)
class Call:
    """One op that runs before the sampled one."""

    op: str
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)
    attrs: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Sample:
    """One call of one op.

    Attributes:
        op: its name.
        label: what the sample shows; unique for the op.
        inputs: values by OpDef name: arrays, lists of arrays, or Steps.
        attrs: attributes by OpDef name; dtypes by name.
        error: for calls that must be refused, a regular expression for our message.
        before: name → step that runs first.
        after: name → step that runs afterwards.
        runs: how many runs of one session are compared (random and counting ops).
        loose: a factor on the tolerance, for ill-conditioned values.
        differs: why the answer is not TensorFlow's, where we depart from it on purpose; then only dtype and
            shape are compared.
        unset: places of outputs that TensorFlow leaves unset, so that their values mean nothing.
        producer: the version of the graph, for ops that TensorFlow takes in old graphs only.
    """

    op: str
    label: str
    inputs: dict[str, Any] = dataclasses.field(default_factory=dict)
    attrs: dict[str, Any] = dataclasses.field(default_factory=dict)
    error: str | None = None
    before: dict[str, Call] = dataclasses.field(default_factory=dict)
    after: dict[str, Call] = dataclasses.field(default_factory=dict)
    runs: int = 1
    loose: float = 1.0
    differs: str | None = None
    unset: tuple[int, ...] = ()
    producer: int | None = None

    @property
    def key(self) -> str:
        """The name under which the answer is stored."""
        return f"{self.op}/{self.label}"

    def __str__(self) -> str:
        return self.key


def typed(values: Any, dtype: str) -> Any:
    """An array of a TensorFlow type; strings may be given as str or bytes."""
    kind: DType = as_dtype(dtype)
    if kind.name == "string":
        raw = np.asarray(values, dtype=object)
        flat = [x.encode() if isinstance(x, str) else x for x in raw.reshape(-1)]
        result = np.empty(len(flat), dtype=object)
        result[:] = flat
        return result.reshape(raw.shape)
    if kind.name == "bfloat16":
        return float_to_bfloat16(np.asarray(values, dtype=np.float32))
    if kind.is_quantized:
        return from_bits(np.asarray(values, dtype=kind.numpy[0]), kind)
    return np.asarray(values, dtype=kind.numpy)


array = typed

f16 = functools.partial(typed, dtype="float16")
f32 = functools.partial(typed, dtype="float32")
f64 = functools.partial(typed, dtype="float64")
bf16 = functools.partial(typed, dtype="bfloat16")
i8 = functools.partial(typed, dtype="int8")
i16 = functools.partial(typed, dtype="int16")
i32 = functools.partial(typed, dtype="int32")
i64 = functools.partial(typed, dtype="int64")
u8 = functools.partial(typed, dtype="uint8")
u16 = functools.partial(typed, dtype="uint16")
u32 = functools.partial(typed, dtype="uint32")
u64 = functools.partial(typed, dtype="uint64")
c64 = functools.partial(typed, dtype="complex64")
c128 = functools.partial(typed, dtype="complex128")
boolean = functools.partial(typed, dtype="bool")
b = functools.partial(typed, dtype="string")


def quantized(values: Any, dtype: str) -> Any:
    """A quantised array from its integers."""
    return typed(values, dtype)


def normal(*shape: int, seed: int = 0, dtype: str = "float32") -> Any:
    """Reproducible normal values."""
    return typed(np.random.default_rng([seed, *shape]).standard_normal(shape), dtype)


def uniform(
    *shape: int, low: float = 0, high: float = 1, seed: int = 0, dtype: str = "float32"
) -> Any:
    """Reproducible uniform values in [low, high); integers for an integer type."""
    drawn = np.random.default_rng([seed, *shape]).uniform(low, high, shape)
    return typed(np.floor(drawn) if as_dtype(dtype).is_integer else drawn, dtype)


def families() -> list[str]:
    """The names of the sample files."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def family_samples(family: str) -> list[Sample]:
    """The samples of one family."""
    module = importlib.import_module(f"{__name__}.{family}")
    # The samples of `ops/array.py` are a submodule, which takes the place of the function of that name.
    globals()["array"] = typed
    samples: list[Sample] = module.SAMPLES
    return samples


@functools.cache
def all_samples() -> list[Sample]:
    """The samples of every family."""
    return [sample for family in families() for sample in family_samples(family)]
