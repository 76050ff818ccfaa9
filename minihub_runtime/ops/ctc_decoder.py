"""Sequences of classes from the logits of their steps: the decoders of connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.registry import ROUNDING, Array, at_least, op, types, without_gradient
from minihub_runtime.ops.tie_order import TopN
from minihub_runtime.ops.windows import ranked
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_KINDS = types("float32 float64", default="float32")


def _require_sequences(inputs: Array, sequence_length: Array) -> None:
    """Raise unless these are `[time, n, c]` logits and n lengths."""
    require_rank(inputs, 3, "inputs")
    require_rank(sequence_length, 1, "sequence_length")
    require(inputs.size > 0, f"inputs must not be empty, not of shape {list(inputs.shape)}")
    steps, batch, _ = inputs.shape
    if len(sequence_length) != batch or int(sequence_length.max()) > steps:
        raise FailedPreconditionError(
            f"sequence_length must have {batch} elements <= {steps}, not {sequence_length.tolist()}"
        )


def _decoder_shape(inputs: Spec, sequence_length: Spec) -> list[Shape]:
    batch = ranked(inputs, 3, "inputs")[1:2]
    found = merge(batch, ranked(sequence_length, 1, "sequence_length"))
    return [(None, 2), (None,), (2,), (*(found or (None,)), 1)]


@op(
    "CTCGreedyDecoder(inputs: T, sequence_length: int32) -> decoded_indices: int64, "
    "decoded_values: int64, decoded_shape: int64, log_probability: T",
    T=_KINDS,
    precision=ROUNDING,
    source="core/kernels/ctc_decoder_ops.cc:CTCGreedyDecoderOp",
    shape=_decoder_shape,
)
def ctc_greedy_decoder(
    inputs: Array, sequence_length: Array, *, merge_repeated: bool = False, blank_index: int = -1
) -> tuple[Array, Array, Array, Array]:
    """The most likely class of each step, without blanks, as a sparse matrix, and minus the sum of their logits.

    Shapes: `[time, n, c], [n] -> [k, 2], [k], [2], [n, 1]`. The blank is class `blank_index`, from the end if
    negative; with `merge_repeated` a class that follows itself counts once.
    Raises: InvalidArgumentError for other ranks, empty inputs or a blank out of range; FailedPreconditionError for
    lengths that do not fit.
    """
    _require_sequences(inputs, sequence_length)
    steps, batch, classes = inputs.shape
    require(
        -classes <= blank_index < classes,
        f"blank_index must lie in [{-classes}, {classes}), not {blank_index}",
    )
    best = inputs.argmax(axis=2).T
    if np.isnan(inputs).any():
        # NaN is never larger, so it wins only where it comes first.
        best = np.where(np.isnan(inputs[..., 0]), 0, np.nan_to_num(inputs, nan=-np.inf).argmax(2)).T
    alive = np.arange(steps) < sequence_length[:, np.newaxis]
    logits = np.take_along_axis(inputs, best.T[..., np.newaxis], axis=2)[..., 0].T
    score = -np.where(alive, logits, 0).sum(axis=1, dtype=inputs.dtype)
    kept = alive & (best != blank_index % classes)
    if merge_repeated:
        kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    rows, _ = np.nonzero(kept)
    counts = kept.sum(axis=1)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return (
        np.stack([rows, places], axis=1).astype(np.int64).reshape(-1, 2),
        best[kept].astype(np.int64),
        np.array([batch, counts.max(initial=0)], np.int64),
        np.asarray(score, inputs.dtype).reshape(-1, 1),
    )


class _Prefixes:
    """The likeliest prefixes of one sequence, step by step; logarithms of probabilities throughout.

    A prefix is a node of a tree, and keeps its number when it leaves the beams and comes back.

    Attributes:
        parents: of each node, the node with one class less.
        classes: of each node, the last class.
        keys: of each node, minus the sum over all ways to write it; infinite outside the beams.
        blank: of each node, the ways that end with the blank.
        label: of each node, the ways that end with its class.
        beams: the nodes that are kept.
    """

    def __init__(self, width: int, dtype: np.dtype[Any]) -> None:
        self.width = width
        self.dtype = dtype
        self.parents, self.classes = [-1], [-1]
        self.keys, self.blank, self.label = [0.0], [0.0], [-np.inf]
        self.children: dict[tuple[int, int], int] = {}
        self.beams = TopN(width, self.keys)
        self.beams.push(0)

    def step(self, logits: Array) -> None:
        """Read the logits of one more step; the blank is the last class."""
        top = logits.max()
        logs = logits - (top + np.log(np.exp(logits - top).sum(dtype=logits.dtype)))
        nodes = self.beams.extract()
        total = -np.array([self.keys[node] for node in nodes], self.dtype)
        blank = np.array([self.blank[node] for node in nodes], self.dtype)
        places = {node: place for place, node in enumerate(nodes)}
        parents = np.array([places.get(self.parents[node], -1) for node in nodes])
        last = np.array([self.classes[node] for node in nodes])
        self._stay(nodes, total, blank, parents, last, logs)
        allocatable((len(nodes), len(logs)), self.dtype)
        # What one more class makes of a prefix: another class follows anything, the same one only a blank.
        longer = np.repeat(total[:, np.newaxis], len(logs) - 1, axis=1)
        named = np.flatnonzero(last >= 0)
        longer[named, last[named]] = blank[named]
        self._grow(nodes, parents, total.tolist(), longer + logs[:-1])

    def _stay(
        self, nodes: list[int], total: Array, blank: Array, parents: Array, last: Array, logs: Array
    ) -> None:
        """Let the beams read the step as a blank, or as their last class once more or at last."""
        label = np.array([self.label[node] for node in nodes], self.dtype)
        known = (parents >= 0) & (total[parents] > -np.inf)
        come = np.where(last == last[parents], blank[parents], total[parents])
        label = np.where(known, np.logaddexp(label, come), label)
        label = np.where(last >= 0, label + logs[last], label)
        blank = total + logs[-1]
        total = np.logaddexp(blank, label)
        rows = zip(nodes, total.tolist(), blank.tolist(), label.tolist(), strict=True)
        self.beams = TopN(self.width, self.keys)
        for node, all_ways, ends_blank, ends_label in rows:
            self.keys[node], self.blank[node], self.label[node] = -all_ways, ends_blank, ends_label
            self.beams.push(node)

    def _grow(self, nodes: list[int], parents: Array, total: list[float], longer: Array) -> None:
        """Let each beam have the children that are likelier than the last beam; the order of all this counts."""
        born: list[list[int]] = [[] for _ in nodes]
        for place, parent in enumerate(parents.tolist()):
            if parent >= 0:
                born[parent].append(place)
        best = longer.max(axis=1, initial=-np.inf).tolist()
        for place, node in enumerate(nodes):
            least = self._least()
            if not total[place] > least:
                continue
            known = {self.classes[nodes[child]]: child for child in born[place]}
            if not known and not best[place] > least:
                continue
            row = longer[place]
            for last in sorted({*np.flatnonzero(row > least).tolist(), *known}):
                child = known.get(last)
                if child is not None and self.keys[nodes[child]] != np.inf:
                    continue
                way = float(row[last])
                if way > self._least():
                    self._enter(node, last, way)
                elif child is not None:
                    # A beam that was pushed out, and that its parent cannot bring back, has no children.
                    total[child] = -np.inf

    def _least(self) -> float:
        """What a prefix must be likelier than to become a beam."""
        return -self.keys[self.beams.last()] if len(self.beams) >= self.width else -np.inf

    def _enter(self, parent: int, last: int, way: float) -> None:
        """Make a beam of a prefix with one more class."""
        node = self.children.setdefault((parent, last), len(self.parents))
        if node == len(self.parents):
            self.parents.append(parent)
            self.classes.append(last)
            self.keys.append(np.inf)
            self.blank.append(-np.inf)
            self.label.append(-np.inf)
        elif self.keys[node] != np.inf:
            return
        self.keys[node], self.blank[node], self.label[node] = -way, -np.inf, way
        if len(self.beams) >= self.width:
            self.keys[self.beams.last()] = np.inf
        self.beams.push(node)

    def best(self, count: int) -> list[int]:
        """The likeliest nodes.

        Raises:
            InvalidArgumentError: there are fewer.
        """
        if len(self.beams) < count:
            raise InvalidArgumentError(
                f"top_paths must be at most {len(self.beams)}, the prefixes there are, not {count}"
            )
        chosen = TopN(count, self.keys)
        for node in self.beams.items[: len(self.beams)]:
            chosen.push(node)
        return chosen.extract()

    def path(self, node: int, merge_repeated: bool) -> list[int]:
        """The classes of a prefix; with `merge_repeated` one that follows itself counts once."""
        found: list[int] = []
        later = -1
        while node:
            if not merge_repeated or self.classes[node] != later:
                found.append(self.classes[node])
            node, later = self.parents[node], self.classes[node]
        return found[::-1]


def _beam_shape(inputs: Spec, sequence_length: Spec, top_paths: int) -> list[Shape]:
    batch = ranked(inputs, 3, "inputs")[1:2]
    found = merge(batch, ranked(sequence_length, 1, "sequence_length")) or (None,)
    parts: tuple[Shape, ...] = ((None, 2), (None,), (2,))
    return [*(part for part in parts for _ in range(top_paths)), (*found, top_paths)]


@op(
    "CTCBeamSearchDecoder(inputs: T, sequence_length: int32) -> decoded_indices: top_paths * int64, "
    "decoded_values: top_paths * int64, decoded_shape: top_paths * int64, log_probability: T",
    T=_KINDS,
    beam_width=at_least(1),
    precision=ROUNDING,
    source="core/util/ctc/ctc_beam_search.h",
    shape=_beam_shape,
)
def ctc_beam_search_decoder(
    inputs: Array,
    sequence_length: Array,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool = True,
) -> tuple[Array, ...]:
    """The likeliest sequences of classes as sparse matrices, `top_paths` for each batch, and the logarithms of their
    probabilities, as far as `beam_width` prefixes a step tell.

    Shapes: `[time, n, c], [n] ->` lists of `[k, 2]`, `[k]` and `[2]`, and `[n, top_paths]`. The blank is the last
    class; with `merge_repeated` a class that follows itself in a result counts once.
    Raises: InvalidArgumentError for other ranks, empty inputs or fewer prefixes than `top_paths`;
        FailedPreconditionError for lengths that do not fit.
    """
    _require_sequences(inputs, sequence_length)
    batch = len(sequence_length)
    require(
        top_paths <= beam_width,
        f"top_paths must be at most beam_width, {beam_width}, not {top_paths}",
    )
    scores = np.empty((batch, top_paths), inputs.dtype)
    paths: list[list[list[int]]] = [[] for _ in range(top_paths)]
    with np.errstate(all="ignore"):
        for row, length in enumerate(sequence_length.tolist()):
            prefixes = _Prefixes(beam_width, inputs.dtype)
            for time in range(length):
                prefixes.step(inputs[time, row])
            for place, node in enumerate(prefixes.best(top_paths)):
                scores[row, place] = -prefixes.keys[node]
                paths[place].append(prefixes.path(node, merge_repeated))
    lengths = [np.array([len(path) for path in rows]) for rows in paths]
    return (
        *(
            np.array([(r, i) for r, n in enumerate(counts) for i in range(n)], np.int64).reshape(
                -1, 2
            )
            for counts in lengths
        ),
        *(np.array([c for path in rows for c in path], np.int64) for rows in paths),
        *(np.array([batch, counts.max(initial=0)], np.int64) for counts in lengths),
        scores,
    )


without_gradient("CTCBeamSearchDecoder", "CTCGreedyDecoder")
