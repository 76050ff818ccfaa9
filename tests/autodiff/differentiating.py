"""What the gradient tests and the generator of their answers share: samples, their xs, and the weights of their outputs.

The gradient of an op is asked for as that of `sum(weight * output)` over all outputs through which gradients flow, with
respect to each fed input through which they flow.
"""

from __future__ import annotations

import dataclasses
import zlib
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.registry import REGISTRY
from tests.samples import Call, Sample, families, family_samples, typed

__all__ = ["DIFFERENTIABLE", "flows", "in_schema_order", "sampled_gradients", "weight"]

#: Ops that stand in a loop or are fetched alone, of which TensorFlow's Python dies when it is asked for a gradient.
UNASKED = frozenset(["Enter", "Exit", "RefEnter", "RefExit"])
#: Samples some of whose gradients TensorFlow leaves unset.
UNSET = frozenset(
    [
        "Conv2D/empty_rows",
        "DepthwiseConv2dNative/empty_batch",
        *(
            f"SparseSegment{name}{suffix}/none"
            for name in ("Mean", "SqrtN", "Sum")
            for suffix in ("", "WithNumSegments")
        ),
    ]
)
#: Types of tensors that have numbers for gradients.
DIFFERENTIABLE = ("bfloat16", "complex128", "complex64", "float16", "float32", "float64")


def flows(dtype: DType) -> bool:
    """Whether a tensor of this type has numbers for a gradient."""
    return dtype.base_dtype.name in DIFFERENTIABLE


def weight(key: str, place: int, like: Any, dtype: DType) -> Any:
    """What an output of a sample is multiplied with: reproducible, of its shape and type."""
    rng = np.random.default_rng([zlib.crc32(key.encode()), place])
    drawn: Any = rng.uniform(-1, 1, like.shape)
    if dtype.is_complex:
        drawn = drawn + 1j * rng.uniform(-1, 1, like.shape)
    return typed(drawn, dtype.base_dtype.name)


def in_schema_order(sample: Sample) -> Sample:
    """The sample with the inputs of each call in the order of the op's schema."""

    def ordered(op: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return {arg.name: inputs[arg.name] for arg in REGISTRY[op].schema.inputs}

    def calls(steps: dict[str, Call]) -> dict[str, Call]:
        return {
            name: dataclasses.replace(call, inputs=ordered(call.op, call.inputs))
            for name, call in steps.items()
        }

    return dataclasses.replace(
        sample,
        inputs=ordered(sample.op, sample.inputs),
        before=calls(sample.before),
        after=calls(sample.after),
    )


def sampled_gradients() -> dict[str, list[Sample]]:
    """Family → the samples whose gradients are compared."""
    return {
        family: [
            in_schema_order(sample)
            for sample in family_samples(family)
            if sample.error is None and not sample.unset and sample.producer is None
            if sample.op not in UNASKED and not sample.differs and sample.key not in UNSET
        ]
        for family in families()
    }
