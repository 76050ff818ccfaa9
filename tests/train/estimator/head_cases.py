"""Heads on fixed logits and labels, for TensorFlow's and ours: `python -m tests.train.estimator.head_cases` stores TensorFlow's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CASES", "PATH", "of_tensorflow", "run"]

PATH = Path(__file__).with_name("heads.json")

#: Name → kind of head, its arguments, labels; two batches of three.
CASES: Mapping[str, tuple[str, dict[str, Any], Any]] = {
    "binary": ("binary", {}, [[0, 1, 1], [1, 0, 0]]),
    "binary, a column of labels": ("binary", {}, [[[0], [1], [1]], [[1], [0], [0]]]),
    "binary, thresholds and weights": (
        "binary",
        {"thresholds": [0.3, 0.75], "weight_column": "w"},
        [[0, 1, 1], [1, 0, 0]],
    ),
    "binary, names": (
        "binary",
        {"label_vocabulary": ["no", "yes"], "loss_reduction": "weighted_mean", "name": "mine"},
        [["no", "yes", "yes"], ["yes", "no", "no"]],
    ),
    "three classes": ("classes", {"n_classes": 3}, [[0, 2, 1], [1, 1, 0]]),
    "three classes, names and weights": (
        "classes",
        {
            "n_classes": 3,
            "label_vocabulary": ["a", "b", "c"],
            "weight_column": "w",
            "loss_reduction": "weighted_sum_over_batch_size",
            "name": "head",
        },
        [["a", "c", "b"], ["b", "b", "a"]],
    ),
    "numbers": ("numbers", {}, [[0.5, -1.0, 2.0], [1.0, 0.0, 0.25]]),
    "two numbers, weights": (
        "numbers",
        {"label_dimension": 2, "weight_column": "w", "loss_reduction": "weighted_mean"},
        [[[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]], [[1.0, 1.0], [0.0, 0.0], [0.5, 0.5]]],
    ),
}
WEIGHTS = [[1.0, 0.5, 2.0], [0.0, 3.0, 1.0]]


def run(tf: Any, heads: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Case → what each mode gives."""
    return {
        name: {mode: in_mode(tf, heads[kind](**options), labels, mode) for mode in MODES}
        for name, (kind, options, labels) in CASES.items()
    }


def in_mode(tf: Any, head: Any, labels: Any, mode: str) -> Any:
    """What a head gives in one mode, with a regularisation loss."""
    width = head.logits_dimension
    logits = np.random.RandomState(width).randn(2, 3, width).astype(np.float32)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.train.create_global_step()
        given = {
            "logits": tf.placeholder(tf.float32, [None, width]),
            "labels": tf.placeholder(tf.as_dtype(np.array(labels).dtype), np.shape(labels)[1:]),
            "weights": tf.placeholder(tf.float32, [None]),
        }
        spec = head.create_estimator_spec(
            {"w": given["weights"]},
            mode,
            given["logits"],
            None if mode == "infer" else given["labels"],
            train_op_fn=lambda loss: tf.train.get_global_step().assign_add(1),
            regularization_losses=[tf.constant(0.25), tf.constant(0.5)],
        )
        feeds = [
            dict(zip(given.values(), batch, strict=True))
            for batch in zip(logits, labels, WEIGHTS, strict=True)
        ]
        session.run(
            [
                tf.global_variables_initializer(),
                tf.local_variables_initializer(),
                tf.tables_initializer(),
            ]
        )
        return MODES[mode](tf, graph, session, spec, feeds)


def predicted(tf: Any, graph: Any, session: Any, spec: Any, feeds: Any) -> Any:
    """Predictions and signatures."""
    found = plain(session.run(spec.predictions, feeds[0]))
    kinds = {key: type(value).__name__ for key, value in sorted(spec.export_outputs.items())}
    return {"predictions": found, "outputs": kinds}


def trained(tf: Any, graph: Any, session: Any, spec: Any, feeds: Any) -> Any:
    """Losses, the step, and the summaries."""
    merged = session.run(tf.summary.merge_all(), feeds[0])
    values = {item.tag: item.simple_value for item in tf.Summary.FromString(merged).value}
    losses = [plain(session.run([spec.loss, spec.train_op], feed)[0]) for feed in feeds]
    step = plain(session.run(tf.train.get_global_step()))
    return {"losses": losses, "summaries": values, "step": step}


def evaluated(tf: Any, graph: Any, session: Any, spec: Any, feeds: Any) -> Any:
    """Metrics after both batches, and the names of their variables."""
    updates = {key: update for key, (_, update) in spec.eval_metric_ops.items()}
    for feed in feeds:
        session.run(updates, feed)
    values = {key: value for key, (value, _) in spec.eval_metric_ops.items()}
    names = sorted(variable.name for variable in tf.local_variables())
    return {"metrics": plain(session.run(values)), "variables": names}


MODES: Mapping[str, Callable[..., Any]] = {
    "train": trained,
    "eval": evaluated,
    "infer": predicted,
}


def plain(value: Any) -> Any:
    """Arrays as lists, text as str."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items())}
    array = np.asarray(value)
    return np.vectorize(bytes.decode)(array).tolist() if array.dtype.kind == "O" else array.tolist()


def of_tensorflow() -> Mapping[str, Callable[..., Any]]:
    """TensorFlow's kinds of heads."""
    from tensorflow_estimator.python.estimator.canned import head

    return {
        "binary": head._binary_logistic_head_with_sigmoid_cross_entropy_loss,
        "classes": head._multi_class_head_with_softmax_cross_entropy_loss,
        "numbers": head._regression_head,
    }


def main() -> None:
    """Store TensorFlow's."""
    import tensorflow.compat.v1 as tf

    text = json.dumps(run(tf, of_tensorflow()), indent=1)
    PATH.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
