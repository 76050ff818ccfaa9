"""Samples of `ops/recurrent.py`.

After the last step TensorFlow clears only state and output of a block LSTM and leaves the other outputs unset.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, i64, normal

INPUTS, CELLS, BATCH, STEPS = 3, 2, 2, 4


def weights(dtype: str, inputs: int = INPUTS, cells: int = CELLS) -> dict[str, Any]:
    """The weights of an LSTM."""
    shapes = dict(
        cs_prev=(BATCH, cells),
        h_prev=(BATCH, cells),
        w=(inputs + cells, 4 * cells),
        wci=(cells,),
        wcf=(cells,),
        wco=(cells,),
        b=(4 * cells,),
    )
    return {
        name: normal(*shape, seed=place, dtype=dtype)
        for place, (name, shape) in enumerate(shapes.items())
    }


def cell(label: str, error: str | None = None, dtype: str = "float32", **more: Any) -> Sample:
    """One step of an LSTM."""
    inputs = dict(x=normal(BATCH, INPUTS, seed=9, dtype=dtype), **weights(dtype))
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    return Sample("LSTMBlockCell", label, inputs, more, error, loose=3)


def block(
    op: str,
    label: str,
    length: int = STEPS,
    error: str | None = None,
    dtype: str = "float32",
    **more: Any,
) -> Sample:
    """A whole LSTM."""
    inputs = dict(
        seq_len_max=i64(length),
        x=normal(STEPS, BATCH, INPUTS, seed=9, dtype=dtype),
        **weights(dtype),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    unset = () if length == STEPS else (0, 2, 3, 4, 5)
    return Sample(op, label, inputs, more, error, loose=10, unset=unset)


def gru(label: str, error: str | None = None, **more: Any) -> Sample:
    """One step of a GRU."""
    inputs = dict(
        x=normal(BATCH, INPUTS),
        h_prev=normal(BATCH, CELLS, seed=1),
        w_ru=normal(INPUTS + CELLS, 2 * CELLS, seed=2),
        w_c=normal(INPUTS + CELLS, CELLS, seed=3),
        b_ru=normal(2 * CELLS, seed=4),
        b_c=normal(CELLS, seed=5),
    )
    inputs.update(more)
    return Sample("GRUBlockCell", label, inputs, {}, error, loose=3)


SAMPLES = [
    cell("default"),
    cell("no_forget_bias", forget_bias=0.0),
    cell("clipped", cell_clip=0.5),
    cell("not_clipped", cell_clip=-1.0),
    cell("peephole", use_peephole=True),
    cell("half", dtype="float16"),
    cell("w_columns", w=normal(5, 7), error="w must have shape"),
    cell("w_rows", w=normal(4, 8), error="w must have shape"),
    cell("wci_rank", wci=normal(), error="wci must have rank 1"),
    cell("b", b=normal(7), error="b must have shape"),
    cell("cs_prev", cs_prev=normal(1, 2), error="cs_prev must have shape"),
    cell("h_prev", h_prev=normal(2, 1), error="h_prev must have shape"),
    cell(
        "empty_batch",
        x=normal(0, 3),
        cs_prev=normal(0, 2),
        h_prev=normal(0, 2),
        error="must not be empty",
    ),
    *(
        sample
        for op in ("BlockLSTM", "BlockLSTMV2")
        for sample in (
            block(op, "all_steps"),
            block(op, "two_steps", 2),
            block(op, "no_steps", 0),
            block(op, "clipped", cell_clip=0.5),
            block(op, "peephole", use_peephole=True),
            block(op, "half", dtype="float16"),
            block(op, "no_time", 4, x=normal(0, BATCH, INPUTS), seq_len_max=i64(0)),
            block(op, "w", w=normal(4, 8), error="w must have shape"),
            block(op, "b", b=normal(12), error="b must have shape"),
            block(op, "cs_prev", cs_prev=normal(1, 2), error="cs_prev must have shape"),
            block(op, "wci", wci=normal(1), error="wci must have shape"),
        )
    ),
    block("BlockLSTM", "no_forget_bias", forget_bias=0.0),
    gru("default"),
    gru("empty_batch", x=normal(0, 3), h_prev=normal(0, 2)),
    gru("h_prev", h_prev=normal(1, 2), error="h_prev must have shape"),
    gru("w_ru", w_ru=normal(3, 4), error="w_ru must have shape"),
    gru("w_c", w_c=normal(3, 2), error="w_c must have shape"),
    gru("b_ru", b_ru=normal(3), error="b_ru must have shape"),
    gru("b_c", b_c=normal(1), error="b_c must have shape"),
]
