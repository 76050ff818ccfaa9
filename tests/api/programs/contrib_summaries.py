"""`tf.contrib.slim.summaries`, and how large models are."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from tests.api.programs import program
from tests.api.programs.contrib import slim


@program
def named_summaries(tf: Any) -> Any:
    s = slim(tf).summaries
    x = tf.constant([0.0, 1.0], name="x")
    y = tf.constant(2.0, name="y")
    z = tf.zeros([1, 2, 2, 1], name="z")
    made = [
        s.add_histogram_summary(x),
        s.add_histogram_summary(x, "other", "first"),
        s.add_scalar_summary(y, prefix="first"),
        s.add_scalar_summary(y, "named", print_summary=True),
        s.add_zero_fraction_summary(x),
        s.add_zero_fraction_summary(x, "part", "first"),
        s.add_image_summary(z),
        s.add_image_summary(z, "shown", print_summary=True),
        *s.add_histogram_summaries([x, y], "all"),
        *s.add_scalar_summaries([y], "all"),
        *s.add_image_summaries([z], "all"),
        *s.add_zero_fraction_summaries([x, y]),
    ]
    with tf.Session() as session:
        values = session.run(made[:6])
    return [[t.name for t in made], [t.name for t in tf.get_collection("summaries")], values]


@program
def sizes_of_models(tf: Any) -> Any:
    s = slim(tf).model_analyzer
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    v = tf.get_variable("v", [3, 2], initializer=tf.zeros_initializer())
    w = tf.get_variable("w", [], tf.float64, initializer=tf.zeros_initializer())
    tf.matmul(x, v, name="product")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = [
            s.analyze_vars([v, w]),
            s.analyze_vars([v, w], print_info=True),
            s.analyze_ops(tf.get_default_graph(), print_info=True),
        ]
    return [[list(found[0]), list(found[1]), found[2]], printed.getvalue()]
