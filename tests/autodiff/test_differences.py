"""Every gradient rule against central differences of its op, and the gradient of the gradient against those of the gradient.

Samples that lie at kinks, and rules that are not the derivative on purpose, stand in tables with the reason; an entry that is
no longer needed fails.
"""

from __future__ import annotations

import collections
import re
from typing import Any, NamedTuple

import numpy as np
import pytest

from minihub_runtime.graph.ir import Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.terms import Ops, Term
from tests.autodiff.answers import stored_gradients
from tests.autodiff.differences import STEPS, Differences, Disagreement, Singular, widened
from tests.autodiff.differentiating import sampled_gradients
from tests.autodiff.test_guards import DIFFERENT, state
from tests.samples import Sample

#: How many samples of an op are looked at: those that come first, which show it in general.
SAMPLES_PER_OP = 4

#: Op → the outputs whose gradients its rule, as TensorFlow's, looks at; the others count as constants.
OUTPUTS = {
    "BlockLSTM": (1, 6),
    "BlockLSTMV2": (1, 6),
    "CTCLoss": (0,),
    "FusedBatchNorm": (0,),
    "FusedBatchNormV2": (0,),
    "FusedBatchNormV3": (0,),
    "GRUBlockCell": (3,),
    "LSTMBlockCell": (1, 6),
    "SoftmaxCrossEntropyWithLogits": (0,),
}

_COMPLEX = "TensorFlow's rule, and so ours, leaves out a conjugate"
_KINK = "it lies at a kink"
_RANDOM = "numbers are drawn until one is accepted, which the rule counts as constant"
_STRAIGHT = "the rule is the identity where values are in range, and no derivative of a staircase"
_TWICE = "an index is there twice: one write wins, and the rule gives both their gradient"
_ADJOINT = "the rule transforms back and interpolates anew, which is near the derivative only"
_STATISTICS = "the rule counts the moments as those of x, and the op is given them"
_PARTIAL = "an input without a gradient gets a part of the second one: what leads through the op itself is missing"
_POOLED = "the sample's output is not that of the pooling, and op and rule find the largest in different ways"

#: Op, or one sample → why its gradient is not what differences say.
FIRST: dict[str, str] = {
    **dict.fromkeys(
        (
            "Cumprod/complex",
            "LogMatrixDeterminant/complex",
            "MatrixDeterminant/complex",
            "MatrixSolveLs/complex",
            "MatrixSquareRoot/complex",
            "MatrixSquareRoot/complex_float",
            "MulNoNan/complex",
            "SquaredDifference/complex",
            "TridiagonalSolve/complex",
            "Xdivy/complex",
            "Xlog1py/complex",
            "Xlogy/complex",
        ),
        _COMPLEX,
    ),
    **dict.fromkeys(
        (
            *(f"Addons>Resampler/{label}" for label in ("grid", "one_place_each", "places")),
            "IsotonicRegression/ties",
            "LeakyRelu/alpha_zero",
            "MaxPool3DGrad/ties",
            "MaxPoolWithArgmax/ties",
            "Maximum/half",
            "Minimum/half",
            "TopKV2/all",
            "TopKV2/one",
        ),
        _KINK,
    ),
    **dict.fromkeys(
        (
            "FakeQuantWithMinMaxVars",
            "FakeQuantWithMinMaxVarsPerChannel",
            "QuantizeAndDequantizeV2",
            "QuantizeAndDequantizeV3",
            "QuantizeAndDequantizeV4",
        ),
        _STRAIGHT,
    ),
    **dict.fromkeys(
        (
            "RandomGamma/int64_shape",
            "StatelessParameterizedTruncatedNormal",
            "StatelessRandomGammaV2/scalar",
            "StatelessRandomGammaV3/scalar",
        ),
        _RANDOM,
    ),
    **dict.fromkeys(
        (
            "TensorListGather/some",
            "TensorListScatter/twice",
            "TensorScatterUpdate/again",
            "TensorScatterUpdate/rows_again",
        ),
        _TWICE,
    ),
    **dict.fromkeys(("ImageProjectiveTransformV2", "ImageProjectiveTransformV3"), _ADJOINT),
    **dict.fromkeys(
        ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"), _STATISTICS
    ),
    **dict.fromkeys(
        ("MaxPool3DGradGrad", "MaxPoolGrad", "MaxPoolGradGrad", "MaxPoolGradV2"), _POOLED
    ),
    **dict.fromkeys(
        ("BlockLSTM/clipped", "LSTMBlockCell/clipped"),
        "the rule, as TensorFlow's, passes gradients through the clipping",
    ),
    "BlockLSTMV2": "the rule, as TensorFlow's, takes the gradient op of the first version",
    "Cholesky": "the op reads the lower half, and the rule gives half of the gradient to each",
    "ClipByValue/limits_cross": "the rule looks at the limits one by one, and the op takes the last",
    "RFFT/one": "the rule, as TensorFlow's, is that of at least two numbers",
    "SoftmaxCrossEntropyWithLogits/half": "the rule is that of labels whose sum is one",
}

#: Op, or one sample → why its second gradient is not what differences say.
SECOND: dict[str, str] = {
    "CTCLoss": "the op computes its gradient itself, and TensorFlow refuses to differentiate it",
    "MatrixSolveLs/batch": _PARTIAL,
    "MatrixSolveLs/tall": _PARTIAL,
    "SoftmaxCrossEntropyWithLogits": "the second rule counts the labels as constants",
    "SparseSoftmax": "TensorFlow has no gradient of SparseDenseCwiseAdd",
    "Xlog1py/scalars": "at x = 0 the rule is zero, whatever y is",
    "Zeta": _PARTIAL,
}


def chosen() -> dict[str, list[Sample]]:
    """Op with a rule → its samples with gradients."""
    found: dict[str, list[Sample]] = collections.defaultdict(list)
    for family, samples in sampled_gradients().items():
        stored = stored_gradients(family)
        for sample in samples:
            answer = stored.get(sample.key, "unasked")
            if state(sample.op) != "rule":
                continue
            if isinstance(answer, str):
                # TensorFlow has no rule of some ops, and we have.
                wanted = answer == "LookupError" and sample.op in DIFFERENT
            else:
                wanted = any(gradient is not None for gradient in answer)
            if wanted:
                found[sample.op].append(sample)
    return found


CHOSEN = chosen()


class Compared(NamedTuple):
    """What differences say of the samples of an op.

    Attributes:
        first: sample → what is wrong with its gradient.
        second: sample → what is wrong with its second gradient.
        agreed: the samples whose gradients are right.
        agreed_twice: those whose second gradients are right, too.
        refused: those that TensorFlow has no second gradient of, either.
    """

    first: dict[str, str]
    second: dict[str, str]
    agreed: list[str]
    agreed_twice: list[str]
    refused: list[str]


def compare(op: str) -> Compared:
    """Compare the gradients of samples of an op, in the first and the second order."""
    result = Compared({}, {}, [], [], [])
    first, second, agreed, agreed_twice, refused = result
    for sample in CHOSEN[op]:
        if len(first) + len(agreed) == SAMPLES_PER_OP:
            break
        found = Differences(widened(sample))
        if found.narrow not in STEPS:
            continue
        ys = [ref for ref in found.ys if ref.node != "sampled" or looked_at(ref, op)]
        try:
            gradients = found.check(ys, "gradient")
        except Singular:
            continue
        except Disagreement as error:
            first[sample.key] = str(error)
            continue
        agreed.append(sample.key)
        try:
            found.check(gradients, "second gradient")
            agreed_twice.append(sample.key)
        except Singular:
            continue
        except (Disagreement, NotImplementedError) as error:
            second[sample.key] = str(error)
        except LookupError as error:
            # TensorFlow has no gradient of such an op either; see test_guards.
            named = re.search(r"\(op type: (\w+)\)", str(error))
            if named is None or state(named[1]) is not None:
                second[sample.key] = str(error)
            else:
                refused.append(sample.key)
    return result


def looked_at(ref: Ref, op: str) -> bool:
    """Whether the rule of an op looks at the gradient of an output."""
    return op not in OUTPUTS or ref.index in OUTPUTS[op]


def judge(op: str, wrong: dict[str, str], table: dict[str, str]) -> list[str]:
    """What is wrong and has no reason, and reasons for what is right."""
    found = [text for key, text in wrong.items() if key not in table and op not in table]
    keys = {key for key in table if key.partition("/")[0] == op}
    return found + [
        f"{key} agrees, so it must not stand in the table"
        for key in sorted(keys)
        if not (wrong if key == op else key in wrong)
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", sorted(CHOSEN))
def test_gradients_are_differences(op: str) -> None:
    found = compare(op)
    assert judge(op, found.first, FIRST) == []
    assert judge(op, found.second, SECOND) == []
    assert found.agreed or op in FIRST, "no sample shows that the rule is right"
    shown = found.agreed_twice or found.refused
    assert shown or op in FIRST or op in SECOND, "no sample shows that the second gradient is right"


def test_tables_name_ops_with_samples() -> None:
    assert {key.partition("/")[0] for key in (*FIRST, *SECOND, *OUTPUTS)} <= set(CHOSEN)


def test_a_wrong_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(ops: Ops, grad: Term, y: Term) -> Any:
        return grad * (1.001 - y * y)

    monkeypatch.setattr(REGISTRY["Tanh"], "gradient_rule", wrong)
    assert compare("Tanh").first


def test_a_wrong_second_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right: Any = REGISTRY["TanhGrad"].gradient_rule

    def wrong(ops: Ops, grad: Term, y: Term, dy: Term) -> Any:
        by_y, by_dy = right(ops, grad, y, dy)
        return by_y * 1.001, by_dy

    monkeypatch.setattr(REGISTRY["TanhGrad"], "gradient_rule", wrong)
    found = compare("Tanh")
    assert not found.first
    assert found.second


def test_an_entry_that_is_not_needed_fails() -> None:
    assert judge("Tanh", {}, {"Tanh/double": "no reason"}) != []
    assert judge("Tanh", {}, {"Tanh": "no reason"}) != []
    assert judge("Tanh", {"Tanh/double": "differs"}, {}) == ["differs"]
    assert judge("Tanh", {"Tanh/double": "differs"}, {"Tanh": "a reason"}) == []
    assert np.isfinite(Differences(CHOSEN["Tanh"][0]).values[0]).any()
