"""Samples of `ops/beam_search.py`."""

import numpy as np

from tests.samples import Sample, i32

DRAW = np.random.RandomState(0)
IDS, PARENTS = (i32(DRAW.randint(0, high, (5, 2, 3))) for high in (4, 3))
SMALL = i32([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[-1, -1, -1]]])
UP = i32([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]], [[-1, -1, -1]]])


def tree(
    label: str, ids: object, parents: object, lengths: object, end: object, error: str | None = None
) -> Sample:
    inputs = dict(step_ids=ids, parent_ids=parents, max_sequence_lengths=lengths, end_token=end)
    return Sample("Addons>GatherTree", label, inputs, error=error)


SAMPLES = [
    tree("documented", SMALL, UP, i32([3]), i32(10)),
    *(
        tree(f"drawn_{number}", IDS, PARENTS, i32(lengths), i32(end))
        for number, (lengths, end) in enumerate(
            (([5, 5], 9), ([3, 0], 2), ([4, 7], 1), ([1, 5], 0))
        )
    ),
    tree("one_step", IDS[:1], PARENTS[:1], i32([1, 1]), i32(0)),
    tree("first_parents", SMALL[:1], UP[3:], i32([1]), i32(0)),
    tree("no_beams", IDS[:, :, :0], PARENTS[:, :, :0], i32([5, 5]), i32(0)),
    tree("no_steps", IDS[:0], PARENTS[:0], i32([0, 0]), i32(0)),
    tree("parent", SMALL, UP, i32([4]), i32(10), error="parent"),
    tree("shapes", IDS, PARENTS[1:], i32([5, 5]), i32(0), error="shape"),
    tree("lengths", IDS, PARENTS, i32([5]), i32(0), error="max_sequence_lengths"),
    tree("vector", IDS, PARENTS, i32([5, 5]), i32([0]), error="scalar"),
    tree("matrix", IDS[0], PARENTS[0], i32([5]), i32(0), error="rank"),
]
