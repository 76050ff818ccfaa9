"""`tf.contrib.predictor`: SavedModels and Estimators as functions from arrays to arrays.

    predict = tf.contrib.predictor.from_saved_model(folder)
    predict({"x": [[1.0, 2.0]]})["y"]

Source: tensorflow_core/contrib/predictor (release 1.15).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minihub_runtime.api.graph import Graph
from minihub_runtime.api.session import Session
from minihub_runtime.api.variables.global_step import create_global_step
from minihub_runtime.protos import SignatureDef
from minihub_runtime.public import public
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.export import signatures_of
from minihub_runtime.train.estimator.export_outputs import outputs_for_mode
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.monitored_session import ChiefSessionCreator, MonitoredSession
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.saved_model.loader import load
from minihub_runtime.train.saved_model.signatures import get_tensor_from_tensor_info

__all__ = ["Predictor", "from_estimator", "from_saved_model"]


class Predictor:
    """A function of arrays by name, which may be called from many threads.

    Attributes:
        graph: what it runs.
        session: what it runs in.
        feed_tensors: name → tensor that an array is fed to.
        fetch_tensors: name → tensor of a result.
    """

    def __init__(
        self,
        graph: Graph,
        session: Any,
        feed_tensors: Mapping[str, Any],
        fetch_tensors: Mapping[str, Any],
    ) -> None:
        self.graph = graph
        self.session = session
        self.feed_tensors = dict(feed_tensors)
        self.fetch_tensors = dict(fetch_tensors)

    def __call__(self, input_dict: Mapping[str, Any]) -> dict[str, Any]:
        """The results, by name.

        Args:
            input_dict: name → array; what is None, or left out, is not fed.

        Raises:
            ValueError: a name is unknown, or an array does not fit.
            OpError: the run fails.
        """
        unknown = sorted(set(input_dict) - set(self.feed_tensors))
        if unknown:
            raise ValueError(
                f"Got unexpected keys in input_dict: {unknown}\nexpected: {sorted(self.feed_tensors)}"
            )
        feeds = {
            self.feed_tensors[name]: value
            for name, value in input_dict.items()
            if value is not None
        }
        found: dict[str, Any] = self.session.run(self.fetch_tensors, feeds)
        return found

    def __repr__(self) -> str:
        return f"<Predictor of {sorted(self.feed_tensors)} to {sorted(self.fetch_tensors)}>"


def _with_signature(graph: Graph, session: Any, signature: SignatureDef) -> Predictor:
    inputs, outputs = (
        {name: get_tensor_from_tensor_info(info, graph) for name, info in infos.items()}
        for infos in (signature.inputs, signature.outputs)
    )
    return Predictor(graph, session, inputs, outputs)


@public("contrib.predictor.from_saved_model")
def from_saved_model(
    export_dir: str | os.PathLike[str],
    signature_def_key: str | None = None,
    signature_def: SignatureDef | None = None,
    input_names: Mapping[str, str] | None = None,
    output_names: Mapping[str, str] | None = None,
    tags: str | Iterable[str] | None = None,
    graph: Graph | None = None,
    config: Any = None,
) -> Predictor:
    """A SavedModel as a function.

    Args:
        export_dir: its folder.
        signature_def_key: of its signature; `serving_default` if nothing else is said.
        signature_def: a signature, instead.
        input_names: name → name of a tensor, instead, with `output_names`.
        output_names: the same.
        tags: of its graph, as text with commas between or one by one; `serve` if left out.
        graph: where to put it; a new one if left out.
        config: see `Session`.

    Raises:
        ValueError: several of the ways to say what is fed and fetched, or half of one; there is no such signature.
        RuntimeError: there is no such graph.
        OpError: it cannot be read.
    """
    if (input_names is None) != (output_names is None):
        raise ValueError(
            "input_names and output_names must both be specified or both be unspecified."
        )
    if sum(given is not None for given in (signature_def_key, signature_def, input_names)) > 1:
        raise ValueError(
            "You must specify at most one of signature_def_key OR signature_def OR "
            "(input_names AND output_names)."
        )
    wanted = constants.SERVING if tags is None else tags
    graph = graph or Graph()
    with graph.as_default():
        session = Session(config=config)
        meta = load(
            session,
            wanted.split(",") if isinstance(wanted, str) else list(wanted),
            os.fspath(export_dir),
        )
    if input_names is not None and output_names is not None:
        feeds, fetches = (
            {key: graph.get_tensor_by_name(name) for key, name in names.items()}
            for names in (input_names, output_names)
        )
        return Predictor(graph, session, feeds, fetches)
    if signature_def is None:
        key = signature_def_key or constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
        if key not in meta.signature_def:
            raise ValueError(
                f"signature_def_key must be one of {sorted(meta.signature_def)}, not {key!r}"
            )
        signature_def = meta.signature_def[key]
    return _with_signature(graph, session, signature_def)


@public("contrib.predictor.from_estimator")
def from_estimator(
    estimator: Estimator,
    serving_input_receiver_fn: Callable[[], Any],
    output_key: str | None = None,
    graph: Graph | None = None,
    config: Any = None,
) -> Predictor:
    """An Estimator with its latest checkpoint as a function; the graph is built once.

    Args:
        estimator: the Estimator.
        serving_input_receiver_fn: a function that returns a ServingInputReceiver or a TensorServingInputReceiver.
        output_key: of one of the `export_outputs`; the one that is served by default if left out.
        graph: where to put it; a new one if left out.
        config: see `Session`.

    Raises:
        TypeError: it is no Estimator.
        ValueError: there are no such outputs.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(f"estimator must be a tf.estimator.Estimator, not {type(estimator)}")
    graph = graph or Graph()
    with graph.as_default():
        create_global_step(graph)
        receiver = serving_input_receiver_fn()
        spec = estimator.model_fn(receiver.features, None, ModeKeys.PREDICT, estimator.config)
        signatures = signatures_of(
            receiver.receiver_tensors,
            outputs_for_mode(spec),
            getattr(receiver, "receiver_tensors_alternatives", None),
            serving_only=True,
        )
        key = output_key or constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
        if key not in signatures:
            raise ValueError(f"output_key must be one of {sorted(signatures)}, not {key!r}")
        creator = ChiefSessionCreator(
            spec.scaffold, config=config, checkpoint_dir=estimator.model_dir
        )
        session = MonitoredSession(creator)
    return _with_signature(graph, session, signatures[key])
