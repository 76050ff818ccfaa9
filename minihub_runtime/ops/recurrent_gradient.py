"""Gradients of the recurrent cells and layers that TensorFlow computes in one op."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.recurrent import CELL_INPUTS, CELL_OUTPUTS, CELL_TYPES
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.windows import narrow, ranked, widen
from minihub_runtime.shapes import Shape, Spec, show

__all__: list[str] = []

OUTPUTS = ("i", "cs", "f", "o", "ci", "co", "h")


def _require_shapes(*expected: tuple[str, Array, tuple[int, ...]]) -> None:
    """Raise unless each named array has its shape."""
    for name, array, shape in expected:
        if array.shape != shape:
            require(False, f"{name} must have shape {show(shape)}, not {show(array.shape)}")


class _Backward:
    """One step of an LSTM backwards: the gradients of the gates side by side, and what the state gets.

    Attributes:
        gates: `[n, 4c]`, in the order of the weights.
        cs_prev: `[n, c]`.
        peepholes: those of wci, wcf and wco, each `[c]`.
    """

    def __init__(
        self,
        cs_prev: Array,
        outputs: Sequence[Array],
        grads: tuple[Array, Array],
        peepholes: Sequence[Array],
        forget_first: bool,
        use_peephole: bool,
    ) -> None:
        i, cs, f, o, ci, co = outputs
        cs_grad, h_grad = grads
        wci, wcf, wco = peepholes
        leave = o * (1 - o) * h_grad * co
        state = (1 - co * co) * h_grad * o + cs_grad
        if use_peephole:
            state = state + leave * wco
        candidate = (1 - ci * ci) * state * i
        forget = f * (1 - f) * state * cs_prev
        entry = i * (1 - i) * state * ci
        middle = (forget, candidate) if forget_first else (candidate, forget)
        self.gates = np.concatenate([entry, *middle, leave], axis=1)
        self.cs_prev = state * f
        self.peepholes = [np.zeros_like(wci)] * 3
        if use_peephole:
            self.cs_prev = self.cs_prev + entry * wci + forget * wcf
            self.peepholes = [
                (entry * cs_prev).sum(axis=0),
                (forget * cs_prev).sum(axis=0),
                (leave * cs).sum(axis=0),
            ]


def _cell_shapes(x: Spec, cs_prev: Spec, wci: Spec, wcf: Spec, wco: Spec) -> list[Shape]:
    batch, cells = ranked(x, 2, "x")[0], ranked(cs_prev, 2, "cs_prev")[1]
    gates = None if cells is None else 4 * cells
    return [(batch, cells), (batch, gates), wci.shape, wcf.shape, wco.shape]


@op(
    f"LSTMBlockCellGrad(x: T, {CELL_INPUTS}, {CELL_OUTPUTS.removesuffix(', h: T')}, cs_grad: T,"
    " h_grad: T) -> cs_prev_grad: T, dicfo: T, wci_grad: T, wcf_grad: T, wco_grad: T",
    T=CELL_TYPES,
    precision=ROUNDING,
    source="core/kernels/rnn/lstm_ops.cc:LSTMBlockCellGradOp",
    shape=_cell_shapes,
)
def lstm_block_cell_grad(
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    i: Array,
    cs: Array,
    f: Array,
    o: Array,
    ci: Array,
    co: Array,
    cs_grad: Array,
    h_grad: Array,
    *,
    use_peephole: bool,
) -> tuple[Array, ...]:
    """The gradients of an LSTM's step: of the state, of the gates before their functions, of the peepholes.

    Shapes: those of LSTMBlockCell, its outputs, and two of `[n, c] -> [n, c], [n, 4c], [c], [c], [c]`; without
        `use_peephole` the last three hold zeros.
    Raises: InvalidArgumentError for other shapes.
    """
    require_rank(x, 2, "x")
    require_rank(cs_prev, 2, "cs_prev")
    (batch, inputs), cells = x.shape, cs_prev.shape[1]
    state, peephole = (batch, cells), (cells,)
    _require_shapes(
        ("cs_prev", cs_prev, state),
        ("h_prev", h_prev, state),
        ("w", w, (inputs + cells, 4 * cells)),
        ("wci", wci, peephole),
        ("wcf", wcf, peephole),
        ("wco", wco, peephole),
        ("b", b, (4 * cells,)),
        *((n, array, state) for n, array in zip(OUTPUTS, (i, cs, f, o, ci, co))),
        ("cs_grad", cs_grad, state),
        ("h_grad", h_grad, state),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        step = _Backward(
            widen(cs_prev),
            [widen(array) for array in (i, cs, f, o, ci, co)],
            (widen(cs_grad), widen(h_grad)),
            [widen(array) for array in (wci, wcf, wco)],
            forget_first=False,
            use_peephole=use_peephole,
        )
    return tuple(narrow(array, x.dtype) for array in (step.cs_prev, step.gates, *step.peepholes))


def _layer(
    seq_len_max: Array, tensors: dict[str, Array], use_peephole: bool, forget_first: bool
) -> tuple[Array, ...]:
    """The gradients of an LSTM layer, from its inputs, outputs and two gradients under their names."""
    x, cs_prev = tensors["x"], tensors["cs_prev"]
    require_scalar(seq_len_max, "seq_len_max")
    require_rank(x, 3, "x")
    require_rank(cs_prev, 2, "cs_prev")
    (steps, batch, inputs), cells = x.shape, cs_prev.shape[1]
    series, state, peephole = (steps, batch, cells), (batch, cells), (cells,)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys((*OUTPUTS, "cs_grad", "h_grad"), series)
    shapes |= dict.fromkeys(("cs_prev", "h_prev"), state)
    shapes |= dict.fromkeys(("wci", "wcf", "wco"), peephole)
    shapes |= {"w": (inputs + cells, 4 * cells), "b": (4 * cells,)}
    _require_shapes(*((name, tensors[name], shape) for name, shape in shapes.items()))
    length = int(seq_len_max)
    require(0 <= length <= steps, f"seq_len_max must lie in [0, {steps}], not {length}")
    wide = {name: widen(array) for name, array in tensors.items()}
    gates = np.zeros((steps, batch, 4 * cells), wide["x"].dtype)
    cs_grad, h_grad = np.zeros(state, gates.dtype), np.zeros(state, gates.dtype)
    peepholes = [np.zeros(cells, gates.dtype)] * 3
    recurrent = wide["w"][inputs:].T
    befores = {
        name: np.concatenate([wide[f"{name}_prev"][None], wide[name][:-1]])[:length]
        for name in ("cs", "h")
    }
    with np.errstate(over="ignore", invalid="ignore"):
        for time in range(length - 1, -1, -1):
            step = _Backward(
                befores["cs"][time],
                [wide[name][time] for name in OUTPUTS[:-1]],
                (cs_grad + wide["cs_grad"][time], h_grad + wide["h_grad"][time]),
                [wide[name] for name in ("wci", "wcf", "wco")],
                forget_first,
                use_peephole,
            )
            gates[time] = step.gates
            cs_grad, h_grad = step.cs_prev, step.gates @ recurrent
            peepholes = [a + b for a, b in zip(peepholes, step.peepholes, strict=True)]
        # What does not wait for the step after it is one product over all steps.
        flat = gates[:length].reshape(length * batch, 4 * cells)
        x_grad = np.zeros(x.shape, gates.dtype)
        x_grad[:length] = (flat @ wide["w"][:inputs].T).reshape(length, batch, inputs)
        entering = np.concatenate([wide["x"][:length], befores["h"]], axis=2)
        w_grad = entering.reshape(length * batch, inputs + cells).T @ flat
        found = (x_grad, cs_grad, h_grad, w_grad, *peepholes, flat.sum(axis=0))
    return tuple(narrow(array, x.dtype) for array in found)


def _layer_shapes(
    x: Spec, cs_prev: Spec, h_prev: Spec, w: Spec, wci: Spec, wcf: Spec, wco: Spec, b: Spec
) -> list[Shape]:
    ranks = {"x": (x, 3), "cs_prev": (cs_prev, 2), "h_prev": (h_prev, 2), "w": (w, 2), "b": (b, 1)}
    ranks |= {"wci": (wci, 1), "wcf": (wcf, 1), "wco": (wco, 1)}
    for name, (spec, rank) in ranks.items():
        ranked(spec, rank, name)
    return [spec.shape for spec in (x, cs_prev, h_prev, w, wci, wcf, wco, b)]


def _register_layer(name: str, forget_first: bool, doc: str) -> None:
    def kernel(
        seq_len_max: Array,
        x: Array,
        cs_prev: Array,
        h_prev: Array,
        w: Array,
        wci: Array,
        wcf: Array,
        wco: Array,
        b: Array,
        i: Array,
        cs: Array,
        f: Array,
        o: Array,
        ci: Array,
        co: Array,
        h: Array,
        cs_grad: Array,
        h_grad: Array,
        *,
        use_peephole: bool,
    ) -> tuple[Array, ...]:
        tensors = dict(x=x, cs_prev=cs_prev, h_prev=h_prev, w=w, wci=wci, wcf=wcf, wco=wco, b=b)
        tensors |= dict(i=i, cs=cs, f=f, o=o, ci=ci, co=co, h=h, cs_grad=cs_grad, h_grad=h_grad)
        return _layer(seq_len_max, tensors, use_peephole, forget_first)

    kernel.__doc__ = doc
    grads = ["x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b"]
    op(
        f"{name}(seq_len_max: int64, x: T, {CELL_INPUTS}, {CELL_OUTPUTS}, cs_grad: T, h_grad: T) -> "
        + ", ".join(f"{grad}_grad: T" for grad in grads),
        T=CELL_TYPES,
        precision=ROUNDING,
        source="core/kernels/rnn/lstm_ops.cc:BlockLSTMGradOp",
        shape=_layer_shapes,
    )(kernel)


_register_layer(
    "BlockLSTMGrad",
    False,
    """The gradients of an LSTM over `seq_len_max` steps, of each of its inputs in turn.

    Shapes: those of BlockLSTM, its outputs, and two of `[t, n, c] ->` those of its inputs.
    Raises: InvalidArgumentError for other shapes or a length above t.
    Differs: TensorFlow does not check the shapes of the outputs and of their gradients, and aborts for some.
    """,
)
_register_layer(
    "BlockLSTMGradV2",
    True,
    "BlockLSTMGrad for gates in the order input, forget, cell input, output.",
)


def _gru_shapes(x: Spec, h_prev: Spec) -> list[Shape]:
    batch, inputs = ranked(x, 2, "x")
    cells = ranked(h_prev, 2, "h_prev")[1]
    gates = None if cells is None else 2 * cells
    return [(batch, inputs), (batch, cells), (batch, cells), (batch, gates)]


@op(
    "GRUBlockCellGrad(x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T, r: T, u: T, c: T, d_h: T)"
    " -> d_x: T, d_h_prev: T, d_c_bar: T, d_r_bar_u_bar: T",
    T=types("float32"),
    precision=ROUNDING,
    source="core/kernels/rnn/gru_ops.cc:GRUCellBlockGradOp",
    shape=_gru_shapes,
    ranks={"w_ru": 2},
)
def gru_block_cell_grad(
    x: Array,
    h_prev: Array,
    w_ru: Array,
    w_c: Array,
    b_ru: Array,
    b_c: Array,
    r: Array,
    u: Array,
    c: Array,
    d_h: Array,
) -> tuple[Array, ...]:
    """The gradients of a GRU's step: of both inputs, and of candidate and gates before their functions.

    Shapes: those of GRUBlockCell, and four of `[n, c] -> [n, x], [n, c], [n, c], [n, 2c]`.
    Raises: InvalidArgumentError for other shapes.
    """
    require_rank(x, 2, "x")
    require_rank(h_prev, 2, "h_prev")
    (batch, inputs), cells = x.shape, h_prev.shape[1]
    state = (batch, cells)
    _require_shapes(
        ("h_prev", h_prev, state),
        ("w_ru", w_ru, (inputs + cells, 2 * cells)),
        ("w_c", w_c, (inputs + cells, cells)),
        ("b_ru", b_ru, (2 * cells,)),
        ("b_c", b_c, (cells,)),
        *((name, array, state) for name, array in zip(("r", "u", "c", "d_h"), (r, u, c, d_h))),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        d_c_bar = d_h * (1 - u) * (1 - c * c)
        d_u_bar = d_h * (h_prev - c) * u * (1 - u)
        through_c = d_c_bar @ w_c.T
        d_reset = through_c[:, inputs:]
        d_r_bar_u_bar = np.concatenate([d_reset * h_prev * r * (1 - r), d_u_bar], axis=1)
        through_gates = d_r_bar_u_bar @ w_ru.T
        d_x = through_gates[:, :inputs] + through_c[:, :inputs]
        d_h_prev = through_gates[:, inputs:] + d_reset * r + d_h * u
    return d_x, d_h_prev, d_c_bar, d_r_bar_u_bar
