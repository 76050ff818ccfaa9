"""Boxes that overlap a better one, padded to one number."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, results


@results
def padded_suppression(tf: Any) -> Any:
    suppress = tf.image.non_max_suppression_padded
    corners = tf.constant(
        [
            [0.0, 0.0, 1.0, 1.0],
            [0.0, 0.1, 1.0, 1.1],
            [0.0, 2.0, 1.0, 3.0],
            [0.0, 2.05, 1.0, 3.0],
            [5.0, 5.0, 6.0, 6.0],
        ]
    )
    scores = tf.constant([0.5, 0.9, 0.3, 0.8, 0.1])
    found = [
        suppress(corners, scores, 3),
        suppress(corners, scores, 4, 0.5, 0.25, name="nms"),
        suppress(corners, scores, 4, pad_to_max_output_size=True),
    ]
    with tf.Session() as session:
        return [session.run(list(pair)) for pair in found] + [
            attempt(lambda: suppress(tf.stack([corners, corners]), scores, 3))
        ]
