"""`tf.estimator.Estimator`: trains, evaluates, predicts and exports a model that a function builds.

    estimator = tf.estimator.Estimator(model_fn, model_dir=folder)
    estimator.train(input_fn, steps=1000)
    estimator.evaluate(eval_input_fn)

Each call builds a graph of its own and begins with the latest checkpoint of `model_dir`.

Source: tensorflow_estimator/python/estimator/estimator.py.
"""

from __future__ import annotations

import contextlib
import copy
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

from minihub_runtime.api.graph import Graph, GraphKeys, get_default_graph
from minihub_runtime.api.grouping import group
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.random_seed import set_random_seed
from minihub_runtime.api.variables.global_step import create_global_step
from minihub_runtime.errors import OpError
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import (
    list_variables,
    load_variable,
    new_checkpoint_reader,
)
from minihub_runtime.train.checkpoint_state import latest_checkpoint
from minihub_runtime.train.estimator.calling import accepted, argument_names
from minihub_runtime.train.estimator.evaluation import (
    metric_values_and_update,
    write_checkpoint_path,
    write_values,
)
from minihub_runtime.train.estimator.export import write_saved_model
from minihub_runtime.train.estimator.input_functions import features_and_labels, is_finite
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec, verify_model_fn_args
from minihub_runtime.train.estimator.run_config import (
    RunConfig,
    default_session_config,
    path_as_text,
)
from minihub_runtime.train.estimator.training import train_with_spec
from minihub_runtime.train.estimator.warm_start_settings import WarmStartSettings, settings_from
from minihub_runtime.train.evaluation import StopAfterNEvalsHook, evaluate_once, evaluation_step
from minihub_runtime.train.hooks import StopAtStepHook
from minihub_runtime.train.monitored_session import ChiefSessionCreator, MonitoredSession
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.saving_hooks import CheckpointSaverListener
from minihub_runtime.train.scaffold import Scaffold
from minihub_runtime.train.step_reading import global_step_read
from minihub_runtime.train.warm_starting import warm_start

__all__ = ["Estimator", "Receivers", "checked_hooks", "evaluation_hooks", "saved_step"]

#: Mode → function that returns a receiver.
Receivers: TypeAlias = Mapping[str, Callable[[], Any]]


@public("estimator.Estimator")
class Estimator:
    """Trains, evaluates, predicts and exports a model that a function builds.

    A subclass may add methods, and may not override those of this class.

    Args:
        model_fn: a function of `features`, and of `labels`, `mode` (one of the ModeKeys), `params` and `config` if it has
            arguments of these names; it adds the model to the default graph and returns an EstimatorSpec.
        model_dir: folder of checkpoints and summaries; that of `config`, or a temporary one, if None.
        config: a RunConfig.
        params: what `model_fn` gets as `params`.
        warm_start_from: a checkpoint, a SavedModel or WarmStartSettings whose values the variables begin with as long as
            there is no checkpoint in `model_dir`.

    Attributes:
        model_dir: see above.
        config: a copy of the RunConfig.
        params: a copy of the parameters.
        model_fn: the function, of `features`, `labels`, `mode` and `config`.

    Raises:
        ValueError: `model_fn` has other arguments, `config` is no RunConfig or names another folder, or a subclass
            overrides a method.
    """

    #: What subclasses may override.
    _overridable: ClassVar[frozenset[str]] = frozenset({"model_fn", "latest_checkpoint"})

    def __init__(
        self,
        model_fn: Callable[..., EstimatorSpec],
        model_dir: Any = None,
        config: RunConfig | None = None,
        params: Mapping[str, Any] | None = None,
        warm_start_from: Any = None,
    ) -> None:
        self._check_overrides()
        self._config = _config_with_folder(config, path_as_text(model_dir))
        self._model_dir: str = self._config.model_dir
        self._session_config = self._config.session_config
        LOGGER.info("Using config: %s", vars(self._config))
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        verify_model_fn_args(model_fn, params)
        self._model_fn = model_fn
        self._params: Any = copy.deepcopy(params or {})
        self._warm_start_settings: WarmStartSettings | None = settings_from(warm_start_from)

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and summaries."""
        return self._model_dir

    @property
    def config(self) -> RunConfig:
        """A copy of the RunConfig."""
        return copy.deepcopy(self._config)

    @property
    def params(self) -> Any:
        """A copy of the parameters."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model function, of `features`, `labels`, `mode` and `config`."""

        def model_fn(features: Any, labels: Any, mode: str, config: RunConfig) -> EstimatorSpec:
            return self._call_model_fn(features, labels, mode, config)

        return model_fn

    def get_variable_value(self, name: str) -> Any:
        """The value of a variable in the latest checkpoint.

        Raises:
            ValueError: there is no checkpoint.
            NotFoundError: there is no such variable.
        """
        self._require_checkpoint()
        return load_variable(self._model_dir, name)

    def get_variable_names(self) -> list[str]:
        """The names of the variables in the latest checkpoint.

        Raises:
            ValueError: there is none.
        """
        self._require_checkpoint()
        return [name for name, _ in list_variables(self._model_dir)]

    def latest_checkpoint(self) -> str | None:
        """The prefix of the latest checkpoint; None if there is none."""
        return latest_checkpoint(self._model_dir)

    def train(
        self,
        input_fn: Callable[..., Any],
        hooks: Iterable[SessionRunHook] | None = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Iterable[CheckpointSaverListener] | None = None,
    ) -> Estimator:
        """Train, from the latest checkpoint on, until the input ends or a hook says so.

        Args:
            input_fn: a function, of `mode`, `params` and `config` if it has arguments of these names, that returns a
                tf.data.Dataset, a pair of features and labels, or features.
            hooks: further hooks.
            steps: end after so many steps of this call.
            max_steps: end when the global step is this; nothing is done if it is already.
            saving_listeners: told of each checkpoint.

        Returns:
            This Estimator.

        Raises:
            ValueError: both numbers are given, or one is not positive; the model function returns no EstimatorSpec.
            TypeError: something else is among the hooks or listeners.
            NanLossDuringTrainingError: the loss is not a number.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        if max_steps is not None and max_steps <= saved_step(self._model_dir):
            LOGGER.info("Skipping training since max_steps has already saved.")
            return self
        all_hooks = checked_hooks(hooks)
        if steps is not None or max_steps is not None:
            all_hooks.append(StopAtStepHook(steps, max_steps))
        listeners = list(saving_listeners or ())
        for listener in listeners:
            if not isinstance(listener, CheckpointSaverListener):
                raise TypeError(
                    f"saving_listeners must be a list of CheckpointSaverListener, given: {listener}"
                )
        with Graph().as_default() as graph, graph.device(self._config.device_fn):
            set_random_seed(self._config.tf_random_seed)
            self._create_global_step(graph)
            global_step_read("Estimator.train")
            features, labels, input_hooks = self._input(input_fn, ModeKeys.TRAIN)
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self.config)
            if latest_checkpoint(self._model_dir) is None:
                self._warm_start()
            loss = train_with_spec(
                spec, self._config, [*input_hooks, *all_hooks], listeners, steps, max_steps
            )
        LOGGER.info("Loss for final step: %s.", loss)
        return self

    def eval_dir(self, name: str | None = None) -> str:
        """The folder of the summaries of an evaluation.

        Args:
            name: of the evaluation, if there are several.
        """
        return os.path.join(self._model_dir, f"eval_{name}" if name else "eval")

    def evaluate(
        self,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        checkpoint_path: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Evaluate a checkpoint, and write the values as summaries.

        Args:
            input_fn: see `train`.
            steps: end after so many batches; when the input ends if None.
            hooks: further hooks.
            checkpoint_path: prefix of the checkpoint; the latest one if None.  Without any the variables are initialised.
            name: of the evaluation, if there are several.

        Returns:
            Name → value of the metrics, of `loss`, its mean over the batches, and of `global_step`.

        Raises:
            ValueError: `steps` is not positive, a metric has a reserved name, or the model function returns no EstimatorSpec.
            TypeError: something else is among the hooks.
        """
        all_hooks = [*checked_hooks(hooks), *evaluation_hooks(steps)]
        path = checkpoint_path or self._latest_for("evaluate")
        with Graph().as_default():
            scaffold, update_op, values, every_hook = self._evaluation_graph(
                input_fn, all_hooks, path
            )
            return self._evaluate_graph(
                path, scaffold, update_op, values, every_hook, self.eval_dir(name)
            )

    def _create_global_step(self, graph: Graph) -> Any:
        """Make the global step of the graph of a model."""
        return create_global_step(graph)

    def _evaluation_graph(
        self, input_fn: Callable[..., Any], hooks: list[SessionRunHook], path: str | None
    ) -> tuple[Scaffold, Any, dict[str, Any], list[SessionRunHook]]:
        """Build the model in the default graph: scaffold, operation of a batch, what to fetch at the end, all hooks."""
        set_random_seed(self._config.tf_random_seed)
        step = self._create_global_step(get_default_graph())
        features, labels, input_hooks = self._input(input_fn, ModeKeys.EVAL)
        spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self.config)
        values, update_op = metric_values_and_update(spec.eval_metric_ops, spec.loss)
        if not path:
            self._warm_start()
        values[GraphKeys.GLOBAL_STEP] = step
        scaffold = spec.scaffold
        if scaffold.local_init_op is not None:
            # The operation of the user does not know of the counter of batches.
            evaluation_step()
            scaffold = Scaffold(
                local_init_op=group(scaffold.local_init_op, Scaffold.default_local_init_op()),
                copy_from_scaffold=scaffold,
            )
        return scaffold, update_op, values, [*input_hooks, *hooks, *spec.evaluation_hooks]

    def _evaluate_graph(
        self,
        path: str | None,
        scaffold: Scaffold,
        update_op: Any,
        values: dict[str, Any],
        hooks: list[SessionRunHook],
        folder: str,
    ) -> dict[str, Any]:
        found: dict[str, Any] = evaluate_once(
            path,
            self._config.evaluation_master,
            scaffold,
            update_op,
            final_ops=values,
            hooks=hooks,
            config=self._session_config,
        )
        step = int(found[GraphKeys.GLOBAL_STEP])
        write_values(folder, found, step)
        if path:
            write_checkpoint_path(folder, path, step)
        return found

    def predict(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Iterable[str] | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        checkpoint_path: str | None = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """Predictions of a checkpoint, one after the other; nothing is done before the first is asked for.

        Args:
            input_fn: see `train`; labels are dropped.
            predict_keys: which predictions; all if None.
            hooks: further hooks.
            checkpoint_path: see `evaluate`.
            yield_single_examples: whether to take batches apart.

        Yields:
            What is predicted for an example, or for a batch: an array, or name → array.

        Raises:
            ValueError: none of the keys is a prediction, or the predictions of a batch have different lengths.
            TypeError: something else is among the hooks.
        """
        all_hooks = checked_hooks(hooks)
        path = checkpoint_path or self._latest_for("predict")
        graph = Graph()
        # The default graph of the caller is another one between two predictions.
        with graph.as_default():
            set_random_seed(self._config.tf_random_seed)
            self._create_global_step(graph)
            features, _, input_hooks = self._input(input_fn, ModeKeys.PREDICT)
            if not is_finite(features):
                LOGGER.warning(
                    "Input graph does not use tf.data.Dataset or contain a QueueRunner. That means predict "
                    "yields forever. This is probably a mistake."
                )
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            if not path:
                self._warm_start()
            predictions = _chosen(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(
                spec.scaffold,
                self._config.master,
                self._session_config,
                checkpoint_filename_with_path=path,
            )
            session = MonitoredSession(creator, [*input_hooks, *all_hooks, *spec.prediction_hooks])
        with session:
            while not session.should_stop():
                with graph.as_default():
                    batch = session.run(predictions)
                if not yield_single_examples:
                    yield batch
                elif isinstance(batch, dict):
                    for number in range(_batch_length(batch)):
                        yield {key: value[number] for key, value in batch.items()}
                else:
                    yield from batch

    def export_saved_model(
        self,
        export_dir_base: Any,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        experimental_mode: str = ModeKeys.PREDICT,
    ) -> bytes:
        """Write a checkpoint as a SavedModel, into a folder that is called after the second.

        Args:
            export_dir_base: where the folder is made.
            serving_input_receiver_fn: a function that returns a ServingInputReceiver.
            assets_extra: path below `assets.extra` → file that is copied there.
            as_text: write the text form.
            checkpoint_path: prefix of the checkpoint; the latest one if None.
            experimental_mode: the mode of the graph.

        Returns:
            Path of the folder.

        Raises:
            ValueError: there is no function, no checkpoint, or a variable is not in it.
            OpError: a file cannot be read or written.
        """
        if not serving_input_receiver_fn:
            raise ValueError("An input_receiver_fn must be defined.")
        receivers: Receivers = {experimental_mode: serving_input_receiver_fn}
        return self._export(export_dir_base, receivers, assets_extra, as_text, checkpoint_path)

    def export_savedmodel(
        self,
        export_dir_base: Any,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        strip_default_attrs: bool = False,
    ) -> bytes:
        """An older name of `export_saved_model`; graphs are written with all attributes.

        Args:
            export_dir_base: see `export_saved_model`.
            serving_input_receiver_fn: see `export_saved_model`.
            assets_extra: see `export_saved_model`.
            as_text: see `export_saved_model`.
            checkpoint_path: see `export_saved_model`.
            strip_default_attrs: leave attributes that have their defaults out.
        """
        if not serving_input_receiver_fn:
            raise ValueError("An input_receiver_fn must be defined.")
        receivers: Receivers = {ModeKeys.PREDICT: serving_input_receiver_fn}
        return self._export(
            export_dir_base, receivers, assets_extra, as_text, checkpoint_path, strip_default_attrs
        )

    def experimental_export_all_saved_models(
        self,
        export_dir_base: Any,
        input_receiver_fn_map: Mapping[str, Callable[[], Any]],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
    ) -> bytes:
        """Write a SavedModel with a graph for each of several modes.

        Args:
            export_dir_base: see `export_saved_model`.
            input_receiver_fn_map: mode → function that returns a receiver.
            assets_extra: see `export_saved_model`.
            as_text: see `export_saved_model`.
            checkpoint_path: see `export_saved_model`.
        """
        return self._export(
            export_dir_base, input_receiver_fn_map, assets_extra, as_text, checkpoint_path
        )

    def _export(
        self,
        base: Any,
        receivers: Receivers,
        assets_extra: Mapping[str, str] | None,
        as_text: bool,
        checkpoint_path: str | None,
        strip_default_attrs: bool = True,
    ) -> bytes:
        path = checkpoint_path or self.latest_checkpoint()
        if not path and self._warm_start_settings is not None:
            path = self._warm_start_settings.ckpt_to_initialize_from
            if os.path.isdir(path):
                path = latest_checkpoint(path)
        if not path:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")

        def build(mode: str) -> tuple[Any, EstimatorSpec]:
            self._create_global_step(get_default_graph())
            set_random_seed(self._config.tf_random_seed)
            receiver = receivers[mode]()
            labels = getattr(receiver, "labels", None)
            return receiver, self._call_model_fn(receiver.features, labels, mode, self.config)

        modes = (ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT)
        return write_saved_model(
            base,
            [mode for mode in modes if receivers.get(mode)],
            build,
            path,
            self._session_config,
            assets_extra or {},
            as_text,
            strip_default_attrs,
        )

    def _input(
        self, input_fn: Callable[..., Any], mode: str
    ) -> tuple[Any, Any, list[SessionRunHook]]:
        """Features, labels and hooks of an input function."""
        params = self._input_params(input_fn, mode)
        wanted = accepted(input_fn, mode=mode, params=params, config=self.config)
        with get_default_graph().device("/cpu:0"):
            return features_and_labels(input_fn(**wanted))

    def _input_params(self, input_fn: Callable[..., Any], mode: str) -> Any:
        """The parameters that an input function gets, which it may change."""
        return self.params

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, config: RunConfig
    ) -> EstimatorSpec:
        names = argument_names(self._model_fn)
        if "labels" not in names and labels is not None:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        wanted = accepted(
            self._model_fn, labels=labels, mode=mode, params=self.params, config=config
        )
        LOGGER.info("Calling model_fn.")
        spec = self._model_fn(features=features, **wanted)
        LOGGER.info("Done calling model_fn.")
        if not isinstance(spec, EstimatorSpec):
            raise ValueError("model_fn should return an EstimatorSpec.")
        return spec

    def _warm_start(self) -> None:
        """Let the variables of the default graph begin with other values, if that is asked for."""
        if self._warm_start_settings is not None:
            LOGGER.info("Warm-starting with WarmStartSettings: %s", self._warm_start_settings)
            warm_start(*self._warm_start_settings)

    def _latest_for(self, purpose: str) -> str | None:
        path = latest_checkpoint(self._model_dir)
        if not path:
            LOGGER.info(
                "Could not find trained model in model_dir: %s, running initialization to %s.",
                self._model_dir,
                purpose,
            )
        return path

    def _require_checkpoint(self) -> None:
        if not latest_checkpoint(self._model_dir):
            raise ValueError(f"Could not find trained model in model_dir: {self._model_dir}.")

    def _check_overrides(self) -> None:
        own = {name for name in dir(Estimator) if not name.startswith("__")} - self._overridable
        overridden = sorted(
            name
            for name in own & set(vars(type(self)))
            if getattr(type(self), name) is not getattr(Estimator, name)
        )
        if overridden:
            raise ValueError(
                f"Subclasses of Estimator cannot override members of Estimator. {type(self)} does override "
                f"{overridden}"
            )


def _config_with_folder(config: RunConfig | None, folder: Any) -> RunConfig:
    """The RunConfig with all that an Estimator needs."""
    if config is None:
        config = RunConfig()
        LOGGER.info("Using default config.")
    if not isinstance(config, RunConfig):
        raise ValueError(f"config must be an instance of `RunConfig`, but provided {config}.")
    if config.session_config is None:
        config = config.replace(session_config=default_session_config())
    if folder is not None and config.model_dir is not None and config.model_dir != folder:
        raise ValueError(
            "`model_dir` are set both in constructor and `RunConfig`, but with different values. In "
            f"constructor: '{folder}', in `RunConfig`: '{config.model_dir}' "
        )
    if not folder and config.model_dir is None:
        folder = tempfile.mkdtemp()
        LOGGER.warning("Using temporary folder as model directory: %s", folder)
    return config.replace(model_dir=folder) if folder else config


def checked_hooks(hooks: Iterable[SessionRunHook] | None) -> list[SessionRunHook]:
    """Hooks as a list.

    Raises:
        TypeError: something else is among them.
    """
    found = list(hooks or ())
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"Hooks must be a SessionRunHook, given: {hook}")
    return found


def evaluation_hooks(steps: int | None) -> list[SessionRunHook]:
    """The hooks that end an evaluation after so many batches."""
    if steps is None:
        return []
    if steps <= 0:
        raise ValueError(f"Must specify steps > 0, given: {steps}")
    return [StopAfterNEvalsHook(steps)]


def saved_step(folder: str) -> int:
    """The global step of the latest checkpoint of a folder, 0 if there is none."""
    path = latest_checkpoint(folder)
    if path is None:
        return 0
    with contextlib.suppress(OpError):
        return int(new_checkpoint_reader(path).get_tensor(GraphKeys.GLOBAL_STEP))
    return 0


def _chosen(predictions: Any, keys: Iterable[str] | None) -> Any:
    """The predictions that are asked for."""
    if not keys:
        return predictions
    if not isinstance(predictions, dict):
        raise ValueError("predict_keys argument is not valid in case of non-dict predictions.")
    wanted = set(keys)
    found = {key: value for key, value in predictions.items() if key in wanted}
    if not found:
        raise ValueError(
            f"Expected to run at least one output from {predictions.keys()}, provided {keys}."
        )
    return found


def _batch_length(batch: Mapping[str, Any]) -> int:
    length: int | None = None
    for key, value in batch.items():
        length = length or value.shape[0]
        if value.shape[0] != length:
            raise ValueError(
                f"Batch length of predictions should be same. {key} has different batch length than others."
            )
    return length or 0
