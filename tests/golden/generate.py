"""Ask TensorFlow for the answers to the samples and store them.

    python -m tests.golden.generate                 all families
    python -m tests.golden.generate strings random  some of them

Runs in an environment with tensorflow-cpu 2.15.1 (see CONTRIBUTING.md), one thread, no graph optimisation, no oneDNN.
For samples with `error` it checks that TensorFlow refuses too.  TensorFlow's OpDefs
of the sampled ops go to `<family>.op_defs.json`.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import json
import os
import sys
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import attr_value_pb2
from tensorflow.core.protobuf import rewriter_config_pb2
from tensorflow.python.framework import op_def_library, op_def_registry

from minihub_runtime.codec import as_bytes
from minihub_runtime.dtypes import as_dtype, bits
from tests.golden import FOLDER
from tests.golden.functions import function
from tests.samples import File, Func, Sample, Step, families, family_samples

tf1 = tf.compat.v1
# The samples of the text families are of ops that TF.Text registers.
if importlib.util.find_spec("tensorflow_text"):
    importlib.import_module("tensorflow_text")
# Those of beam searches and resamplers are of ops that TensorFlow Addons registers when they are first looked for.
if importlib.util.find_spec("tensorflow_addons"):
    importlib.import_module("tensorflow_addons.seq2seq.beam_search_decoder")._beam_search_so.ops  # noqa: B018
    importlib.import_module("tensorflow_addons.image.resampler_ops")._resampler_so.ops  # noqa: B018
tf1.logging.set_verbosity(tf1.logging.ERROR)


def config() -> Any:
    """The reference settings: what a kernel computes, and nothing rewritten."""
    options = tf1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    options.graph_options.optimizer_options.opt_level = -1
    options.graph_options.rewrite_options.disable_meta_optimizer = True
    options.graph_options.rewrite_options.constant_folding = rewriter_config_pb2.RewriterConfig.OFF
    return options


def to_tensorflow(value: Any) -> Any:
    """An array as TensorFlow's Python wants it."""
    dtype = as_dtype(value.dtype)
    if dtype.name == "bfloat16":
        return bits(value).view(tf.bfloat16.as_numpy_dtype)
    return value


def to_attribute(value: Any) -> Any:
    """An attribute as TensorFlow's Python wants it: arrays are tensor protos."""
    if isinstance(value, Func) and value.attrs:
        named = attr_value_pb2.NameAttrList(name=value.name)
        for name, dtype in value.attrs.items():
            named.attr[name].type = tf.as_dtype(dtype.name).as_datatype_enum
        return named
    if isinstance(value, Func):
        return function(value.name)
    if isinstance(value, list):
        return [to_attribute(item) for item in value]
    if isinstance(value, str) and not value.isascii():
        return as_bytes(value)
    if not isinstance(value, np.ndarray):
        return value
    kind = tf.as_dtype(as_dtype(value.dtype).name)
    return tf.make_tensor_proto(to_tensorflow(value), kind, value.shape)


def maker(op: str, named: dict[str, Any]) -> Any:
    """What adds `op` with arguments under their OpDef names.

    `raw_ops` renames some of them and lacks the ops of graph rewriters; those are applied by their OpDef.
    """
    known = getattr(tf.raw_ops, op, None)
    if known is not None and set(named) <= set(inspect.signature(known).parameters):
        return functools.partial(known, **named)
    op_def = op_def_registry.get(op)
    inferred = {
        name
        for arg in op_def.input_arg
        for name in (arg.type_attr, arg.number_attr, arg.type_list_attr)
    }
    absent = {
        attr.name: None
        for attr in op_def.attr
        if attr.HasField("default_value") and attr.name not in inferred
    }
    # A node's default name is the op's, which may not start with an underscore.
    return functools.partial(op_def_library.apply_op, op, name=op.strip("_"), **{**absent, **named})


class Builder:
    """One sample as a TensorFlow graph."""

    def __init__(self, sample: Sample, constants: bool) -> None:
        self.feeds: dict[Any, Any] = {}
        self.constants = constants
        self.steps: dict[str, list[Any]] = {}
        if sample.producer is not None:
            # An empty graph takes over the version of what is imported into it.
            old = tf1.GraphDef()
            old.versions.producer = sample.producer
            tf1.import_graph_def(old)
        after: list[Any] = []
        for name, call in sample.before.items():
            self.steps[name], operation = self.apply(call.op, call.inputs, call.attrs, after)
            after = [operation]
        found, self.operation = self.apply(sample.op, sample.inputs, sample.attrs, after)
        self.outputs = self.steps["sampled"] = found
        for name, call in sample.after.items():
            after = [self.operation]
            found, self.operation = self.apply(call.op, call.inputs, call.attrs, after)
            self.steps[name] = found
            self.outputs = [*self.outputs, *found]

    def tensor(self, value: Any) -> Any:
        """A Step's tensor, a placeholder or a constant."""
        if isinstance(value, (list, tuple)):
            return [self.tensor(item) for item in value]
        if isinstance(value, Step):
            return self.steps[value.name][value.index]
        if isinstance(value, File):
            value = value.value
        given = to_tensorflow(np.asarray(value))
        kind = tf.as_dtype(as_dtype(np.asarray(value).dtype).name)
        if self.constants:
            return tf.constant(given, kind)
        placeholder = tf1.placeholder(kind, given.shape)
        self.feeds[placeholder] = given
        return placeholder

    def apply(
        self, op: str, inputs: dict[str, Any], attrs: dict[str, Any], after: list[Any]
    ) -> tuple[list[Any], Any]:
        """Add one op that runs after others; its flat outputs and the operation."""
        # Made outside the context: an op whose inputs were made in it gets no control inputs of its own.
        tensors = {name: self.tensor(value) for name, value in inputs.items()}
        attrs = {name: to_attribute(value) for name, value in attrs.items()}
        with tf1.control_dependencies(after):
            result = maker(op, {**tensors, **attrs})()
        operation = result if isinstance(result, tf.Operation) else None
        if operation is None:
            first = tf.nest.flatten(result)
            operation = first[0].op if first else tf1.get_default_graph().get_operations()[-1]
        return list(operation.outputs), operation


def static_shapes(tensors: list[Any]) -> list[list[int | None] | None]:
    """What TensorFlow knows of the shapes before it runs."""
    return [None if t.shape.rank is None else t.shape.as_list() for t in tensors]


class Store:
    """The arrays of one family, equal ones once."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}
        self._names: dict[Any, str] = {}

    def add(self, array: Any) -> str:
        """The name of an array in the .npz."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._names:
            self._names[key] = f"a{len(self._names)}"
            self.arrays[self._names[key]] = array
        return self._names[key]

    def encode(self, value: Any, dtype: Any) -> dict[str, Any]:
        """One output as JSON."""
        kind = as_dtype(dtype.base_dtype.name)
        if kind.name == "string":
            raw = np.asarray(value, dtype=object)
            flat = [x if isinstance(x, bytes) else str(x).encode() for x in raw.reshape(-1)]
            return {
                "dtype": "string",
                "shape": list(raw.shape),
                "bytes": self.add(np.frombuffer(b"".join(flat), np.uint8)),
                "lengths": self.add(np.array([len(x) for x in flat], np.int64)),
            }
        value = np.asarray(value)
        if kind.name == "bfloat16":
            value = value.view(np.uint16)
        return {"dtype": kind.name, "array": self.add(np.array(bits(value)))}


def ask(sample: Sample, store: Store) -> dict[str, Any]:
    """TensorFlow's answer to one sample."""
    try:
        with tf.Graph().as_default():
            built = Builder(sample, constants=False)
            runs = []
            fetched = [
                tensor
                if tensor.dtype.base_dtype not in (tf.resource, tf.variant)
                else built.operation
                for tensor in built.outputs
            ]
            with tf1.Session(config=config()) as session:
                for _ in range(sample.runs):
                    values, _ = session.run((fetched, built.operation), built.feeds)
                    runs.append(
                        [
                            store.encode(
                                np.zeros_like(value) if place in sample.unset else value,
                                tensor.dtype,
                            )
                            for place, (value, tensor) in enumerate(
                                zip(values, built.outputs, strict=True)
                            )
                            if tensor.dtype.base_dtype not in (tf.resource, tf.variant)
                        ]
                    )
            static = static_shapes(built.outputs)
    except (tf.errors.OpError, ValueError, TypeError) as error:
        if sample.error is None:
            raise RuntimeError(f"{sample}: TensorFlow refuses: {error}") from error
        return {"error": type(error).__name__}
    if sample.error is not None:
        raise RuntimeError(f"{sample}: TensorFlow does not refuse")
    with tf.Graph().as_default():
        folded = static_shapes(Builder(sample, constants=True).outputs)
    return {"outputs": runs, "static": static, "folded": folded}


def generate(family: str) -> int:
    """Write the answers of one family; how many there are."""
    store = Store()
    found = {}
    for sample in family_samples(family):
        if sample.key in found:
            raise SystemExit(f"{sample} stands twice in {family}")
        found[sample.key] = ask(sample, store)
    write_lines(f"{family}.json", found)
    write_op_defs(family)
    np.savez_compressed(FOLDER / f"{family}.npz", **store.arrays)
    return len(found)


def write_op_defs(family: str) -> None:
    """TensorFlow's OpDefs of the ops a family samples, without the prose."""
    stored = {}
    unsampled = getattr(sys.modules[f"tests.samples.{family}"], "SCHEMA_ONLY", ())
    for name in sorted({sample.op for sample in family_samples(family)} | set(unsampled)):
        op_def = op_def_registry.get(name)
        if op_def is None:
            continue
        plain = type(op_def)()
        plain.CopyFrom(op_def)
        plain.summary = plain.description = ""
        for part in (*plain.input_arg, *plain.output_arg, *plain.attr):
            part.description = ""
        stored[name] = json_format.MessageToDict(plain, preserving_proto_field_name=True)
    write_lines(f"{family}.op_defs.json", stored)


def write_lines(name: str, entries: dict[str, Any]) -> None:
    """A JSON object with one entry a line, so that a change shows as one line."""
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items())
    (FOLDER / name).write_text(f"{{\n{text}\n}}\n", encoding="utf-8", newline="\n")


def main(chosen: list[str]) -> None:
    """Generate the chosen families, or all."""
    for family in chosen or families():
        print(f"{family}: {generate(family)} answers", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
