"""Samples of `ops/ctc_decoder.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, normal

NAN, INF = float("nan"), float("inf")
LOGITS = normal(5, 2, 4)
LONG = normal(40, 3, 12)


def greedy(label: str, inputs: Any, lengths: Any, error: str | None = None, **attrs: Any) -> Sample:
    """One greedy decoding."""
    return Sample(
        "CTCGreedyDecoder",
        label,
        dict(inputs=inputs, sequence_length=i32(lengths)),
        attrs,
        error,
    )


def beam(
    label: str,
    inputs: Any,
    lengths: Any,
    width: int,
    paths: int = 1,
    error: str | None = None,
    **attrs: Any,
) -> Sample:
    """One beam search."""
    attrs = dict(beam_width=width, top_paths=paths, **attrs)
    return Sample(
        "CTCBeamSearchDecoder",
        label,
        dict(inputs=inputs, sequence_length=i32(lengths)),
        attrs,
        error,
        # TensorFlow adds float64 logarithms in float32.
        loose=1e5 if inputs.dtype == np.float64 else 10,
    )


SAMPLES = [
    greedy("all_steps", LOGITS, [5, 3]),
    greedy("merged", LOGITS, [5, 3], merge_repeated=True),
    greedy("ties", LOGITS * 0, [5, 5]),
    greedy("zero_and_negative", LOGITS, [0, -1]),
    greedy("blank_first", LOGITS, [5, 5], blank_index=0),
    greedy("blank_from_the_end", LOGITS, [5, 5], blank_index=-2),
    greedy("double", normal(5, 2, 4, dtype="float64"), [5, 3]),
    greedy("nan", f32([[[1, NAN, 2]], [[NAN, 1, 2]]]), [2]),
    greedy("too_long", LOGITS, [6, 3], "elements <= 5"),
    greedy("lengths", LOGITS, [5], "2 elements|compatible"),
    greedy("blank", LOGITS, [5, 3], "blank_index", blank_index=4),
    greedy("rank", LOGITS[0], [5, 3], "rank 3"),
    greedy("no_steps", LOGITS[:0], [0, 0], "empty"),
    beam("one_path", LOGITS, [5, 3], 4),
    beam("paths", LOGITS, [5, 3], 8, 3),
    beam("not_merged", LOGITS, [5, 3], 8, 3, merge_repeated=False),
    beam("long", LONG, [40, 31, 1], 20, 10, merge_repeated=False),
    beam("sharp", LONG * 4, [40, 31, 1], 10, 3),
    beam("wide", LONG, [40, 31, 1], 100, 2, merge_repeated=False),
    beam("narrow", LONG, [40, 31, 1], 1),
    beam("ties", LOGITS * 0, [5, 4], 8, 8, merge_repeated=False),
    beam("ties_narrow", LOGITS * 0, [5, 4], 4, 4, merge_repeated=False),
    beam("double", normal(6, 2, 4, dtype="float64"), [6, 3], 8, 3),
    beam("no_steps_of_one", LOGITS, [0, 3], 3),
    beam("negative_length", LOGITS, [4, -1], 3),
    beam("only_blank", LOGITS[..., :1], [5, 5], 3),
    beam("minus_infinity", f32([[[0, -INF, 1]], [[-INF, 2, -INF]]]), [2], 2, 1),
    beam("nan", f32([[[NAN, 1, 2]], [[1, 2, 3]]]), [2], 3),
    beam("too_few_prefixes", LOGITS, [0, 3], 3, 2, "the prefixes there are"),
    beam("more_than_the_width", LOGITS, [5, 3], 3, 4, "at most beam_width"),
    beam("too_long", LOGITS, [6, 3], 3, 1, "elements <= 5"),
    beam("lengths", LOGITS, [5], 3, 1, "2 elements|compatible"),
    beam("rank", LOGITS[0], [5, 3], 3, 1, "rank 3"),
    beam("length_matrix", LOGITS, [[5, 3]], 3, 1, "rank 1"),
    beam("no_steps", LOGITS[:0], [0, 0], 3, 1, "empty"),
    beam("no_width", LOGITS, [5, 3], 0, 1, "at least 1"),
]
