"""Ask TensorFlow for the gradients of the samples and store them.

    python -m tests.autodiff.generate                    all families
    python -m tests.autodiff.generate elementwise loss   some of them

Runs where `tests.golden.generate` runs, after it.  `golden/<family>.json` maps `Op/label` to `{"gradients": [value or null,
…]}`, one per fed tensor through which gradients flow, or to `{"error": class name}` where TensorFlow gives none.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from minihub_runtime.dtypes import as_dtype
from tests.autodiff.differentiating import flows, sampled_gradients, weight
from tests.golden import outputs
from tests.golden.generate import Builder, Store, config, to_tensorflow, write_lines
from tests.samples import Sample

tf1 = tf.compat.v1
FOLDER = Path(__file__).parent / "golden"


def ask(sample: Sample, store: Store) -> dict[str, Any] | None:
    """TensorFlow's gradients of a sample; None if no gradient can flow."""
    with tf.Graph().as_default():
        built = Builder(sample, constants=False)
        numbers = [t for t in built.outputs if t.dtype.base_dtype not in (tf.resource, tf.variant)]
        xs = [t for t in built.feeds if flows(as_dtype(t.dtype.name))]
        ys, weights = [], []
        for place, (tensor, value) in enumerate(zip(numbers, outputs(sample.key), strict=True)):
            dtype = as_dtype(tensor.dtype.base_dtype.name)
            if flows(dtype):
                ys.append(tensor)
                weights.append(tf.constant(to_tensorflow(weight(sample.key, place, value, dtype))))
        if not xs or not ys:
            return None
        try:
            found = tf.gradients(ys, xs, weights)
        except Exception as error:
            return {"error": type(error).__name__}
        dense = [None if g is None else tf.convert_to_tensor(g) for g in found]
        with tf1.Session(config=config()) as session:
            try:
                wanted = [g for g in dense if g is not None]
                values = iter(session.run((wanted, built.operation), built.feeds)[0])
            except tf.errors.OpError as error:
                return {"error": type(error).__name__}
        return {
            "gradients": [
                None if g is None else store.encode(np.asarray(next(values)), g.dtype)
                for g in dense
            ]
        }


def generate(family: str, samples: list[Sample]) -> int:
    """Write the answers of one family; how many there are."""
    store = Store()
    found = {}
    for sample in samples:
        answer = ask(sample, store)
        if answer is not None:
            found[sample.key] = answer
    if found:
        write_lines(str(FOLDER / f"{family}.json"), found)
        np.savez_compressed(FOLDER / f"{family}.npz", **store.arrays)
    return len(found)


def main(chosen: list[str]) -> None:
    """Generate the chosen families, or all."""
    FOLDER.mkdir(exist_ok=True)
    for family, samples in sampled_gradients().items():
        if not chosen or family in chosen:
            print(f"{family}: {generate(family, samples)} answers", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
