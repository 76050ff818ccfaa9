"""The loss of connectionist temporal classification: minus the logarithm of the probability of a sequence of labels.

A sequence is written with blanks around each label; a path through it takes a step of time at each place.  The
probabilities of the paths up to a place, and of those from it on, are summed over all sequences of a batch at once.

Source: tensorflow/core/util/ctc/ctc_loss_calculator.h.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import REGISTRY, ROUNDING, Array, op, types
from minihub_runtime.ops.windows import ranked
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []


class _Targets:
    """What the sequences of a batch must be read as.

    Attributes:
        places: `[n, u]`, the classes with blanks around each label, then blanks.
        counts: how many places each sequence has.
        labels: how many labels each sequence has, those that stand for nothing included.
    """

    def __init__(self, sequences: list[list[int]], blank: int) -> None:
        self.labels = np.array([len(sequence) for sequence in sequences])
        written = [[label for label in sequence if label != blank] for sequence in sequences]
        self.counts = np.array([2 * len(sequence) + 1 for sequence in written])
        self.places = np.full((len(sequences), self.counts.max()), blank)
        for row, sequence in enumerate(written):
            self.places[row, 1 : 2 * len(sequence) : 2] = sequence


def _sequences(
    indices: Array, values: Array, batch: int, classes: int, collapse: bool
) -> list[list[int]]:
    """The labels of each batch; those from `classes - 1` on, which stand for nothing, are that number."""
    if len(indices) and (indices.min() < 0 or indices[:, 0].max() >= batch):
        require(False, f"labels_indices must be >= 0 and lie in [0, {batch}) for the batch")
    steps = np.diff(indices, axis=0)
    rising = (steps[:, 0] > 0) | ((steps[:, 0] == 0) & (steps[:, 1] > 0))
    if not rising.all():
        place = int(np.argmin(rising)) + 1
        how = "repeated" if not steps[place - 1].any() else "out of order"
        raise InvalidArgumentError(
            f"labels_indices must rise, but {indices[place].tolist()} at {place} is {how}"
        )
    sequences: list[list[int]] = [[] for _ in range(batch)]
    nothing = classes - 1
    for row, label in zip(indices[:, 0].tolist(), values.tolist(), strict=True):
        sequences[row].append(label)
    for row, sequence in enumerate(sequences):
        require(len(sequence) > 0, f"labels must not be empty; those of batch {row} are")
        lowest = min(sequence)
        require(lowest >= 0, f"labels must not be negative, not {lowest} in batch {row}")
        kept = [
            min(label, nothing)
            for place, label in enumerate(sequence)
            if not (collapse and place and label == sequence[place - 1])
        ]
        ends = kept.index(nothing) if nothing in kept else len(kept)
        if any(label != nothing for label in kept[ends:]):
            raise InvalidArgumentError(
                f"labels must not follow one >= {nothing}, as in batch {row}: {sequence}"
            )
        # The lengths are compared with the time as they were given.
        sequences[row] = [*kept, *[nothing] * (len(sequence) - len(kept))]
    return sequences


def _softmax(inputs: Array) -> Array:
    """The probabilities of the classes; those below the smallest normal number are 0, as on TensorFlow's threads."""
    y = np.exp(inputs - inputs.max(axis=-1, keepdims=True))
    smallest = np.finfo(y.dtype).tiny
    y = np.where(y < smallest, 0, y)
    y /= y.sum(axis=-1, keepdims=True)
    return np.where(y < smallest, 0, y)


def _shifted(x: Array, by: int) -> Array:
    """`x` moved along its last axis, with -inf behind it."""
    result = np.full_like(x, -np.inf)
    if by > 0:
        result[:, by:] = x[:, :-by]
    else:
        result[:, :by] = x[:, -by:]
    return result


class _Paths:
    """Which steps paths take through the places, and what they are worth.

    Attributes:
        logs: `[time, n, u]`, logarithms of the probability of each place's class.
        stays: -inf where a path may not stay at a place, else 0.
        skips: -inf where a path may not come from two places before, else 0.
    """

    def __init__(self, y: Array, targets: _Targets, blank: int, merge_repeated: bool) -> None:
        places = targets.places
        self.logs = np.log(y[:, np.arange(len(places))[:, np.newaxis], places].astype(np.float64))
        label = places != blank
        self.stays = np.where(label & (not merge_repeated), -np.inf, 0)
        again = np.zeros_like(label)
        again[:, 2:] = merge_repeated & (places[:, 2:] == places[:, :-2])
        self.skips = np.where(label & ~again, 0, -np.inf)

    def forward(self) -> Array:
        """`[time, n, u]`, of all paths up to a place, its class included."""
        alpha = np.full(self.logs.shape, -np.inf)
        alpha[0, :, :2] = self.logs[0, :, :2]
        for time in range(1, len(alpha)):
            before = alpha[time - 1]
            paths = np.logaddexp(before + self.stays, _shifted(before, 1))
            paths = np.logaddexp(paths, _shifted(before, 2) + self.skips)
            alpha[time] = paths + self.logs[time]
        return alpha

    def backward(self, counts: Array, lengths: Array) -> Array:
        """`[time, n, u]`, of all paths from a place to the end, without its class."""
        beta = np.full(self.logs.shape, -np.inf)
        place = np.arange(self.logs.shape[-1])
        final = np.where((place >= counts[:, None] - 2) & (place < counts[:, None]), 0.0, -np.inf)
        beta[-1] = np.where((lengths == len(beta))[:, None], final, -np.inf)
        for time in range(len(beta) - 2, -1, -1):
            after = beta[time + 1] + self.logs[time + 1]
            paths = np.logaddexp(after + self.stays, _shifted(after, -1))
            # Whether a place may be skipped to stands at that place.
            paths = np.logaddexp(paths, _shifted(after + self.skips, -2))
            # A sequence of nothing but blanks has one place, and TensorFlow counts its last step twice.
            twice = (counts == 1) & (lengths == time + 2)
            paths[twice, 0] = np.logaddexp(paths[twice, 0], 0)
            beta[time] = np.where((lengths == time + 1)[:, None], final, paths)
        return beta


def _loss(
    inputs: Array,
    sequences: list[list[int]],
    lengths: Array,
    blank: int,
    merge_repeated: bool,
    ignore_longer: bool,
) -> tuple[Array, Array]:
    """The losses, and their gradients by the logits."""
    steps, batch, classes = inputs.shape
    targets = _Targets(sequences, blank)
    if not ignore_longer and (targets.labels > lengths).any():
        row = int(np.argmax(targets.labels > lengths))
        raise InvalidArgumentError(
            f"sequence_length must be at least the number of labels, {targets.labels[row]}, not "
            f"{lengths[row]} in batch {row}, unless ignore_longer_outputs_than_inputs holds"
        )
    allocatable((3, steps, *targets.places.shape), np.dtype(np.float64))
    with np.errstate(all="ignore"):
        y = _softmax(inputs)
        paths = _Paths(y, targets, blank, merge_repeated)
        both = paths.forward() + paths.backward(targets.counts, lengths)
        worth = np.logaddexp.reduce(both[0], axis=1)
        possible = worth != -np.inf
        shares = np.exp(both - np.where(possible, worth, 0)[:, np.newaxis])
        rows = np.arange(steps * batch).reshape(steps, batch, 1) * classes
        taken = np.bincount(
            (rows + targets.places).reshape(-1), shares.reshape(-1), minlength=inputs.size
        )
        # Classes on no path have their probabilities, which a loss that is no number leaves none of.
        gradient = np.where(np.isnan(worth)[:, np.newaxis], worth[:, np.newaxis], y)
        gradient = gradient - taken.reshape(inputs.shape)
        alive = (lengths > 0) & ~(ignore_longer & (targets.labels > lengths))
        inside = alive & (np.arange(steps)[:, np.newaxis] < lengths)
        gradient = np.where(inside[:, :, np.newaxis], gradient, 0)
    return np.where(alive, -worth, 0).astype(inputs.dtype), gradient.astype(inputs.dtype)


def _require_inputs(
    inputs: Array, labels_indices: Array, labels_values: Array, sequence_length: Array
) -> None:
    require_rank(inputs, 3, "inputs")
    require_rank(sequence_length, 1, "sequence_length")
    require_rank(labels_indices, 2, "labels_indices")
    require_rank(labels_values, 1, "labels_values")
    steps, batch, _ = inputs.shape
    require(min(inputs.shape) > 0, f"inputs must not be empty, not of shape {list(inputs.shape)}")
    count = len(sequence_length)
    require(count == batch, f"sequence_length must have {batch} elements, not {count}")
    low, high = int(sequence_length.min()), int(sequence_length.max())
    require(
        0 <= low <= high <= steps, f"sequence_length must lie in [0, {steps}], not {low}, {high}"
    )
    if labels_indices.shape != (len(labels_values), 2):
        require(
            False,
            f"labels_indices must have shape [{len(labels_values)}, 2] for as many labels_values, "
            f"not {list(labels_indices.shape)}",
        )


def _loss_shapes(
    inputs: Spec, labels_indices: Spec, labels_values: Spec, sequence_length: Spec
) -> list[Shape]:
    steps, batch, classes = ranked(inputs, 3, "inputs")
    rows = ranked(labels_indices, 2, "labels_indices")[:1]
    merge(rows, ranked(labels_values, 1, "labels_values"))
    found = merge((batch,), ranked(sequence_length, 1, "sequence_length")) or (None,)
    return [found, (steps, *found, classes)]


@op(
    "CTCLoss(inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32)"
    " -> loss: T, gradient: T",
    T=types("float32 float64", default="float32"),
    precision=ROUNDING,
    source="core/kernels/ctc_loss_op.cc",
    shape=_loss_shapes,
)
def ctc_loss(
    inputs: Array,
    labels_indices: Array,
    labels_values: Array,
    sequence_length: Array,
    *,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
) -> tuple[Array, Array]:
    """Minus the logarithm of the probability of each sequence of labels, and its gradient by the logits.

    Shapes: `[time, n, c], [k, 2], [k], [n] -> [n], [time, n, c]`. The blank is the last class; labels from it on
    stand for nothing, at the end of a sequence.
    Raises: InvalidArgumentError for other shapes, lengths or labels out of range, unordered indices, a batch
        without labels, or more labels than steps.
    """
    _require_inputs(inputs, labels_indices, labels_values, sequence_length)
    _, batch, classes = inputs.shape
    sequences = _sequences(
        labels_indices, labels_values, batch, classes, preprocess_collapse_repeated
    )
    return _loss(
        inputs,
        sequences,
        sequence_length,
        classes - 1,
        ctc_merge_repeated,
        ignore_longer_outputs_than_inputs,
    )


@op(
    "CTCLossV2(inputs: float32, labels_indices: int64, labels_values: int32, sequence_length: int32)"
    " -> loss: float32, gradient: float32",
    precision=ROUNDING,
    source="core/kernels/ctc_loss_op.cc:CTCLossOpGPU",
    shape=_loss_shapes,
)
def ctc_loss_v2(
    inputs: Array,
    labels_indices: Array,
    labels_values: Array,
    sequence_length: Array,
    *,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
) -> tuple[Array, Array]:
    """CTCLoss where the blank is the first class.

    Raises: InvalidArgumentError for other attributes than the defaults, and as CTCLoss.
    """
    require(
        not preprocess_collapse_repeated
        and ctc_merge_repeated
        and not ignore_longer_outputs_than_inputs,
        "CTCLossV2 must have preprocess_collapse_repeated and ignore_longer_outputs_than_inputs "
        "False and ctc_merge_repeated True",
    )
    _require_inputs(inputs, labels_indices, labels_values, sequence_length)
    _, batch, classes = inputs.shape
    if len(labels_values) and not 0 < labels_values.min() <= labels_values.max() < classes:
        require(False, f"labels_values must lie in [1, {classes}), not {labels_values.tolist()}")
    sequences = _sequences(labels_indices, labels_values, batch, classes + 1, False)
    return _loss(inputs, sequences, sequence_length, 0, True, False)


def _ctc_loss_gradient(ops: Ops, grad: Term, gradient: Term) -> tuple[Term, None, None, None]:
    # The op computes the gradient itself, which has none.
    guarded = ops.PreventGradient(
        gradient,
        message="Currently there is no way to take the second derivative of ctc_loss due to the "
        "fused implementation's interaction with tf.gradients()",
    )
    return ops.ExpandDims(grad, -1) * guarded, None, None, None


for _name in ("CTCLoss", "CTCLossV2"):
    REGISTRY[_name].gradient(_ctc_loss_gradient)
