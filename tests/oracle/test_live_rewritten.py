"""What minihub writes of recorded modules and examples, tensorflow_hub reads, with the same numbers."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
from tests.authoring.running import output_parts, same_outputs
from tests.shared import SHARED, golden, module_names, needs_shared
from tests.stories.test_exported_again import export_again

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def call(folder: Path, inputs: dict[str, Any], signature: str, tags: Any = ()) -> dict[str, Any]:
    """The outputs that TensorFlow computes."""
    tf = tensorflow
    with tf.Graph().as_default():
        module = tensorflow_hub.Module(str(folder), tags=set(tags))
        outputs = module(inputs, signature=signature, as_dict=True)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            found = session.run(outputs)
    return {name: output_parts(value) for name, value in found.items()}


def argument(value: Any) -> Any:
    """A recorded input as TensorFlow takes it."""
    kind = type(value).__name__
    if kind == "Sparse":
        return tensorflow.SparseTensor(*value)
    if kind == "Ragged":
        return tensorflow.RaggedTensor.from_nested_row_splits(value.values, value.row_splits)
    return value


@needs_shared
@pytest.mark.parametrize("name", module_names())
def test_a_module_written_again(name: str, tmp_path: Path) -> None:
    """The first recorded call of it, before and after."""
    source = SHARED / "modules" / name / "module"
    export_again(source, tmp_path / "again")
    case = next(case for case in golden(name).cases() if case.error is None)
    tf = tensorflow
    results = []
    for folder in (source, tmp_path / "again"):
        with tf.Graph().as_default():
            module = tensorflow_hub.Module(str(folder), tags=set(case.tags))
            inputs = {key: argument(value) for key, value in case.inputs.items()}
            outputs = module(inputs, signature=case.signature, as_dict=True)
            with tf.Session() as session:
                session.run([tf.global_variables_initializer(), tf.tables_initializer()])
                found = session.run(outputs)
        results.append({key: output_parts(value) for key, value in found.items()})
    for parts in results:
        for key, (first, *_) in list(parts.items()):
            if first.dtype == object and any(
                str(tmp_path) in str(v) or str(source) in str(v) for v in first.reshape(-1)
            ):
                del parts[key]  # the path of an asset, which is another one
    assert not same_outputs(results[1], results[0])


INPUTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "half_plus_two": [("default", {"default": np.float32([1, 2, 3])})],
    "fruit_to_pet": [
        ("default", {"default": np.float32([4])}),
        ("fruit_to_pet", {"apples": np.float32([4, 0]), "oranges": np.float32([0, 10])}),
    ],
    "text_embedding": [("default", {"default": np.array([b"the cat purrs.", b"", b"x"], object)})],
    "image_classifier": [
        (
            name,
            {"images": np.linspace(0, 1, 2 * 16 * 16 * 3, dtype=np.float32).reshape(2, 16, 16, 3)},
        )
        for name in ("default", "image_classification", "image_feature_vector")
    ],
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_example(name: str, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(str(tmp_path / "module"))
    module = minihub.load(tmp_path / "module")
    for signature, inputs in INPUTS[name]:
        wanted = call(tmp_path / "module", inputs, signature)
        found = module(inputs, signature=signature, as_dict=True)
        assert not same_outputs({k: output_parts(v) for k, v in found.items()}, wanted)
