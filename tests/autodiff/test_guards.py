"""Every op says of its gradient what TensorFlow says, or a table here says why not; an entry no longer needed fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import minihub_runtime as tf
from minihub_runtime.autodiff.nodes import CALLING
from minihub_runtime.autodiff.rules import TRAINABLE
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.schema import Arg
from tests.ops.test_schemas import OP_DEFS

#: Op → "rule", "zero" or "none"; `generate_registry.py` writes it.
TENSORFLOW: dict[str, str] = json.loads(
    (Path(__file__).parent / "registry.json").read_text(encoding="utf-8")
)

OLD = "the op of old graphs has the rule of the one that replaced it"
CONTRIB = "tf.contrib of TensorFlow 1 has the rule"
CALLS = "TensorFlow notes the gradient of a call where it makes it, not in its registry"

#: Op → why we say something else of its gradient than TensorFlow.
DIFFERENT: dict[str, str] = {
    **dict.fromkeys(
        (
            "BatchCholesky",
            "BatchFFT",
            "BatchFFT2D",
            "BatchFFT3D",
            "BatchIFFT",
            "BatchIFFT2D",
            "BatchIFFT3D",
            "BatchMatrixBandPart",
            "BatchMatrixDeterminant",
            "BatchMatrixDiag",
            "BatchMatrixDiagPart",
            "BatchMatrixInverse",
            "BatchMatrixSetDiag",
            "BatchMatrixSolve",
            "BatchMatrixSolveLs",
            "BatchMatrixTriangularSolve",
            "BatchSelfAdjointEigV2",
            "BatchSvd",
        ),
        OLD,
    ),
    "GRUBlockCell": CONTRIB,
    "LSTMBlockCell": CONTRIB,
    "Resampler": CONTRIB,
    "ResamplerGrad": CONTRIB,
    "PartitionedCall": CALLS,
    "StatefulPartitionedCall": CALLS,
}


def state(name: str) -> str | None:
    """What we say of the gradient of an op: "rule", "none", or nothing."""
    op = REGISTRY[name]
    if op.gradient_rule is not None or name in CALLING:
        return "rule"
    return "none" if op.no_gradient else None


def differentiable(name: str) -> bool:
    """Whether a gradient can reach an op and leave it: an output and an input may be of a type that has one."""

    def flows(arg: Arg) -> bool:
        if isinstance(arg.type, DType):
            return arg.type.base_dtype.name in TRAINABLE
        allowed = schema.attrs[arg.type].allowed
        return not allowed or any(dtype.name in TRAINABLE for dtype in allowed)

    schema = REGISTRY[name].schema
    return any(map(flows, schema.inputs)) and any(map(flows, schema.outputs))


def faults(name: str) -> list[str]:
    """What is wrong with what we say of the gradient of an op, and whether its entry in the table is not needed."""
    found = []
    ours, theirs = state(name), TENSORFLOW.get(name)
    same = ours == ("none" if theirs == "zero" else theirs) or not differentiable(name)
    if not same and name not in DIFFERENT:
        found.append(f"TensorFlow says {theirs}, and we say {ours}")
    if same and name in DIFFERENT:
        found.append("we say what TensorFlow says, so it must not stand in DIFFERENT")
    # Ops that only we have are called `_…`: passes make them of others, after gradients.
    if name not in OP_DEFS and not name.startswith("_") and differentiable(name) and ours is None:
        found.append(
            "TensorFlow does not have it: it must have a gradient, or declare that it has none"
        )
    return found


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_gradient_is_guarded(name: str) -> None:
    assert faults(name) == []


def test_table_names_registered_ops() -> None:
    assert set(DIFFERENT) <= set(REGISTRY)


def test_error_names_operation_and_path() -> None:
    with tf.Graph().as_default():
        x = tf.constant([1.0, 2.0], name="x")
        inner = tf.raw_ops.IgammaGradA(a=tf.exp(x), x=x, name="inner")
        outer = tf.sin(tf.identity(inner, name="middle"), name="outer")
        with pytest.raises(
            LookupError,
            match=r"'inner' \(op type: IgammaGradA\).*reached through outer <- middle <- inner\.$",
        ):
            tf.gradients(outer, x)


def test_gradients_of_functions_have_none_themselves() -> None:
    """TensorFlow has no gradient of SymbolicGradient either; see `twice_of_defined_functions` in tests/api/programs."""
    with tf.Graph().as_default():
        x = tf.constant([1.0, 2.0], name="x")

        @tf.framework.function.Defun(tf.float32, func_name="Cube")
        def cube(a: tf.Tensor) -> tf.Tensor:
            return a * a * a

        (first,) = tf.gradients(cube(x), x)
        with pytest.raises(LookupError, match=r"\(op type: SymbolicGradient\)"):
            tf.gradients(first, x)
