"""Whole sequences from the steps of a beam search."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.registry import Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []


@op(
    "GatherTree|Addons>GatherTree(step_ids: T, parent_ids: T, max_sequence_lengths: int32, end_token: T)"
    " -> beams: T",
    T=types("int32"),
    source="contrib/seq2seq/kernels/beam_search_ops.cc",
    ranks={"step_ids": 3, "parent_ids": 3, "max_sequence_lengths": 1, "end_token": 0},
)
def gather_tree(
    step_ids: Array, parent_ids: Array, max_sequence_lengths: Array, end_token: Array
) -> Array:
    """The sequences [time, batch, beam] that end in the beams of the last step, found by going back from parent to parent.

    A sequence of the batch begins at its length, if that is less than the number of steps; behind its first end token, and
    behind that length, stand end tokens.

    Raises: InvalidArgumentError for other shapes, and for a parent that is no beam.
    """
    require_rank(step_ids, 3, "step_ids")
    require_rank(max_sequence_lengths, 1, "max_sequence_lengths")
    require_scalar(end_token, "end_token")
    steps, batch, width = step_ids.shape
    if parent_ids.shape != step_ids.shape:
        require(
            False,
            f"parent_ids must have the shape of step_ids, {list(step_ids.shape)}, "
            f"not {list(parent_ids.shape)}",
        )
    if max_sequence_lengths.shape != (batch,):
        require(
            False,
            f"max_sequence_lengths must have shape {[batch]}, not {list(max_sequence_lengths.shape)}",
        )
    beams = np.full_like(step_ids, end_token)
    lengths = np.minimum(max_sequence_lengths, steps)
    parents = np.broadcast_to(np.arange(width), (batch, width)).copy()
    for time in reversed(range(steps)):
        # The parents of the last step of a sequence are its beams themselves.
        going = np.flatnonzero(lengths > time)
        rows, chosen = going[:, None], parents[going]
        beams[time, going] = step_ids[time][rows, chosen]
        # Nothing is looked up with the parents of the first step.
        parents[going] = found = parent_ids[time][rows, chosen]
        if time and not ((found >= 0) & (found < width)).all():
            wrong = found[(found < 0) | (found >= width)].flat[0]
            require(False, f"parent_ids must be in [0, {width}), not {wrong} at step {time}")
    ended = np.maximum.accumulate(beams == end_token, axis=0)
    beams[ended] = end_token
    return beams


@gather_tree.shape
def gather_tree_shape(
    step_ids: Spec, parent_ids: Spec, max_sequence_lengths: Spec, end_token: Spec
) -> Shape:
    shape = merge(merge(step_ids.shape, parent_ids.shape), (None, None, None))
    lengths = merge(max_sequence_lengths.shape, (None,))
    assert shape is not None
    return shape if lengths is None else merge(shape, (None, lengths[0], None))


without_gradient("GatherTree")
