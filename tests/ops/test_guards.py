"""No op goes unchecked: each has samples with TensorFlow's answers, a shape rule, a source and a docstring.

An op that cannot have one of these stands in a table here with the reason; an entry that is no longer needed fails.
"""

from __future__ import annotations

import collections
import re

import pytest

from minihub_runtime.ops.registry import REGISTRY
from tests.golden import answer, answers
from tests.ops.test_schemas import OP_DEFS
from tests.samples import all_samples

#: Op → why TensorFlow has no answer to any sample of it.
UNSAMPLED: dict[str, str] = {}

#: Op → why TensorFlow refuses no sample of it.
NEVER_REFUSED: dict[str, str] = {}

OPS = sorted(REGISTRY)
GOOD = collections.Counter(sample.op for sample in all_samples() if sample.error is None)
REFUSED = collections.Counter(sample.op for sample in all_samples() if sample.error is not None)

#: A path below `tensorflow/` or of TF.Text, with or without a symbol.
SOURCE = re.compile(
    r"((compiler|contrib|core|python)/|tensorflow_text/|Eigen/|kernels/)[\w/.-]+\.(cc|h|py|cpp|pbtxt)(:[\w:.]+)?"
)


@pytest.mark.parametrize("name", OPS)
def test_op_has_a_good_sample(name: str) -> None:
    if name in UNSAMPLED:
        assert not GOOD[name], "it has a sample, so it needs no entry in UNSAMPLED"
    else:
        assert GOOD[name], f"tests/samples must have a sample of {name}"


@pytest.mark.parametrize("name", OPS)
def test_op_has_a_refused_sample(name: str) -> None:
    if name in UNSAMPLED or name in NEVER_REFUSED:
        assert not REFUSED[name], "it has a refused sample, so it needs no entry in the tables"
    else:
        assert REFUSED[name], f"tests/samples must have a sample of {name} with `error`"


@pytest.mark.parametrize("name", OPS)
def test_schema_is_compared(name: str) -> None:
    assert name in OP_DEFS or name in UNSAMPLED


@pytest.mark.parametrize("name", OPS)
def test_op_is_complete(name: str) -> None:
    op = REGISTRY[name]
    assert op.shape_rule is not None, "it must have a shape rule; `unknown` says that values decide"
    assert SOURCE.fullmatch(op.source), f"source must be a path below tensorflow/, not {op.source!r}"
    assert op.kernel.__doc__, "its kernel must have a docstring"


def test_tables_name_registered_ops() -> None:
    assert set(UNSAMPLED) | set(NEVER_REFUSED) <= set(OPS)
    assert not set(UNSAMPLED) & set(NEVER_REFUSED)


def test_samples_and_answers_are_the_same_set() -> None:
    keys = [sample.key for sample in all_samples()]
    twice = [key for key, count in collections.Counter(keys).items() if count > 1]
    assert not twice, "a label must be used once an op"
    assert sorted(set(keys) - set(answers())) == [], "run `python -m tests.golden.generate`"
    assert sorted(set(answers()) - set(keys)) == [], "answers without a sample"
    for sample in all_samples():
        assert ("error" in answer(sample.key)) == (sample.error is not None), sample.key


def test_samples_are_of_registered_ops() -> None:
    assert {sample.op for sample in all_samples()} <= set(OPS)
