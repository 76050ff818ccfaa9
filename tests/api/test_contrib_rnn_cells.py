"""The cells of `tf.contrib.rnn`: names of variables, and what TensorFlow 1.15's own tests say of numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

rnn = tf.contrib.rnn
cells = tf.nn.rnn_cell
nest = tf.contrib.framework.nest

#: The inputs of TensorFlow's tests, and those with other columns.
ROWS = np.array([[1.0] * 4, [2.0] * 4, [3.0] * 4], np.float32)
SLOPED = ROWS + np.array([0, 0.1, 0.2, 0.3], np.float32)


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def tenths(cell: Any) -> Any:
    """A state of 0.1 everywhere."""
    return nest.map_structure(lambda size: tf.fill([3, size], 0.1), cell.state_size)


def step(
    cell: Any, inputs: Any = ROWS, state: Any = None, weight: float = 0.5, scope: str = "root"
) -> Any:
    """Output and new state of a cell whose variables are the same number but for biases."""
    with tf.variable_scope(scope, initializer=tf.constant_initializer(weight)):
        found = cell(tf.constant(inputs), tenths(cell) if state is None else state)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(found)


def names() -> dict[str, list[int]]:
    """The variables' names without the scope, and their shapes."""
    return {v.op.name.partition("/")[2]: v.shape.as_list() for v in tf.global_variables()}


def columns(values: Any) -> Any:
    """The first of each two columns, which are alike."""
    joined = np.concatenate(nest.flatten(values), 1)
    np.testing.assert_allclose(joined[:, ::2], joined[:, 1::2], rtol=1e-6)
    return joined[:, ::2]


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-6)


FROM_TENSORFLOW: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "coupled": (
        lambda: rnn.CoupledInputForgetGateLSTMCell(2, state_is_tuple=False),
        [[0.121753], [0.103349], [0.100178]],
        [[0.137523, 0.121753], [0.105450, 0.103349], [0.100742, 0.100178]],
    ),
    "update_gate": (
        lambda: rnn.UGRNNCell(2),
        [[0.13752282], [0.10545051], [0.10074195]],
        [[0.13752282], [0.10545051], [0.10074195]],
    ),
    "intersection": (
        lambda: rnn.IntersectionRNNCell(2, num_in_proj=2),
        [[2.00431061], [4.00060606], [6.00008249]],
        [[0.13752282], [0.10545051], [0.10074195]],
    ),
    "searched": (
        lambda: rnn.NASCell(2 * 3),
        [[0.576751] * 3, [0.618936] * 3, [0.627393] * 3],
        [
            [0.71579772] * 3 + [0.57675087] * 3,
            [0.78041625] * 3 + [0.6189357] * 3,
            [0.79457647] * 3 + [0.62739348] * 3,
        ],
    ),
}


@pytest.mark.parametrize("name", FROM_TENSORFLOW)
def test_numbers_are_those_of_tensorflows_tests(name: str) -> None:
    make, output, state = FROM_TENSORFLOW[name]
    found, new_state = step(make())
    close(columns(found), output)
    close(columns(new_state), state)


@pytest.mark.parametrize("tuples", [True, False])
def test_a_grid_with_coupled_gates(tuples: bool) -> None:
    cell = rnn.GridLSTMCell(
        2,
        feature_size=2,
        frequency_skip=1,
        num_frequency_blocks=[3],
        couple_input_forget_gates=True,
        state_is_tuple=tuples,
    )
    output, state = step(cell)
    close(columns(output)[0], [0.416383, 0.403238, 0.524020, 0.565425, 0.557865, 0.609699])
    close(columns(state)[0], [0.625556, 0.416383, 0.759134, 0.524020, 0.798795, 0.557865])
    close(columns(state)[2], [0.957327, 0.711050, 0.979522, 0.736533, 0.980245, 0.737390])
    assert names() == {
        f"grid_lstm_cell/{way}": shape
        for way, shape in {
            "W_f_0_0": [6, 6], "B_f_0": [6], "W_t_0_0": [6, 6], "B_t_0": [6],
        }.items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "downwards"),
    [
        (0, [0.520789, 0.476968, 0.604341, 0.760207, 0.635773, 0.850218]),
        (1, [0.322645, 0.276068, 0.584654, 0.690292, 0.640446, 0.840071]),
    ],
)
def test_a_grid_in_both_directions(offset: int, downwards: list[float]) -> None:
    cell = rnn.BidirectionalGridLSTMCell(
        2,
        feature_size=2,
        share_time_frequency_weights=True,
        frequency_skip=1,
        num_frequency_blocks=[3],
        backward_slice_offset=offset,
    )
    output, state = step(cell, SLOPED)
    upwards = [0.464130, 0.419165, 0.593283, 0.738350, 0.661638, 0.866774]
    close(columns(output)[0], upwards + downwards)
    assert state._fields[0] == "fwd_state_f00_b00_c"
    assert state._fields[-1] == "bwd_state_f02_b00_m"
    assert cell.output_size == output.shape[1]


def test_a_grid_of_blocks_with_peepholes_has_the_variables_of_checkpoints() -> None:
    cell = rnn.GridLSTMCell(
        2,
        use_peepholes=True,
        cell_clip=0.5,
        num_unit_shards=2,
        feature_size=2,
        frequency_skip=1,
        num_frequency_blocks=[1, 1],
        start_freqindex_list=[0, 2],
        end_freqindex_list=[2, 4],
    )
    _, state = step(cell)
    assert max(np.abs(memory).max() for memory in state[::2]) <= 0.5
    of_block = [
        *(f"{kind}_{way}_1{shard}" for way in "ft" for kind, shard in (("W", "_0"), ("W", "_1"), ("B", ""))),
        *(f"W_{gate}_diag_{way}{of}_1" for way in ("freq", "time") for gate in "FIO" for of in "ft"),
    ]  # fmt: skip
    assert [name.rpartition("/")[2] for name in names()][18:] == of_block
    with pytest.raises(ValueError, match="Must specify num_frequency_blocks"):
        rnn.GridLSTMCell(2)
    with pytest.raises(ValueError, match="Invalid num_frequency_blocks, requires 2 but gets 3"):
        step(rnn.GridLSTMCell(2, feature_size=2, frequency_skip=1, num_frequency_blocks=[2]))


def test_windows_of_frequencies_see_the_window_before() -> None:
    cell = rnn.TimeFreqLSTMCell(2, use_peepholes=True, feature_size=2, cell_clip=0.8)
    state = tf.fill([3, 12], 0.1)
    output, new_state = step(cell, SLOPED, state)
    m, outputs, states = np.zeros(3), [], []
    for window in range(3):
        gate = (SLOPED[:, window : window + 2].sum(1) + 2 * 0.1 + 2 * m) * 0.5
        c = sigmoid(gate + 1 + 0.05) * 0.1 + sigmoid(gate + 0.05) * np.tanh(gate)
        c = np.clip(c, -0.8, 0.8)
        m = sigmoid(gate + 0.5 * c) * np.tanh(c)
        outputs.append(m)
        states += [c, m]
    close(columns(output), np.transpose(outputs))
    close(columns(new_state), np.transpose(states))
    assert list(names()) == [
        f"time_freq_lstm_cell/{name}" for name in ("W_0", "B", "W_F_diag", "W_I_diag", "W_O_diag")
    ]


def test_a_projected_cell_of_the_search() -> None:
    output, (c, m) = step(rnn.NASCell(6, num_proj=5, use_bias=True))
    close(output[:, 0], [1.697418, 1.840037, 1.873985])
    close(c[:, 0], [0.69855207, 0.77073824, 0.78973997])
    assert m.shape == (3, 5)
    assert names() == {
        "nas_cell/recurrent_kernel": [5, 48],
        "nas_cell/kernel": [4, 48],
        "nas_cell/bias": [48],
        "nas_cell/projection_weights": [6, 5],
    }


@pytest.mark.parametrize(
    ("norm", "peepholes", "memory", "output"),
    [
        (False, False, [0.65937078, 0.74983585], [0.44923624, 0.49362513]),
        (False, True, [0.65937084, 0.7574988], [0.4792085, 0.53470564]),
        (True, False, [0.50125383, 0.58805949], [0.32770363, 0.37397948]),
        (True, True, [0.50125383, 0.59587258], [0.35041603, 0.40873795]),
    ],
)
def test_normalised_weights(norm: bool, peepholes: bool, memory: Any, output: Any) -> None:
    cell = rnn.WeightNormLSTMCell(2, norm=norm, use_peepholes=peepholes)
    state = cells.LSTMStateTuple(tf.constant([[0, 0.1]]), tf.constant([[0.2, 0.3]]))
    found, (c, h) = step(cell, np.ones((1, 2), np.float32), state)
    close(c, [memory])
    close(h, [output])
    close(found, h)


def test_normalised_gates_in_a_stack() -> None:
    stack = cells.MultiRNNCell([rnn.LayerNormLSTMCell(2, layer_norm=True) for _ in range(2)])
    state = tuple(
        cells.LSTMStateTuple(tf.constant([c]), tf.constant([h]))
        for c, h in (([0, 0.1], [0.2, 0.3]), ([0.4, 0.5], [0.6, 0.7]))
    )
    found, _ = step(stack, np.ones((1, 2), np.float32), state)
    close(found, [[-0.38079708, 0.38079708]])
    below = "multi_rnn_cell/cell_0/layer_norm_lstm_cell"
    parts = ("input", "transform", "forget", "output", "state")
    assert list(names())[:12] == [
        *(f"{below}/{name}" for name in ("kernel", "bias")),
        *(f"{below}/{part}/{name}" for part in parts for name in ("gamma", "beta")),
    ]


@pytest.mark.parametrize(("rank", "weight"), [(1, 1 / 2), (2, 1 / 4), (3, 1 / 8)])
def test_convolutional_cells(rank: int, weight: float) -> None:
    make = (rnn.Conv1DLSTMCell, rnn.Conv2DLSTMCell, rnn.Conv3DLSTMCell)[rank - 1]
    sizes = [2] * rank
    cell = make(input_shape=(*sizes, 1), kernel_shape=[3] * rank, output_channels=1)
    inputs = np.ones((2, *sizes, 1), np.float32) * np.array([1, 2]).reshape(2, *[1] * rank, 1)
    state = cells.LSTMStateTuple(tf.constant(inputs, tf.float32), tf.zeros([2, *sizes, 1]))
    output, (c, h) = step(cell, inputs.astype(np.float32), state, weight)
    for found, wanted in ((c, (1.4375670191, 2.7542609292)), (h, (0.6529865603, 0.8736877431))):
        close(found.reshape(2, -1), np.repeat(np.array(wanted)[:, None], 2**rank, 1))
    assert output.shape == (2, *sizes, 1)
    assert names() == {
        f"conv_{rank}d_lstm_cell/kernel": [*[3] * rank, 2, 4],
        f"conv_{rank}d_lstm_cell/biases": [4],
    }
    skipping = rnn.ConvLSTMCell(rank, [*sizes, 3], 2, [1] * rank, skip_connection=True)
    assert skipping.output_size.as_list() == [*sizes, 5]
    with pytest.raises(ValueError, match="Invalid input_shape"):
        make(input_shape=sizes, kernel_shape=[3] * rank, output_channels=1)


def test_one_group_is_an_lstm_and_more_see_parts() -> None:
    whole, state = step(rnn.GLSTMCell(4))
    lstm = cells.LSTMCell(4)
    same, wanted = step(lstm)
    close(whole, same)
    close(state.c, wanted.c)
    with tf.Graph().as_default():
        step(rnn.GLSTMCell(4, number_of_groups=2, num_proj=2))
        assert names() == {
            "glstm_cell/group0/kernel": [3, 8],
            "glstm_cell/group1/kernel": [3, 8],
            **{f"glstm_cell/bias_{gate}": [4] for gate in "ijfo"},
            "glstm_cell/projection/kernel": [4, 2],
        }
    with pytest.raises(ValueError, match="num_units must be divisible"):
        rnn.GLSTMCell(4, number_of_groups=3)
    with pytest.raises(ValueError, match=r"input size \(4\) must be divisible"):
        step(rnn.GLSTMCell(6, number_of_groups=3))


def test_independent_cells() -> None:
    """The state's own weights are drawn; they are made 0.5 here."""
    x = 2 * ROWS[:, :1]
    gate = x + 0.5 * 0.1
    made = (rnn.IndRNNCell(2), rnn.IndyGRUCell(2), rnn.IndyLSTMCell(2))
    update = sigmoid(gate + 1)
    candidate = np.tanh(x + 0.5 * update * 0.1)
    gru = update * 0.1 + (1 - update) * candidate
    c = 0.1 * sigmoid(gate + 1) + sigmoid(gate) * np.tanh(gate)
    wanted = [np.tanh(gate), gru, np.tanh(c) * sigmoid(gate)]
    with tf.variable_scope("root", initializer=tf.constant_initializer(0.5)):
        found = [cell(tf.constant(ROWS), tenths(cell))[0] for cell in made]
    assert list(names()) == [
        *(f"ind_rnn_cell/{name}" for name in ("kernel_w", "kernel_u", "bias")),
        *(f"indy_gru_cell/gates/{name}" for name in ("kernel_w", "kernel_u", "bias")),
        *(f"indy_gru_cell/candidate/{name}" for name in ("kernel", "kernel_u", "bias")),
        *(f"indy_lstm_cell/{name}" for name in ("kernel_w", "kernel_u", "bias")),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for variable in tf.global_variables():
            if variable.op.name.endswith("_u"):
                variable.load(np.full(variable.shape, 0.5), session)
        for one, other in zip(session.run(found), wanted, strict=True):
            close(one, np.repeat(other, 2, 1))


def test_a_simple_recurrent_unit() -> None:
    output, state = step(rnn.SRUCell(2))
    x = 2 * ROWS[:, :1]
    c = sigmoid(x) * 0.1 + (1 - sigmoid(x)) * x
    close(state, np.repeat(c, 2, 1))
    close(output, np.repeat(sigmoid(x) * np.tanh(c) + (1 - sigmoid(x)) * x, 2, 1))
    assert names() == {"sru_cell/kernel": [4, 8], "sru_cell/bias": [4]}


@pytest.mark.parametrize("kind", [tf.float32, tf.float64])
def test_units_open_at_times_of_their_own(kind: Any) -> None:
    times = np.array([[3.0], [3.1], [4.5]])
    cell = rnn.PhasedLSTMCell(3, leak=0.25, ratio_on=0.5)
    state = cells.LSTMStateTuple(tf.fill([3, 3], 0.1), tf.fill([3, 3], 0.2))
    with tf.variable_scope("root", initializer=tf.constant_initializer(0.5)):
        output, new_state = cell((tf.constant(times, kind), tf.constant(ROWS)), state)
    assert [name.partition("/")[2] for name in names()] == [
        *(f"{scope}/{part}" for scope in ("mask_gates", "new_input", "output_gate") for part in ("kernel", "bias")),
        "period", "phase", "ratio_on",
    ]  # fmt: skip
    period, phase, _ = tf.global_variables()[-3:]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first_period, first_phase = session.run([period, phase])
        period.load([4.0, 8.0, 2.0], session)
        phase.load([0.0, 2.5, 2.0], session)
        found, (c, h) = session.run([output, new_state])
    assert np.all((first_period >= 1) & (first_period <= 1000))
    assert np.all((first_phase >= 0) & (first_phase <= 1000))
    place = np.mod(times - [0.0, 2.5, 2.0], [4.0, 8.0, 2.0]) / [4.0, 8.0, 2.0]
    up = 2 * place / 0.5
    k = np.where(place < 0.25, up, np.where(place < 0.5, 2 - up, 0.25 * place))
    gate = 2 * ROWS[:, :1] + 3 * 0.5 * 0.2
    new_c = 0.1 * sigmoid(gate) + sigmoid(gate) * np.tanh(gate)
    close(c, k * new_c + (1 - k) * 0.1)
    close(h, k * np.tanh(new_c) * sigmoid(gate) + (1 - k) * 0.2)
    close(found, h)


@pytest.mark.parametrize("tuples", [True, False])
def test_the_last_outputs_are_attended_to(tuples: bool) -> None:
    inner = cells.BasicLSTMCell(2, state_is_tuple=tuples)
    cell = rnn.AttentionCellWrapper(inner, 3, attn_size=4, attn_vec_size=5, state_is_tuple=tuples)
    kept = np.linspace(-1, 1, 36, dtype=np.float32).reshape(3, 12)
    attended = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    memory = np.full((3, 4), 0.1, np.float32)
    state: Any = (cells.LSTMStateTuple(memory[:, :2], memory[:, 2:]), attended, kept)
    state = nest.map_structure(tf.constant, state)
    output, new_state = step(cell, state=state if tuples else tf.concat(nest.flatten(state), 1))
    mixed = 0.5 * (ROWS.sum(1) + attended.sum(1))
    gate = 0.5 * (4 * mixed + 2 * 0.1)
    c = 0.1 * sigmoid(gate + 1) + sigmoid(gate) * np.tanh(gate)
    h = np.tanh(c) * sigmoid(gate)
    hidden = kept.reshape(3, 3, 4)
    scores = 5 * 0.5 * np.tanh(0.5 * hidden.sum(2) + 0.5 * 2 * (c + h)[:, None])
    weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    seen = (weights[:, :, None] * hidden).sum(1)
    wanted = np.repeat((0.5 * (2 * h + seen.sum(1)))[:, None], 4, 1)
    close(output, wanted)
    close(
        np.concatenate(nest.flatten(new_state), 1),
        np.concatenate([np.repeat(np.stack([c, h], 1), 2, 1), seen, kept[:, 4:], wanted], 1),
    )
    scope = "attention_cell_wrapper"
    assert names() == {
        f"{scope}/kernel": [8, 4],
        f"{scope}/bias": [4],
        f"{scope}/basic_lstm_cell/kernel": [6, 8],
        f"{scope}/basic_lstm_cell/bias": [8],
        f"{scope}/attention/attn_w": [1, 1, 4, 5],
        f"{scope}/attention/attn_v": [5],
        f"{scope}/attention/kernel": [4, 5],
        f"{scope}/attention/bias": [5],
        f"{scope}/attn_output_projection/kernel": [6, 4],
        f"{scope}/attn_output_projection/bias": [4],
    }


def test_attention_refuses_what_it_cannot_wrap() -> None:
    with pytest.raises(TypeError, match="is not an RNNCell"):
        rnn.AttentionCellWrapper(None, 1)
    with pytest.raises(ValueError, match="attn_length should be greater than zero, got 0"):
        rnn.AttentionCellWrapper(cells.GRUCell(2), 0)
    with pytest.raises(ValueError, match="Cell returns tuple of states"):
        rnn.AttentionCellWrapper(cells.BasicLSTMCell(2), 4, state_is_tuple=False)


def test_inputs_go_by_a_cell() -> None:
    output, state = step(rnn.HighwayWrapper(cells.GRUCell(4), carry_bias_init=-100.0))
    same, wanted = step(rnn.CompiledWrapper(cells.GRUCell(4)), scope="other")
    close(output, same)
    close(state, wanted)
    assert list(names())[4:6] == ["carry_w", "carry_b"]
    with tf.Graph().as_default():
        output, _ = step(rnn.HighwayWrapper(cells.GRUCell(4), False, 0.25))
        carry, transform = sigmoid(2 * ROWS + 0.25), sigmoid(2 * ROWS - 0.25)
        close(output, ROWS * carry + same * transform)
        assert list(names())[4:] == ["carry_w", "carry_b", "transform_w", "transform_b"]


def test_projections_and_embeddings() -> None:
    x, m = np.ones((1, 2), np.float32), tf.fill([1, 3], 0.1)
    projected, _ = step(rnn.InputProjectionWrapper(cells.GRUCell(3), num_proj=3), x, m)
    close(projected, [[0.154605] * 3])
    x = np.ones((1, 3), np.float32)
    projected, _ = step(rnn.OutputProjectionWrapper(cells.GRUCell(3), 2), x, m)
    close(projected, [[0.231907] * 2])
    embedding = rnn.EmbeddingWrapper(cells.GRUCell(2), embedding_classes=3, embedding_size=2)
    assert embedding.output_size == 2
    embedded, _ = step(embedding, np.array([[1]]), tf.fill([1, 2], 0.1))
    close(embedded, [[0.17139] * 2])
    found = names()
    assert found["input_projection_wrapper/kernel"] == [2, 3]
    assert found["output_projection_wrapper/bias"] == [2]
    assert found["embedding_wrapper/embedding"] == [3, 2]
    assert found["embedding_wrapper/gru_cell/candidate/kernel"] == [4, 2]
    with pytest.raises(ValueError, match="must be > 0: 0, 2"):
        rnn.EmbeddingWrapper(cells.GRUCell(2), 0, 2)
    with pytest.raises(ValueError, match="output_size must be > 0: 0"):
        rnn.OutputProjectionWrapper(cells.GRUCell(2), 0)


def test_a_gru_in_one_operation() -> None:
    one, _ = step(rnn.GRUBlockCell(2))
    other, _ = step(rnn.GRUBlockCellV2(2, name="v2"))
    plain, _ = step(cells.GRUCell(2, name="plain"))
    close(one, plain)
    close(other, plain)
    assert list(names())[:8] == [
        *(f"gru_cell/{name}" for name in ("w_ru", "b_ru", "w_c", "b_c")),
        *(f"v2/{scope}/{name}" for scope in ("gates", "candidate") for name in ("kernel", "bias")),
    ]
    with pytest.raises(ValueError, match="Exactly one of num_units or cell_size"):
        rnn.GRUBlockCell()


def test_layers_of_whole_sequences() -> None:
    draw = np.random.default_rng(0)
    x = tf.constant(draw.standard_normal((4, 3, 5)), tf.float32)
    arguments: dict[str, Any] = dict(dtype=tf.float32, sequence_length=[4, 2, 0])
    options: dict[str, Any] = dict(use_peephole=True, cell_clip=0.4)
    with tf.variable_scope("", initializer=tf.random_normal_initializer(seed=1)):
        fused = rnn.LSTMBlockFusedCell(2, **options)
        whole = fused(x, **arguments)
        steps = [
            rnn.FusedRNNCellAdaptor(rnn.LSTMBlockCell(2, **options), dynamic)(
                x, scope=f"steps{dynamic}", **arguments
            )
            for dynamic in (True, False)
        ]
        turned = rnn.TimeReversedFusedRNN(fused)(x, **arguments)
        again = fused(tf.reverse_sequence(x, [4, 2, 0], 0, 1), **arguments)
        listed = rnn.TimeReversedFusedRNN(rnn.FusedRNNCellAdaptor(rnn.LSTMBlockCell(2, **options)))(
            tf.unstack(x), dtype=tf.float32, scope="listed"
        )
    variables = tf.global_variables()
    kinds = ("kernel", "bias", "w_i_diag", "w_f_diag", "w_o_diag")
    assert [v.op.name for v in variables[:5]] == [f"lstm_fused_cell/{kind}" for kind in kinds]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for place, value in enumerate(session.run(variables)):
            variables[place].load(session.run(variables[place % 5]), session)
            assert value.shape == variables[place % 5].shape
        first, *others = session.run([whole, *steps])
        backwards, plain, lists = session.run([turned, again, listed])
    for other in others:
        for one, same in zip(nest.flatten(first), nest.flatten(other), strict=True):
            close(one, same)
    close(backwards[1].h, plain[1].h)
    close(backwards[0][0, :2], plain[0][[3, 1], [0, 1]])
    assert len(lists[0]) == 4
    with pytest.raises(ValueError, match="Either initial_state or dtype"):
        fused(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rnn.CoupledInputForgetGateLSTMCell(
            4, use_peepholes=True, num_unit_shards=2, num_proj=3, num_proj_shards=2, layer_norm=True
        ),
        lambda: rnn.AttentionCellWrapper(cells.BasicLSTMCell(4), 3),
        lambda: rnn.HighwayWrapper(rnn.GRUBlockCell(4)),
        lambda: cells.MultiRNNCell([rnn.NASCell(3), rnn.WeightNormLSTMCell(4), rnn.GLSTMCell(4)]),
        lambda: rnn.OutputProjectionWrapper(rnn.InputProjectionWrapper(rnn.IndyLSTMCell(4), 3), 2),
    ],
)
def test_loops_train_cells(make: Callable[[], Any]) -> None:
    tf.set_random_seed(1)
    x = tf.constant(np.random.default_rng(1).standard_normal((3, 5, 4)), tf.float32)
    outputs, _ = tf.nn.dynamic_rnn(make(), x, sequence_length=[5, 2, 3], dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(outputs - 0.5))
    train = tf.train.AdamOptimizer(0.02).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss)
        for _ in range(10):
            session.run(train)
        assert session.run(loss) < first


def test_utilities_of_loops() -> None:
    known = tf.placeholder(tf.float32, [2, 3, 4])
    assert rnn.transpose_batch_time(known).shape.as_list() == [3, 2, 4]
    assert rnn.best_effort_input_batch_size([tf.placeholder(tf.float32), known]) == 3
    assert issubclass(rnn.GRUBlockCell, rnn.LayerRNNCell)


def test_copies_of_cells_that_were_called_have_their_variables() -> None:
    stack = cells.MultiRNNCell(
        [cells.LSTMCell(4), rnn.OutputProjectionWrapper(cells.GRUCell(4), 4)]
    )
    state = stack.zero_state(3, tf.float32)
    first, _ = stack(tf.constant(ROWS), state)
    copied = copy.deepcopy(stack)
    assert copied._cells[0] is not stack._cells[0]
    second, _ = copied(tf.constant(ROWS), state)
    assert len(tf.global_variables()) == 8
    dense = tf.layers.Dense(2, kernel_regularizer=tf.nn.l2_loss)
    dense(first)
    again = copy.deepcopy(dense)
    assert again.kernel is dense.kernel
    again(second)
    assert len(again.losses) == 1
    again.activation = tf.nn.relu
    assert dense.activation is None
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(*session.run([first, second]))
