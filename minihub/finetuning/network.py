"""A module and a head in a graph and a session of their own.

The body of a network gives features: `Precomputed` takes them as they are, from a module that was run once and does not change;
`Trained` applies the module in the graph, so that its variables learn, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import minihub_runtime as tf
from minihub.evaluation import placeholder_for
from minihub.finetuning.fingerprints import Fingerprint
from minihub.finetuning.head import Head, flat_features
from minihub.module import TRAIN, Module, stored_value
from minihub.spec import ModuleSpec
from minihub_runtime.protos.canonical import canonical_bytes

__all__ = ["Body", "Network", "Precomputed", "Trained", "training_tags"]


class Body(Protocol):
    """What a head stands on."""

    def build(self, training: bool) -> tuple[dict[str, Any], Any, Module | None]:
        """Placeholders by name, features float32 [batch, n], and the module if it is part of the graph."""


class Precomputed:
    """Features that were computed before: float32 [batch, size], fed under the name `features`."""

    def __init__(self, size: int) -> None:
        self.size = size

    def build(self, training: bool) -> tuple[dict[str, Any], Any, None]:
        """The placeholder is the features."""
        features = tf.placeholder(tf.float32, [None, self.size], name="features")
        return {"features": features}, features, None


class Trained:
    """A module whose variables are trained with the head.

    Args:
        spec: the module.
        signature: which of its signatures.
        output: which output of it.
        tags: of the graph that is trained.
        evaluation_tags: of the graph that predicts.
    """

    def __init__(
        self,
        spec: ModuleSpec,
        signature: str,
        output: str,
        tags: Collection[str],
        evaluation_tags: Collection[str],
    ) -> None:
        self._spec, self._signature, self._output = spec, signature, output
        self._tags = {True: frozenset(tags), False: frozenset(evaluation_tags)}

    def build(self, training: bool) -> tuple[dict[str, Any], Any, Module]:
        """The module, applied to placeholders."""
        tags = self._tags[training]
        module = Module(self._spec, trainable=training, tags=tags)
        infos = self._spec.get_input_info_dict(self._signature, tags)
        inputs = {name: placeholder_for(name, info) for name, info in infos.items()}
        outputs = module(inputs, signature=self._signature, as_dict=True)
        return inputs, flat_features(outputs[self._output], self._output), module


class Network:
    """A body and a head, with a session in which the variables have their first values.

    Args:
        body: where features come from.
        head: the layers on top.
        training: whether dropout drops and batch norm takes statistics.
        seed: of the graph.
        optimizer: makes the optimiser; None for a network that only predicts.

    Attributes:
        outputs: name → tensor, of the new signature.
        module: the module in the graph, None if features are precomputed.
        head_variables: the variables of the head.
    """

    def __init__(
        self,
        body: Body,
        head: Head,
        *,
        training: bool,
        seed: int,
        optimizer: Callable[[], Any] | None = None,
    ) -> None:
        graph = tf.Graph()
        with graph.as_default():
            tf.set_random_seed(seed)
            self._inputs, features, self.module = body.build(training)
            logits, self.head_variables = head.build(features, training)
            self._targets = head.task.placeholder()
            self._weights = tf.placeholder(tf.float32, [None], name="weights")
            losses = head.task.losses(logits, self._targets)
            # A sum over the batch, so that batches of different sizes add up to the loss of all examples.
            self._loss_sum = tf.reduce_sum(losses * self._weights)
            self.outputs = head.task.outputs(logits)
            self._step: Any = None
            if optimizer is not None:
                self._step = self._training_step(optimizer())
            self._variables = {v.op.name: v for v in tf.global_variables()}
            initializers = [tf.global_variables_initializer(), tf.tables_initializer()]
            graph.finalize()
        self._session = tf.Session(graph=graph)
        self._session.run(initializers)

    def _training_step(self, optimizer: Any) -> Any:
        total = tf.reduce_sum(self._weights)
        loss = tf.div_no_nan(self._loss_sum, total)
        regularization = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
        if regularization:
            loss = tf.add_n([loss, *regularization])
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            gradients = optimizer.compute_gradients(loss)
        return optimizer.apply_gradients(
            [(gradient, variable) for gradient, variable in gradients if gradient is not None]
        )

    def _feeds(self, inputs: Mapping[str, Any]) -> dict[Any, Any]:
        return {self._inputs[name]: value for name, value in inputs.items()}

    def train(self, inputs: Mapping[str, Any], targets: Any, weights: Any) -> float:
        """Make one step.

        Returns:
            The sum of the weighted losses of the batch before it.
        """
        feeds = {**self._feeds(inputs), self._targets: targets, self._weights: weights}
        loss, _ = self._session.run([self._loss_sum, self._step], feeds)
        return float(loss)

    def evaluate(
        self, inputs: Mapping[str, Any], targets: Any, weights: Any
    ) -> tuple[float, dict[str, Any]]:
        """The sum of the weighted losses of a batch, and its outputs."""
        feeds = {**self._feeds(inputs), self._targets: targets, self._weights: weights}
        loss, outputs = self._session.run([self._loss_sum, self.outputs], feeds)
        return float(loss), outputs

    def predict(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs for a batch."""
        outputs: dict[str, Any] = self._session.run(self.outputs, self._feeds(inputs))
        return outputs

    @property
    def names(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(self._variables)

    def values(self, names: Collection[str]) -> dict[str, Any]:
        """Name → value of those of its variables that are among `names`, copied."""
        return {name: value.copy() for name, value in self.stored(names).items()}

    def stored(self, names: Collection[str]) -> dict[str, Any]:
        """The same, not copied: read-only, and not to be kept over the next step."""
        names = sorted(self.names & set(names))
        stored = self._session.stored_values(self._variables[name] for name in names)
        return dict(zip(names, stored, strict=True))

    def assign(self, values: Mapping[str, Any]) -> None:
        """Give variables the values that go with their names."""
        for name, value in values.items():
            self._variables[name].load(value, self._session)

    @property
    def fingerprint(self) -> str:
        """Of its graph: what it computes, and what a step changes."""
        found = Fingerprint()
        found.add("graph", canonical_bytes(self._session.graph.as_graph_def()))
        return str(found)

    def streams(self) -> list[Any]:
        """Where the random numbers of its nodes are, as JSON has it."""
        return [[*place, *stream] for place, stream in self._session.runner.state.streams().items()]

    def set_streams(self, streams: Sequence[Any]) -> None:
        """Let random numbers go on where `streams` says."""
        self._session.runner.state.set_streams(
            {
                (tuple((scope, node) for scope, node in path), scope, node): (key, counter)
                for path, scope, node, key, counter in streams
            }
        )

    def module_tensors(self) -> dict[str, Any]:
        """Name in the module → value for a checkpoint, of the module's variables."""
        if self.module is None:
            return {}
        return {
            name: stored_value(variable, self._session)
            for name, variable in self.module.variable_map.items()
        }

    def head_tensors(self) -> dict[str, Any]:
        """Name → value of the head's variables."""
        stored = self._session.stored_values(self.head_variables)
        return {v.op.name: value for v, value in zip(self.head_variables, stored, strict=True)}


def training_tags(spec: ModuleSpec) -> frozenset[str]:
    """The tags of the graph to train: `train` if there is one."""
    return frozenset({TRAIN}) if frozenset({TRAIN}) in spec.get_tags() else frozenset()
