"""What is written after an evaluation: each model, the best ones, or the last.

    Exporter
    ├─ LatestExporter  after each evaluation; the latest few are kept
    ├─ BestExporter    after each evaluation that is better than all before
    └─ FinalExporter   at the end of training

Source: tensorflow_estimator/python/estimator/exporter.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.gfile import matching
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.event_file import summary_iterator
from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import argument_names
from minihub_runtime.train.estimator.export_folders import keep_latest
from minihub_runtime.train.estimator.model_function import LOSS_METRIC_KEY

__all__ = ["BestExporter", "Exporter", "FinalExporter", "LatestExporter", "event_values"]


@public("estimator.Exporter")
class Exporter:
    """Base of what writes a model after an evaluation."""

    @property
    def name(self) -> str:
        """The folder below `export` in the folder of the model."""
        raise NotImplementedError(f"name is not implemented for {type(self).__name__}.")

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Write a model, or not.

        Args:
            estimator: the Estimator.
            export_path: the folder for it.
            checkpoint_path: prefix of the checkpoint that was evaluated.
            eval_result: what `Estimator.evaluate` returned.
            is_the_final_export: whether training is over.

        Returns:
            Path of what was written; None if nothing was.
        """
        raise NotImplementedError(f"export is not implemented for {type(self).__name__}.")


class _SavedModelExporter(Exporter):
    """Writes SavedModels; the other arguments are those of `Estimator.export_saved_model`."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None,
        as_text: bool,
    ) -> None:
        self._name = name
        self._serving_input_receiver_fn = serving_input_receiver_fn
        self._assets_extra = assets_extra
        self._as_text = as_text

    @property
    def name(self) -> str:
        """The folder below `export` in the folder of the model."""
        return self._name

    def _write(self, estimator: Any, export_path: str, checkpoint_path: str) -> Any:
        return estimator.export_saved_model(
            export_path,
            self._serving_input_receiver_fn,
            assets_extra=self._assets_extra,
            as_text=self._as_text,
            checkpoint_path=checkpoint_path,
        )


def _loss_smaller(best_eval_result: Any, current_eval_result: Any) -> bool:
    """Whether the loss is smaller than that of the best evaluation."""
    for what, result in (
        ("best_eval_result", best_eval_result),
        ("current_eval_result", current_eval_result),
    ):
        if not result or LOSS_METRIC_KEY not in result:
            raise ValueError(f"{what} cannot be empty or no loss is found in it.")
    return bool(best_eval_result[LOSS_METRIC_KEY] > current_eval_result[LOSS_METRIC_KEY])


@public("estimator.BestExporter")
class BestExporter(_SavedModelExporter):
    """Writes a SavedModel after each evaluation that is better than all before.

    Args:
        name: the folder below `export` in the folder of the model.
        serving_input_receiver_fn: see `Estimator.export_saved_model`.
        event_file_pattern: event files below the folder of the model that tell of earlier evaluations; None to forget them.
        compare_fn: a function of `best_eval_result` and `current_eval_result`: whether the latter is better.
        assets_extra: see `Estimator.export_saved_model`.
        as_text: see `Estimator.export_saved_model`.
        exports_to_keep: how many of the latest are kept; all if None.

    Raises:
        ValueError: `compare_fn` has other arguments, or `exports_to_keep` is not positive.
    """

    def __init__(
        self,
        name: str = "best_exporter",
        serving_input_receiver_fn: Callable[[], Any] | None = None,
        event_file_pattern: str | None = "eval/*.tfevents.*",
        compare_fn: Callable[..., Any] = _loss_smaller,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        if compare_fn is None:
            raise ValueError("`compare_fn` must not be None.")
        _check_comparison(compare_fn)
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError(
                f"`exports_to_keep`, if provided, must be a positive number. Got {exports_to_keep}"
            )
        self._compare_fn = compare_fn
        self._event_file_pattern = event_file_pattern
        self._exports_to_keep = exports_to_keep
        self._model_dir: str | None = None
        self._best_eval_result: Any = None
        self._has_exported = False

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Write a model if it is the best; see `Exporter`."""
        if self._model_dir != estimator.model_dir and self._event_file_pattern:
            LOGGER.info("Loading best metric from event files.")
            self._model_dir = estimator.model_dir
            self._best_eval_result = self._best_before(
                os.path.join(estimator.model_dir, self._event_file_pattern)
            )
        # The first one is written whatever event files say: the model they speak of may be gone.
        best = self._best_eval_result
        if (
            best is not None
            and self._has_exported
            and not self._compare_fn(best_eval_result=best, current_eval_result=eval_result)
        ):
            return None
        LOGGER.info("Performing best model export.")
        self._best_eval_result = eval_result
        written = self._write(estimator, export_path, checkpoint_path)
        keep_latest(export_path, self._exports_to_keep)
        self._has_exported = True
        return written

    def _best_before(self, pattern: str) -> Any:
        best: Any = None
        for path in matching(pattern):
            for event in summary_iterator(path):
                values = event_values(event)
                if values and (best is None or self._compare_fn(best, values)):
                    best = values
        return best


def event_values(event: Any) -> dict[str, float]:
    """Tag → number, of the summary of an event."""
    return {
        value.tag: value.simple_value
        for value in event.summary.value
        if value.WhichOneof("value") == "simple_value"
    }


def _check_comparison(compare_fn: Callable[..., Any]) -> None:
    names = set(argument_names(compare_fn))
    expected = {"best_eval_result", "current_eval_result"}
    for name in sorted(expected - names):
        raise ValueError(f"compare_fn ({compare_fn}) must include {name} argument.")
    if names - expected:
        raise ValueError(
            f"compare_fn ({compare_fn}) has following not expected args: {sorted(names - expected)}"
        )


@public("estimator.FinalExporter")
class FinalExporter(_SavedModelExporter):
    """Writes a SavedModel at the end of training.

    Args:
        name: the folder below `export` in the folder of the model.
        serving_input_receiver_fn: see `Estimator.export_saved_model`.
        assets_extra: see `Estimator.export_saved_model`.
        as_text: see `Estimator.export_saved_model`.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
    ) -> None:
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Write the last model; see `Exporter`."""
        if not is_the_final_export:
            return None
        LOGGER.info("Performing the final export in the end of training.")
        return self._write(estimator, export_path, checkpoint_path)


@public("estimator.LatestExporter")
class LatestExporter(_SavedModelExporter):
    """Writes a SavedModel after each evaluation.

    Args:
        name: the folder below `export` in the folder of the model.
        serving_input_receiver_fn: see `Estimator.export_saved_model`.
        assets_extra: see `Estimator.export_saved_model`.
        as_text: see `Estimator.export_saved_model`.
        exports_to_keep: how many of the latest are kept; all if None.

    Raises:
        ValueError: `exports_to_keep` is not positive.
    """

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError("`exports_to_keep`, if provided, must be positive number")
        self._exports_to_keep = exports_to_keep

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Mapping[str, Any],
        is_the_final_export: bool,
    ) -> Any:
        """Write a model and delete the oldest; see `Exporter`."""
        written = self._write(estimator, export_path, checkpoint_path)
        keep_latest(export_path, self._exports_to_keep)
        return written
