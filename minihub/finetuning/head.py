"""The layers on top of a module, and the module that has them."""

from __future__ import annotations

import dataclasses
from typing import Any

import minihub_runtime as tf
from minihub.finetuning.tasks import Task
from minihub.module import TRAIN
from minihub.saved_model import MetaGraph
from minihub.spec import ModuleSpec
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.meta_graph_import import import_scoped_meta_graph
from minihub_runtime.api.tensor_info import build_tensor_info
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.shapes import show

__all__ = ["Head", "attach_head", "flat_features"]


@dataclasses.dataclass(frozen=True)
class Head:
    """Dense layers on the features that a module computes.

    Attributes:
        task: what the last layer is for.
        hidden_units: widths of the layers before the last, each followed by a relu.
        dropout: share of the features, and of each hidden layer, that is dropped in training.
        scope: variable scope of its layers.
    """

    task: Task
    hidden_units: tuple[int, ...] = ()
    dropout: float = 0.0
    scope: str = "head"

    def __post_init__(self) -> None:
        if any(units < 1 for units in self.hidden_units):
            raise InvalidArgumentError(
                f"hidden_units must be positive, not {list(self.hidden_units)}"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise InvalidArgumentError(f"dropout must lie in [0, 1), not {self.dropout}")

    def build(self, features: Any, training: bool) -> tuple[Any, list[Any]]:
        """The layers in the default graph.

        Args:
            features: float32 [batch, n].
            training: whether to drop.

        Returns:
            The logits, float32 [batch, units], and the variables.
        """
        with tf.variable_scope(self.scope, use_resource=True):
            layer = self._dropped(features, training)
            for number, units in enumerate(self.hidden_units):
                layer = tf.layers.dense(layer, units, tf.nn.relu, name=f"hidden_{number}")
                layer = self._dropped(layer, training)
            logits = tf.layers.dense(layer, self.task.units, name=self.task.name)
        return logits, tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, f"{self.scope}/")

    def _dropped(self, layer: Any, training: bool) -> Any:
        return tf.nn.dropout(layer, rate=self.dropout) if training and self.dropout else layer


def flat_features(output: Any, name: str) -> Any:
    """An output of a module as float32 [batch, n].

    Raises:
        InvalidArgumentError: it is no tensor of floating-point numbers, or its size per example is not known.
    """
    if not isinstance(output, tf.Tensor) or not output.dtype.is_floating:
        kind = getattr(output, "dtype", None)
        shown = kind.name if kind is not None else type(output).__name__
        raise InvalidArgumentError(
            f"output {name!r} must be a dense tensor of floating-point numbers to learn from, not {shown}"
        )
    shape = output.shape
    if shape.rank is None or shape.rank < 2 or None in shape.as_list()[1:]:
        found = show(None if shape.rank is None else shape.as_list())
        raise InvalidArgumentError(
            f"output {name!r} must have the shape [batch, n] with n known, not {found}"
        )
    size = 1
    for length in shape.as_list()[1:]:
        size *= length
    flat = output if shape.rank == 2 else tf.reshape(output, [-1, size])
    return tf.cast(flat, tf.float32)


def attach_head(spec: ModuleSpec, head: Head, signature: str, output: str, name: str) -> ModuleSpec:
    """The spec of a module with one more signature: the head, on an output of one that is there.

    Graphs in which that signature, or that output of it, is missing stay as they are.

    Args:
        spec: the module.
        head: the layers; their dropout drops in graphs tagged `train`.
        signature: whose output the features are.
        output: name of the output.
        name: name of the new signature.
    """
    graphs = [
        _with_head(spec, graph, head, signature, output, name)
        if output in getattr(graph.signatures.get(signature), "outputs", ())
        else graph
        for graph in spec.graphs
    ]
    return ModuleSpec(graphs, readable=spec.readable)


def _with_head(
    spec: ModuleSpec,
    meta_graph: MetaGraph,
    head: Head,
    signature: str,
    output: str,
    name: str,
) -> MetaGraph:
    graph = tf.Graph()
    for path in spec.readable:
        graph.allow_reading(path)
    tags = sorted(meta_graph.tags)
    with graph.as_default():
        import_scoped_meta_graph(meta_graph.proto)
        found = meta_graph.signatures[signature].outputs[output]
        features = flat_features(graph.get_tensor_by_name(str(found.refs[0])), output)
        logits, _ = head.build(features, training=TRAIN in tags)
        with tf.name_scope(f"{head.scope}/outputs"):
            outputs = head.task.outputs(logits)
        proto = create_meta_graph_def(graph=graph, strip_default_attrs=True)
    proto.meta_info_def.tags[:] = tags
    for key, definition in meta_graph.proto.signature_def.items():
        proto.signature_def[key].CopyFrom(definition)
    added = proto.signature_def[name]
    for key, info in meta_graph.proto.signature_def[signature].inputs.items():
        added.inputs[key].CopyFrom(info)
    for key, tensor in outputs.items():
        added.outputs[key].CopyFrom(build_tensor_info(tensor))
    return MetaGraph(proto, meta_graph.folder, meta_graph.assets)
