"""Recurrent cells and layers that TensorFlow computes in one op."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.windows import allocate, narrow, ranked, widen
from minihub_runtime.shapes import Shape, Spec, size

__all__ = ["CELL_INPUTS", "CELL_OUTPUTS", "CELL_TYPES"]

CELL_TYPES = types("float16 float32")
CELL_OUTPUTS = "i: T, cs: T, f: T, o: T, ci: T, co: T, h: T"
CELL_INPUTS = "cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T"


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


class _Lstm:
    """The weights of an LSTM, checked and widened; `step` is one step in time."""

    def __init__(
        self,
        inputs: int,
        batch: int,
        state: Sequence[Array],
        weights: Sequence[Array],
        forget_bias: float,
        cell_clip: float,
        use_peephole: bool,
        forget_first: bool,
        check_peephole: bool,
    ) -> None:
        for array, name in zip(state, ("cs_prev", "h_prev"), strict=True):
            require_rank(array, 2, name)
        self.cells = cells = state[0].shape[1]
        for array, name in zip(state, ("cs_prev", "h_prev"), strict=True):
            if array.shape != (batch, cells):
                require(False, f"{name} must have shape {[batch, cells]}, not {list(array.shape)}")
        w, wci, wcf, wco, b = weights
        for array, name in ((wci, "wci"), (wcf, "wcf"), (wco, "wco")):
            require_rank(array, 1, name)
        shapes = [(w, (inputs + cells, 4 * cells), "w"), (b, (4 * cells,), "b")]
        if use_peephole or check_peephole:
            shapes += [(wci, (cells,), "wci"), (wcf, (cells,), "wcf"), (wco, (cells,), "wco")]
        for array, wanted, name in shapes:
            if array.shape != wanted:
                require(False, f"{name} must have shape {list(wanted)}, not {list(array.shape)}")
        self.w, self.b = widen(w), widen(b)
        self.wci, self.wcf, self.wco = widen(wci), widen(wcf), widen(wco)
        self.forget_bias, self.cell_clip = np.float32(forget_bias), np.float32(cell_clip)
        self.use_peephole = use_peephole
        # The gates stand side by side: input, then forget and cell input in either order, then output.
        self.forget, self.candidate = (1, 2) if forget_first else (2, 1)

    def gate(self, gates: Array, place: int) -> Array:
        """One gate's columns."""
        return gates[:, place * self.cells : (place + 1) * self.cells]

    def step(self, gates: Array, cs_prev: Array) -> tuple[Array, ...]:
        """The seven outputs, from what inputs and last output add to the gates and from the last state."""
        forget = self.gate(gates, self.forget) + self.forget_bias
        entry = self.gate(gates, 0)
        if self.use_peephole:
            entry = entry + cs_prev * self.wci
            forget = forget + cs_prev * self.wcf
        i, f = _sigmoid(entry), _sigmoid(forget)
        ci = np.tanh(self.gate(gates, self.candidate))
        cs = i * ci + f * cs_prev
        if self.cell_clip > 0:
            np.clip(cs, -self.cell_clip, self.cell_clip, out=cs)
        co = np.tanh(cs)
        leave = self.gate(gates, 3)
        if self.use_peephole:
            leave = leave + cs * self.wco
        o = _sigmoid(leave)
        return i, cs, f, o, ci, co, o * co


@op(
    f"LSTMBlockCell(x: T, {CELL_INPUTS}) -> {CELL_OUTPUTS}",
    T=CELL_TYPES,
    precision=ROUNDING,
    source="core/kernels/rnn/lstm_ops.cc:LSTMBlockCellOp",
)
def lstm_block_cell(
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    *,
    forget_bias: float = 1.0,
    cell_clip: float = 3.0,
    use_peephole: bool = False,
) -> tuple[Array, ...]:
    """One step of an LSTM: input gate, state, forget gate, output gate, cell input, cell output, output.

    Shapes: `[n, x], [n, c], [n, c], [x + c, 4c], [c], [c], [c], [4c] -> ` seven times `[n, c]`. The gates stand in the
    order input, cell input, forget, output; a positive `cell_clip` bounds the state.
    Raises: InvalidArgumentError for other shapes or an empty batch.
    """
    require_rank(x, 2, "x")
    batch, inputs = x.shape
    weights = (w, wci, wcf, wco, b)
    state = (cs_prev, h_prev)
    cell = _Lstm(inputs, batch, state, weights, forget_bias, cell_clip, use_peephole, False, False)
    require(h_prev.size > 0, f"h_prev must not be empty, not of shape {list(h_prev.shape)}")
    with np.errstate(over="ignore", invalid="ignore"):
        gates = np.concatenate([widen(x), widen(h_prev)], axis=1) @ cell.w + cell.b
        found = cell.step(gates, widen(cs_prev))
    return tuple(narrow(array, x.dtype) for array in found)


@lstm_block_cell.shape
def lstm_block_cell_shape(x: Spec, cs_prev: Spec) -> list[Shape]:
    """That of the state, seven times."""
    found = (ranked(x, 2, "x")[0], ranked(cs_prev, 2, "cs_prev")[1])
    return [found] * 7


def _block_lstm(
    seq_len_max: Array,
    x: Array,
    state: Sequence[Array],
    weights: Sequence[Array],
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
    forget_first: bool,
) -> tuple[Array, ...]:
    require_rank(x, 3, "x")
    require_scalar(seq_len_max, "seq_len_max")
    steps, batch, inputs = x.shape
    length = int(seq_len_max)
    require(0 <= length <= steps, f"seq_len_max must lie in [0, {steps}], not {length}")
    cell = _Lstm(
        inputs, batch, state, weights, forget_bias, cell_clip, use_peephole, forget_first, True
    )
    shape = (steps, batch, cell.cells)
    results = tuple(allocate(shape, np.float32, zero=True) for _ in range(7))
    if length and size(shape):
        # The inputs' part of all steps is one product; only the last output's part has to wait.
        with np.errstate(over="ignore", invalid="ignore"):
            entering = widen(x)[:length].reshape(-1, inputs) @ cell.w[:inputs] + cell.b
        entering = entering.reshape(length, batch, -1)
        recurrent = cell.w[inputs:]
        cs, h = widen(state[0]), widen(state[1])
        with np.errstate(over="ignore", invalid="ignore"):
            for time in range(length):
                found = cell.step(entering[time] + h @ recurrent, cs)
                for result, array in zip(results, found, strict=True):
                    result[time] = array
                cs, h = found[1], found[6]
    return tuple(narrow(result, x.dtype) for result in results)


def _block_shape(x: Spec, b: Spec) -> list[Shape]:
    steps, batch, _ = ranked(x, 3, "x")
    (gates,) = ranked(b, 1, "b")
    return [(steps, batch, None if gates is None else gates // 4)] * 7


@op(
    f"BlockLSTM(seq_len_max: int64, x: T, {CELL_INPUTS}) -> {CELL_OUTPUTS}",
    T=CELL_TYPES,
    precision=ROUNDING,
    source="core/kernels/rnn/lstm_ops.cc:BlockLSTMOp",
    shape=_block_shape,
)
def block_lstm(
    seq_len_max: Array,
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    *,
    forget_bias: float = 1.0,
    cell_clip: float = 3.0,
    use_peephole: bool = False,
) -> tuple[Array, ...]:
    """An LSTM over `seq_len_max` steps; the outputs of LSTMBlockCell for each, and zeros after.

    Shapes: `[], [t, n, x], [n, c], [n, c], [x + c, 4c], [c], [c], [c], [4c] -> ` seven times `[t, n, c]`.
    Raises: InvalidArgumentError for other shapes or a length above t.
    Differs: TensorFlow clears only state and output after the last step, and leaves the rest unset.
    """
    weights = (w, wci, wcf, wco, b)
    state = (cs_prev, h_prev)
    return _block_lstm(seq_len_max, x, state, weights, forget_bias, cell_clip, use_peephole, False)


@op(
    f"BlockLSTMV2(seq_len_max: int64, x: T, {CELL_INPUTS}) -> {CELL_OUTPUTS}",
    T=CELL_TYPES,
    like=block_lstm,
)
def block_lstm_v2(
    seq_len_max: Array,
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    *,
    cell_clip: float = 0.0,
    use_peephole: bool = False,
) -> tuple[Array, ...]:
    """BlockLSTM with the gates in the order input, forget, cell input, output, and no forget bias."""
    weights = (w, wci, wcf, wco, b)
    return _block_lstm(
        seq_len_max, x, (cs_prev, h_prev), weights, 0.0, cell_clip, use_peephole, True
    )


@op(
    "GRUBlockCell(x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T) -> r: T, u: T, c: T, h: T",
    T=types("float32"),
    precision=ROUNDING,
    source="core/kernels/rnn/gru_ops.cc",
)
def gru_block_cell(
    x: Array, h_prev: Array, w_ru: Array, w_c: Array, b_ru: Array, b_c: Array
) -> tuple[Array, ...]:
    """One step of a GRU: reset gate, update gate, candidate, output.

    Shapes: `[n, x], [n, c], [x + c, 2c], [x + c, c], [2c], [c] -> ` four times `[n, c]`.
    Raises: InvalidArgumentError for other shapes.
    """
    require_rank(x, 2, "x")
    require_rank(h_prev, 2, "h_prev")
    batch, inputs = x.shape
    cells = h_prev.shape[1]
    for array, wanted, name in (
        (h_prev, (batch, cells), "h_prev"),
        (w_ru, (inputs + cells, 2 * cells), "w_ru"),
        (w_c, (inputs + cells, cells), "w_c"),
        (b_ru, (2 * cells,), "b_ru"),
        (b_c, (cells,), "b_c"),
    ):
        if array.shape != wanted:
            require(False, f"{name} must have shape {list(wanted)}, not {list(array.shape)}")
    with np.errstate(over="ignore", invalid="ignore"):
        gates = _sigmoid(np.concatenate([x, h_prev], axis=1) @ w_ru + b_ru)
        r, u = gates[:, :cells].copy(), gates[:, cells:].copy()
        c = np.tanh(np.concatenate([x, h_prev * r], axis=1) @ w_c + b_c)
        return r, u, c, u * h_prev + (1 - u) * c


@gru_block_cell.shape
def gru_block_cell_shape(x: Spec, h_prev: Spec) -> list[Shape]:
    """That of the state, four times."""
    found = (ranked(x, 2, "x")[0], ranked(h_prev, 2, "h_prev")[1])
    return [found] * 4


@lstm_block_cell.gradient
def lstm_block_cell_gradient(
    ops: Ops,
    grads: list[Term],
    x: Term,
    cs_prev: Term,
    h_prev: Term,
    w: Term,
    wci: Term,
    wcf: Term,
    wco: Term,
    b: Term,
    i: Term,
    cs: Term,
    f: Term,
    o: Term,
    ci: Term,
    co: Term,
    use_peephole: bool,
) -> tuple[Term, ...]:
    # Source: contrib/rnn/python/ops/lstm_ops.py of TensorFlow 1.15.
    given = (x, cs_prev, h_prev, w, wci, wcf, wco, b, i, cs, f, o, ci, co)
    of_cs, gates, *peepholes = ops.LSTMBlockCellGrad(
        *given, grads[1], grads[6], use_peephole=use_peephole
    )
    of_x, of_h, of_w, of_b = _through_gates(ops, x, h_prev, w, gates)
    return of_x, of_cs, of_h, of_w, *peepholes, of_b


def _through_gates(
    ops: Ops, x: Term, h: Term, w: Term, gates: Term
) -> tuple[Term, Term, Term, Term]:
    """The gradients of the inputs, the weights and the biases of gates, from that of the gates."""
    of_both = ops.MatMul(gates, w, transpose_b=True)
    inputs = ops.Shape(x)[1]
    of_x = ops.Slice(of_both, [0, 0], [-1, inputs])
    of_h = ops.Slice(of_both, [0, inputs], [-1, -1])
    of_w = ops.MatMul(ops.ConcatV2([x, h], 1), gates, transpose_a=True)
    return of_x, of_h, of_w, ops.BiasAddGrad(gates)


@gru_block_cell.gradient
def gru_block_cell_gradient(
    ops: Ops,
    grads: list[Term],
    x: Term,
    h_prev: Term,
    w_ru: Term,
    w_c: Term,
    b_ru: Term,
    b_c: Term,
    r: Term,
    u: Term,
    c: Term,
) -> tuple[Term, ...]:
    # Source: contrib/rnn/python/ops/gru_ops.py of TensorFlow 1.15.
    of_x, of_h, candidate, gates = ops.GRUBlockCellGrad(
        x, h_prev, w_ru, w_c, b_ru, b_c, r, u, c, grads[3]
    )
    *_, of_w_ru, of_b_ru = _through_gates(ops, x, h_prev, w_ru, gates)
    *_, of_w_c, of_b_c = _through_gates(ops, x, h_prev * r, w_c, candidate)
    return of_x, of_h, of_w_ru, of_w_c, of_b_ru, of_b_c


@block_lstm.gradient
@block_lstm_v2.gradient
def block_lstm_gradient(
    ops: Ops,
    grads: list[Term],
    seq_len_max: Term,
    x: Term,
    cs_prev: Term,
    h_prev: Term,
    w: Term,
    wci: Term,
    wcf: Term,
    wco: Term,
    b: Term,
    i: Term,
    cs: Term,
    f: Term,
    o: Term,
    ci: Term,
    co: Term,
    h: Term,
    use_peephole: bool,
) -> tuple[Term | None, ...]:
    # As in TensorFlow, whose rule takes the first version of the gradient op for both versions of the op.
    given = (seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, i, cs, f, o, ci, co, h)
    found = ops.BlockLSTMGrad(*given, grads[1], grads[6], use_peephole=use_peephole)
    return None, *found
