"""Summaries in graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program


def run(tf: Any, *tensors: Any) -> Any:
    with tf.Session() as session:
        return session.run(list(tensors))


@program
def scalars(tf: Any) -> Any:
    found = [tf.summary.scalar("loss", 1.5)]
    with tf.name_scope("outer"):
        found += [
            tf.summary.scalar("loss", tf.constant(2)),
            tf.summary.scalar("loss", 3.0),
            tf.summary.scalar("loss", 4.0, family="group"),
            tf.summary.scalar("a loss (new)", 5.0, family="my group"),
        ]
    found.append(tf.summary.scalar("/rooted", np.float64(6)))
    found.append(tf.summary.scalar("collected", 7.0, collections=["mine", "yours"]))
    return [
        run(tf, *found),
        [tensor.name for tensor in tf.get_collection(tf.GraphKeys.SUMMARIES)],
        [tensor.name for tensor in tf.get_collection("mine")],
    ]


@program
def histograms_and_tensors(tf: Any) -> Any:
    text = tf.constant(["one", "*two*"])
    metadata = tf.SummaryMetadata(
        plugin_data=tf.SummaryMetadata.PluginData(plugin_name="scalars", content=b"x")
    )
    found = [
        tf.summary.histogram("weights", np.arange(10.0)),
        tf.summary.histogram("weights", [1, 2, 3], family="f"),
        tf.summary.text("words", text),
        tf.summary.tensor_summary("t", [[1.0, 2.0]]),
        tf.summary.tensor_summary(
            "t", 1, "about *it*", summary_metadata=metadata, family="f", display_name="shown"
        ),
        tf.summary.tensor_summary("nothing", 1, collections=[]),
    ]
    return [
        run(tf, *found),
        [tensor.name for tensor in tf.get_collection(tf.GraphKeys.SUMMARIES)],
        message(lambda: tf.summary.text("numbers", tf.constant(1.0))),
    ]


@program
def images_and_sounds(tf: Any) -> Any:
    pixels = tf.constant(np.arange(48, dtype=np.uint8).reshape([2, 4, 2, 3]))
    tf.summary.image("pictures", pixels)
    tf.summary.image("pictures", tf.placeholder(tf.float32, [None, 2, 2, 1]), 1, family="f")
    sounds = tf.constant(np.sin(np.arange(12, dtype=np.float32)).reshape([2, 3, 2]))
    found = [
        tf.summary.audio("sounds", sounds, 16000),
        tf.summary.audio("sounds", sounds[0], tf.constant(8000.0), max_outputs=1, family="f"),
    ]
    return run(tf, *found)


@program
def merged(tf: Any) -> Any:
    empty = tf.summary.merge_all()
    one, two = tf.summary.scalar("one", 1.0), tf.summary.scalar("s/two", 2.0)
    three = tf.summary.scalar("three", 3.0, collections=["mine"])
    found = [
        tf.summary.merge([one, two]),
        tf.summary.merge([one, three], collections=["merged"], name="a name"),
        tf.summary.merge_all(),
        tf.summary.merge_all("mine"),
        tf.summary.merge_all(scope="s", name="scoped"),
    ]
    return [run(tf, *found), empty, [tensor.name for tensor in tf.get_collection("merged")]]


@program
def descriptions(tf: Any) -> Any:
    made = tf.raw_ops.TensorSummary(tensor=1.0, description='{"typeHint": "x"}')
    other = tf.raw_ops.Neg(x=1.0)
    return [
        tf.summary.get_summary_description(made.op.node_def).type_hint,
        message(lambda: tf.summary.get_summary_description(other.op.node_def)),
    ]
