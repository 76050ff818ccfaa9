"""What TensorFlow's Estimator gives for the model of `models`: `python -m tests.train.estimator.answers`, in its environment."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.train.estimator.models import input_function, model_function

__all__ = ["PATH", "run"]

PATH = Path(__file__).with_name("answers.json")


def run(tf: Any, folder: str) -> dict[str, Any]:
    """Train, evaluate and predict, in the folder of a model; everything as JSON holds it."""
    config = tf.estimator.RunConfig(
        folder, tf_random_seed=7, save_checkpoints_steps=4, save_summary_steps=3
    )
    params = {"rate": 0.1, "drop": 0.25}
    estimator = tf.estimator.Estimator(model_function(tf), config=config, params=params)
    estimator.train(input_function(tf), steps=6)
    estimator.train(input_function(tf), max_steps=10)
    found = estimator.evaluate(input_function(tf), steps=2)
    predictions = estimator.predict(input_function(tf))
    first = [next(predictions) for _ in range(4)]
    predictions.close()
    names = estimator.get_variable_names()
    return {
        "variables": {name: plain(estimator.get_variable_value(name)) for name in names},
        "evaluation": {name: plain(value) for name, value in sorted(found.items())},
        "predictions": [{key: plain(value) for key, value in sorted(row.items())} for row in first],
        "checkpoints": sorted(path.stem for path in Path(folder).glob("model.ckpt-*.index")),
        "events": event_tags(tf, Path(folder)),
        "evaluation events": event_tags(tf, Path(folder) / "eval"),
    }


def plain(value: Any) -> Any:
    """An array as lists."""
    return np.asarray(value).tolist()


def event_tags(tf: Any, folder: Path) -> list[list[Any]]:
    """Step, kind and tags of each event of a folder, but for those that tell of time."""
    rows: list[list[Any]] = []
    for path in sorted(folder.glob("events.*")):
        for event in tf.train.summary_iterator(str(path)):
            tags = [value.tag for value in event.summary.value if not value.tag.endswith("/sec")]
            kind = event.WhichOneof("what")
            if tags or kind != "summary":
                rows.append([event.step, kind, tags])
    return rows


def main() -> None:
    """Store them."""
    import tensorflow.compat.v1 as tf

    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(run(tf, folder), indent=1)
    PATH.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
