"""Samples of `ops/recurrent_gradient.py`: the outputs of the steps are any numbers between 0 and 1."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, i64, normal, uniform
from tests.samples.recurrent import BATCH, CELLS, INPUTS, STEPS, weights

OUTPUTS = ["i", "cs", "f", "o", "ci", "co", "h"]
GRADS = ("cs_grad", "h_grad")


def step(*shape: int, names: list[str], dtype: str) -> dict[str, Any]:
    """Outputs and gradients of steps."""
    found = {n: uniform(*shape, seed=p, dtype=dtype) for p, n in enumerate(names)}
    grads = {n: normal(*shape, seed=20 + p, dtype=dtype) for p, n in enumerate(GRADS)}
    return {**found, **grads}


def cell(label: str, error: str | None = None, dtype: str = "float32", **more: Any) -> Sample:
    """The gradient of one step of an LSTM."""
    inputs = dict(
        x=normal(BATCH, INPUTS, seed=9, dtype=dtype),
        **weights(dtype),
        **step(BATCH, CELLS, names=OUTPUTS[:-1], dtype=dtype),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    attrs = dict(use_peephole=False) | more
    return Sample("LSTMBlockCellGrad", label, inputs, attrs, error, loose=3)


def block(
    op: str,
    label: str,
    length: int = STEPS,
    error: str | None = None,
    dtype: str = "float32",
    **more: Any,
) -> Sample:
    """The gradient of a whole LSTM."""
    inputs = dict(
        seq_len_max=i64(length),
        x=normal(STEPS, BATCH, INPUTS, seed=9, dtype=dtype),
        **weights(dtype),
        **step(STEPS, BATCH, CELLS, names=OUTPUTS, dtype=dtype),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    attrs = dict(use_peephole=False) | more
    return Sample(op, label, inputs, attrs, error, loose=10)


def gru(label: str, error: str | None = None, **more: Any) -> Sample:
    """The gradient of one step of a GRU."""
    inputs = dict(
        x=normal(BATCH, INPUTS),
        h_prev=normal(BATCH, CELLS, seed=1),
        w_ru=normal(INPUTS + CELLS, 2 * CELLS, seed=2),
        w_c=normal(INPUTS + CELLS, CELLS, seed=3),
        b_ru=normal(2 * CELLS, seed=4),
        b_c=normal(CELLS, seed=5),
        r=uniform(BATCH, CELLS, seed=6),
        u=uniform(BATCH, CELLS, seed=7),
        c=uniform(BATCH, CELLS, seed=8),
        d_h=normal(BATCH, CELLS, seed=9),
    )
    inputs.update(more)
    return Sample("GRUBlockCellGrad", label, inputs, {}, error, loose=3)


EMPTY = step(0, CELLS, names=OUTPUTS[:-1], dtype="float32")
EMPTY |= dict(x=normal(0, INPUTS), cs_prev=normal(0, CELLS), h_prev=normal(0, CELLS))
NO_TIME = step(0, BATCH, CELLS, names=OUTPUTS, dtype="float32")

SAMPLES = [
    cell("default"),
    cell("peephole", use_peephole=True),
    cell("half", dtype="float16"),
    cell("half_peephole", dtype="float16", use_peephole=True),
    cell("empty_batch", **EMPTY),
    cell("x_rank", x=normal(3), error="x must have rank 2"),
    cell("w_columns", w=normal(5, 7), error="w must have shape"),
    cell("w_rows", w=normal(4, 8), error="w must have shape"),
    cell("b", b=normal(7), error="b must have shape"),
    cell("h_prev", h_prev=normal(2, 1), error="h_prev must have shape"),
    cell("i", i=normal(1, 2), error="i must have shape"),
    cell("co", co=normal(2, 3), error="co must have shape"),
    cell("cs_grad", cs_grad=normal(2, 3), error="cs_grad must have shape"),
    cell("h_grad", h_grad=normal(1, 2), error="h_grad must have shape"),
    *(
        sample
        for op in ("BlockLSTMGrad", "BlockLSTMGradV2")
        for sample in (
            block(op, "all_steps"),
            block(op, "two_steps", 2),
            block(op, "no_steps", 0),
            block(op, "peephole", use_peephole=True),
            block(op, "half", dtype="float16"),
            block(op, "no_time", 0, x=normal(0, BATCH, INPUTS), **NO_TIME),
            block(op, "x_rank", x=normal(2, 3), error="x must have rank 3"),
            block(op, "wci_rank", wci=normal(2, 1), error="wci must have shape"),
            block(op, "w", w=normal(4, 8), error="w must have shape"),
            block(op, "b", b=normal(12), error="b must have shape"),
            block(op, "seq_len_max", seq_len_max=i64([1]), error="seq_len_max must be a scalar"),
        )
    ),
    gru("default"),
    gru(
        "empty_batch",
        x=normal(0, 3),
        **dict.fromkeys(["h_prev", "r", "u", "c", "d_h"], normal(0, 2)),
    ),
    gru("h_prev", h_prev=normal(1, 2), error="h_prev must have shape"),
    gru("w_ru", w_ru=normal(3, 4), error="w_ru must have shape"),
    gru("w_c", w_c=normal(3, 2), error="w_c must have shape"),
    gru("b_c", b_c=normal(1), error="b_c must have shape"),
    gru("r", r=normal(1, 2), error="r must have shape"),
    gru("d_h", d_h=normal(2, 3), error="d_h must have shape"),
]
