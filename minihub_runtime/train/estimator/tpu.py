"""`tf.estimator.tpu.TPUEstimator` where there are no TPUs: an Estimator whose functions are told the size of a batch.

Programs that were written for TPUs, as BERT's are, run so with `use_tpu=False`.

Source: tensorflow_estimator/python/estimator/tpu/tpu_estimator.py.
"""

from __future__ import annotations

import copy
import enum
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from minihub_runtime.api.graph import Graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.variables.global_step import make_global_step
from minihub_runtime.protos import Summary
from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import accepted, argument_names
from minihub_runtime.train.estimator.estimator import Estimator, Receivers
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec, verify_model_fn_args
from minihub_runtime.train.estimator.run_config import RunConfig
from minihub_runtime.train.estimator.tpu_config import TPURunConfig, loop_of
from minihub_runtime.train.estimator.tpu_spec import TPUEstimatorSpec
from minihub_runtime.train.saving_hooks import StepCounterHook

__all__ = ["ExportSavedModelApiVersion", "TPUEstimator"]


class ExportSavedModelApiVersion(enum.Enum):
    """Who would rewrite an exported graph for TPUs: the Estimator, or the model function."""

    V1 = 1
    V2 = 2


#: What functions are told besides the parameters that are given.
BATCH_SIZE, USE_TPU, CONTEXT = "batch_size", "use_tpu", "context"


class _ExamplesPerSecondHook(StepCounterHook):
    """Logs and writes how many examples there are in a second, too."""

    def __init__(
        self,
        batch_size: int,
        every_n_steps: int | None,
        every_n_secs: float | None,
        output_dir: str | None,
    ) -> None:
        super().__init__(every_n_steps, every_n_secs, output_dir)
        self._batch_size = batch_size

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        super()._log_and_record(elapsed_steps, elapsed_time, global_step)
        rate = self._batch_size * elapsed_steps / elapsed_time
        if self._writer is not None:
            value = Summary.Value(tag="examples/sec", simple_value=rate)
            self._writer.add_summary(Summary(value=[value]), global_step)
        LOGGER.info("examples/sec: %g", rate)


@public("estimator.tpu.TPUEstimator", "contrib.tpu.TPUEstimator")
class TPUEstimator(Estimator):
    """An Estimator whose input and model functions find the size of a batch in `params["batch_size"]`.

    Args:
        model_fn: see `tf.estimator.Estimator`; it must take `params`, and may return a TPUEstimatorSpec.
        model_dir: see `tf.estimator.Estimator`.
        config: a `tf.estimator.tpu.RunConfig`.
        params: see `tf.estimator.Estimator`; a dict or HParams.
        use_tpu: must be False.
        train_batch_size: examples of a batch in training; not told if None.
        eval_batch_size: those in evaluation.
        predict_batch_size: those in prediction.
        batch_axis: accepted.
        eval_on_tpu: accepted.
        export_to_tpu: exports have no graph for TPUs: a warning says so.
        export_to_cpu: must be True for exports.
        warm_start_from: see `tf.estimator.Estimator`.
        embedding_config_spec: must be None.
        export_saved_model_api_version: 1 or 2; without effect.

    Raises:
        NotImplementedError: TPUs are asked for.
        TypeError: there is no `model_fn`.
        ValueError: there is no such `config`, `params` have names that are told, or as for `tf.estimator.Estimator`.
    """

    _overridable: ClassVar[frozenset[str]] = Estimator._overridable | {
        "_create_global_step",
        "_export",
        "_input_params",
        "_overridable",
    }

    def __init__(
        self,
        model_fn: Callable[..., Any] | None = None,
        model_dir: Any = None,
        config: RunConfig | None = None,
        params: Any = None,
        use_tpu: bool = True,
        train_batch_size: int | None = None,
        eval_batch_size: int | None = None,
        predict_batch_size: int | None = None,
        batch_axis: Any = None,
        eval_on_tpu: bool = True,
        export_to_tpu: bool = True,
        export_to_cpu: bool = True,
        warm_start_from: Any = None,
        embedding_config_spec: Any = None,
        export_saved_model_api_version: Any = ExportSavedModelApiVersion.V1,
    ) -> None:
        if not isinstance(config, TPURunConfig):
            raise ValueError("`config` must be provided with type `tf.estimator.tpu.RunConfig`")
        reserved = (BATCH_SIZE, CONTEXT)
        if params is not None and any(key in params for key in reserved):
            raise ValueError(f"{reserved} are reserved keys but existed in params {params}.")
        if use_tpu or embedding_config_spec is not None:
            raise NotImplementedError(
                "TPUs are not supported: use_tpu must be False, and embedding_config_spec None"
            )
        if export_saved_model_api_version not in (*ExportSavedModelApiVersion, 1, 2):
            raise ValueError(
                f"export_saved_model_api_version should be 1 or 2; got {export_saved_model_api_version}."
            )
        if model_fn is None:
            raise TypeError("model_fn must be a function, not None")
        verify_model_fn_args(model_fn, params)
        self._users_model_fn = model_fn
        self._batch_sizes = {
            ModeKeys.TRAIN: train_batch_size,
            ModeKeys.EVAL: eval_batch_size,
            ModeKeys.PREDICT: predict_batch_size,
        }
        self._exports = export_to_cpu, export_to_tpu
        #: Whether the next model is built for an input function, and not for an export.
        self._has_input = False
        self._log_every = _log_every(config)
        super().__init__(
            self._build,
            model_dir,
            # What logs speed here logs examples, too.
            config.replace(log_step_count_steps=None),
            params or {},
            warm_start_from,
        )

    def _create_global_step(self, graph: Graph) -> Any:
        """Make the global step, a resource as loops on TPUs want it, whatever the variables of the program are.

        The seeds of random operations go by the operations before them, so weights would start otherwise with another kind.
        """
        return make_global_step(graph, use_resource=True)

    def _input_params(self, input_fn: Callable[..., Any], mode: str) -> Any:
        if "params" not in argument_names(input_fn):
            raise ValueError(
                f"input_fn ({input_fn}) does not include params argument, required by TPUEstimator to pass batch "
                'size as params["batch_size"]'
            )
        self._has_input = True
        return self._told(self.params, mode)

    def _told(self, params: Any, mode: str) -> Any:
        """Parameters with the size of a batch, if there is one."""
        size = self._batch_sizes[mode]
        if size is not None:
            _put(params, BATCH_SIZE, size)
        return params

    def _build(
        self, features: Any, labels: Any, mode: str, config: RunConfig, params: Any
    ) -> EstimatorSpec:
        """What the model function of the user makes."""
        function = self._users_model_fn
        names = argument_names(function)
        if "labels" not in names and labels is not None:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        if "params" not in names:
            raise ValueError(
                f"model_fn ({function}) does not include params argument, required by TPUEstimator to pass batch "
                "size as params['batch_size']"
            )
        has_input, self._has_input = self._has_input, False
        params = copy.deepcopy(params)
        if has_input:
            params = self._told(params, mode)
        _put(params, USE_TPU, False)
        LOGGER.info("Running %s on CPU/GPU", mode)
        offered = accepted(function, labels=labels, mode=mode, config=config, params=params)
        made = function(features=features, **offered)
        spec: EstimatorSpec = (
            made.as_estimator_spec() if isinstance(made, TPUEstimatorSpec) else made
        )
        steps, seconds = self._log_every
        size = self._batch_sizes[mode]
        if (
            size is None
            or (steps is None and seconds is None)
            or not isinstance(spec, EstimatorSpec)
        ):
            return spec
        folder = self.model_dir if config.save_summary_steps else None
        hook = _ExamplesPerSecondHook(size, steps, seconds, folder)
        return spec._replace(training_hooks=(*spec.training_hooks, hook))

    def _export(
        self,
        base: Any,
        receivers: Receivers,
        assets_extra: Mapping[str, str] | None,
        as_text: bool,
        checkpoint_path: str | None,
        strip_default_attrs: bool = True,
    ) -> bytes:
        for_processors, for_tpus = self._exports
        if not for_processors and not for_tpus:
            raise ValueError("One of export_to_cpu and export_to_tpu must be true.")
        if not for_processors:
            raise NotImplementedError(
                "graphs for TPUs are not supported: export_to_cpu must be True"
            )
        if for_tpus:
            LOGGER.warning(
                "Exports have no graph for TPUs; export_to_tpu=False says that so be it."
            )
        self._has_input = False
        return super()._export(
            base, receivers, assets_extra, as_text, checkpoint_path, strip_default_attrs
        )


def _log_every(config: TPURunConfig) -> tuple[int | None, float | None]:
    """Every how many steps, or seconds, speed is logged."""
    loop = loop_of(config.tpu_config.iterations_per_loop)
    if loop.unit == "seconds":
        return None, loop.value
    steps = config.log_step_count_steps
    return None if steps is None else math.ceil(steps / loop.value), None


def _put(params: Any, key: str, value: Any) -> None:
    """Set a parameter, of a dict or of HParams."""
    if not hasattr(params, "set_hparam"):
        params[key] = value
    elif key in params:
        params.set_hparam(key, value)
    else:
        params.add_hparam(key, value)
