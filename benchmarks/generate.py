"""Write the networks as TF1 Hub modules, frozen graphs and ONNX files, with TensorFlow.

    PYTHON -m benchmarks.generate FOLDER [NETWORK ...]

PYTHON is that of the TensorFlow environment (benchmarks/requirements-tensorflow.txt). What is there already is left; each
network's folder appears as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np

from benchmarks.inputs import vocabulary
from benchmarks.networks import NETWORKS, Network

__all__ = ["fingerprint", "generate", "is_current", "main"]

_HERE = Path(__file__).parent
#: Raised when this file writes other bytes for the same network.
_FORMAT = 2


def fingerprint(name: str) -> str:
    """Changes with what says how a network is made."""
    network = NETWORKS[name]
    source = (_HERE / "networks" / f"{network.home}.py").read_bytes()
    text = f"{_FORMAT} {network.options} {network.vocabulary} {network.onnx} {network.trained}"
    return hashlib.sha256(source + text.encode()).hexdigest()[:16]


def is_current(folder: Path, name: str) -> bool:
    """Whether a network is there, and as it would be written now."""
    path = folder / name / "network.json"
    if not path.exists():
        return False
    described = json.loads(path.read_text(encoding="utf-8"))
    return bool(described["fingerprint"] == fingerprint(name))


def main(arguments: Sequence[str]) -> int:
    """Write networks into a folder."""
    folder, *names = arguments
    for name in names or NETWORKS:
        generate(Path(folder), name)
    return 0


def generate(folder: Path, name: str) -> None:
    """Write one network, unless it is there."""
    target = folder / name
    if is_current(folder, name):
        return
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        _write(draft, name, NETWORKS[name])
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(f"wrote {name}", file=sys.stderr)


def _write(draft: Path, name: str, network: Network) -> None:
    import tensorflow.compat.v1 as tf
    import tensorflow_hub as hub

    tf.disable_v2_behavior()
    options = dict(network.options)
    if network.vocabulary:
        words = draft / "tokens.txt"
        words.write_bytes(b"\n".join(vocabulary(network.vocabulary)) + b"\n")
        options |= {"vocabulary": str(words), "size": network.vocabulary}
    build = network.builder()

    def module_fn(**training: bool) -> None:
        inputs, outputs = build(**options, **training)
        hub.add_signature(inputs=inputs, outputs=outputs)

    graphs: list[Any] = [(set(), {})]
    if network.trained:
        graphs.append(({"train"}, {"training": True}))
    spec = hub.create_module_spec(module_fn, graphs)
    with tf.Graph().as_default():
        module = hub.Module(spec, tags=graphs[-1][0], trainable=True)
        with tf.Session() as session:
            session.run(tf.tables_initializer())
            variables = [
                part
                for found in module.variable_map.values()
                for part in (found if isinstance(found, list) else [found])
            ]
            for variable in variables:
                variable.load(_value(variable.op.name, variable.shape.as_list()), session)
            module.export(str(draft / "module"), session)
        shapes = {
            key: _whole_shape(found if isinstance(found, list) else [found])
            for key, found in module.variable_map.items()
        }
    if network.vocabulary:
        words.unlink()
    described: dict[str, Any] = {
        "name": name,
        "vocabulary": network.vocabulary,
        "trained": network.trained,
        "variables": shapes,
        "versions": {"tensorflow": tf.__version__, "tensorflow_hub": hub.__version__},
        "fingerprint": fingerprint(name),
    }
    described |= _freeze(draft, network)
    (draft / "network.json").write_text(json.dumps(described, indent=1), encoding="utf-8")


def _whole_shape(parts: Sequence[Any]) -> list[int]:
    """Of a variable that is split by its first axis."""
    shapes = [part.shape.as_list() for part in parts]
    return shapes[0] if len(shapes) == 1 else [sum(shape[0] for shape in shapes), *shapes[0][1:]]


def _value(name: str, shape: list[int]) -> Any:
    """A seeded value for a variable, such that signals neither fade nor explode."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    kind = name.rsplit("/", 1)[-1]
    if "variance" in kind or kind == "gamma":
        return random.uniform(0.6, 1.4, shape).astype(np.float32)
    if len(shape) < 2:
        return (random.standard_normal(shape) * 0.1).astype(np.float32)
    if ("embed" in name and len(shape) == 2) or kind.startswith("part_"):
        return (random.standard_normal(shape) * 0.1).astype(np.float32)
    # A depthwise filter reads one channel, a transposed one a part of its window.
    inputs = int(np.prod(shape[:2] if "depthwise" in name else shape[:-1]))
    if "deconv" in name:
        inputs = int(np.prod(shape[:2])) * shape[3] // 4
    gain = 1.0 if len(shape) == 2 else 2.0
    return (random.standard_normal(shape) * np.sqrt(gain / inputs)).astype(np.float32)


def _freeze(draft: Path, network: Network) -> dict[str, Any]:
    """Write the frozen graph and the ONNX file; what the files hold."""
    import tensorflow.compat.v1 as tf
    import tensorflow_hub as hub

    with tf.Graph().as_default() as graph:
        module = hub.Module(str(draft / "module"))
        given = {
            key: tf.placeholder(info.dtype, info.get_shape(), key)
            for key, info in module.get_input_info_dict().items()
        }
        made = module(given, as_dict=True)
        made = {key: tf.identity(value, f"output_{key}") for key, value in sorted(made.items())}
        inputs = {
            key: {
                "dtype": value.dtype.name,
                "shape": value.shape.as_list(),
                "tensor": value.op.name,
            }
            for key, value in given.items()
        }
        outputs = {key: {"tensor": value.op.name} for key, value in made.items()}
        described: dict[str, Any] = {
            "inputs": inputs,
            "outputs": outputs,
            "matmuls": None,
            "onnx": None,
        }
        if not network.onnx:
            return described
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            frozen = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), [info["tensor"] for info in outputs.values()]
            )
    from benchmarks.matmuls import find_matmuls

    frozen = tf.graph_util.remove_training_nodes(
        frozen, [info["tensor"] for info in outputs.values()]
    )
    (draft / "frozen.pb").write_bytes(frozen.SerializeToString())
    described["matmuls"] = find_matmuls(frozen, inputs)
    described["onnx"] = _write_onnx(draft / "model.onnx", frozen, inputs, outputs)
    return described


def _write_onnx(
    path: Path, frozen: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
) -> str:
    """Convert a frozen graph; "" or why that failed."""
    try:
        import tf2onnx
    except ImportError as error:
        return str(error)
    try:
        tf2onnx.convert.from_graph_def(
            frozen,
            input_names=[f"{info['tensor']}:0" for info in inputs.values()],
            output_names=[f"{info['tensor']}:0" for info in outputs.values()],
            opset=17,
            output_path=str(path),
        )
    except Exception as error:  # a converter's failure is a result
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
