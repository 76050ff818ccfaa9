"""`tf.contrib.seq2seq`: batches of beams, and the sequences that the steps of a beam search make.

Source: tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py, beam_search_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.encoding import sequence_mask
from minihub_runtime.api.gathering import where
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.seq2seq.attention import known_or_tensor
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["gather_tree", "gather_tree_from_array", "longest", "tile", "tile_batch"]


def tile(value: Any, multiples: Any) -> Tensor:
    """A tensor repeated along its dimensions."""
    made: Tensor = build("Tile", input=value, multiples=multiples)
    return made


def longest(lengths: Any) -> Tensor:
    """The most steps of a sequence's beams, int32 [batch]."""
    made: Tensor = cast(reduce_max(lengths, axis=1), int32)
    return made


@public("contrib.seq2seq.tile_batch")
def tile_batch(t: Any, multiplier: Any, name: str | None = None) -> Any:
    """Each row of a tensor, or of the tensors of a structure, several times, one after the other.

    Args:
        t: `[batch, …]`, or a structure of such.
        multiplier: how often.
        name: wanted name of the scope.

    Returns:
        `[batch · multiplier, …]`.

    Raises:
        ValueError: a rank is not known or 0.
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda part: _tiled(part, multiplier), t)


def _tiled(t: Any, multiplier: Any) -> Tensor:
    t = convert_to_tensor(t, name="t")
    sizes, known = shape(t), t.shape
    if not known.ndims:
        raise ValueError("t must have statically known rank")
    tiling = [1, multiplier, *[1] * (known.ndims - 1)]
    tiled = tile(expand_dims(t, 1), tiling)
    tiled = reshape(tiled, concat(([sizes[0] * multiplier], sizes[1:]), 0))
    if isinstance(multiplier, int):
        batch = known.dims[0].value
        rows = None if batch is None else batch * multiplier
        tiled.set_shape(TensorShape([rows]).concatenate(known[1:]))
    return tiled


@public("contrib.seq2seq.gather_tree")
def gather_tree(
    step_ids: Any,
    parent_ids: Any,
    max_sequence_lengths: Any,
    end_token: Any,
    name: str | None = None,
) -> Tensor:
    """The sequences of a beam search, from what each step chose.

    Args:
        step_ids: the ids, int32 [time, batch, beam].
        parent_ids: the beam of the step before that each goes on with, likewise.
        max_sequence_lengths: the most steps of a sequence's beams, int32 [batch].
        end_token: the id that ends a sequence; it stands behind the first one, too.
        name: wanted name.

    Returns:
        int32 [time, batch, beam].
    """
    made: Tensor = build(
        "GatherTree",
        name=name,
        step_ids=step_ids,
        parent_ids=parent_ids,
        max_sequence_lengths=max_sequence_lengths,
        end_token=end_token,
    )
    return made


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Tensor:
    """What the steps of a beam search wrote into an array, in the order of its sequences.

    Args:
        t: the stacked array, `[time, batch, beam, …]` or `[time, batch · beam, …]`.
        parent_ids: the beam of the step before that each goes on with, int32 [time, batch, beam].
        sequence_length: the lengths of the beams, `[batch, beam]`.
    """
    time, batch, width = (known_or_tensor(parent_ids, axis) for axis in (0, 1, 2))
    own = tile(reshape(range(width), [1, 1, -1]), [time, batch, 1])
    found = gather_tree(own, parent_ids, longest(sequence_length), end_token=width + 1)
    # Behind the end of a sequence each beam stands for itself.
    going = transpose(sequence_mask(sequence_length, maxlen=time), perm=[2, 0, 1])
    found = where(going, found, own)
    times = tile(reshape(range(time), [-1, 1, 1]), [1, batch, width])
    rows = tile(reshape(range(batch), [1, -1, 1]), [time, 1, width])
    ordered = gather_nd(reshape(t, [time, batch, width, -1]), stack([times, rows, found], -1))
    return reshape(ordered, shape(t))
