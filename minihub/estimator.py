"""Modules that an Estimator has trained, written again as modules.

    def model_fn(features, labels, mode):
        module = hub.Module(handle, trainable=True, tags={"train"} if mode == "train" else None)
        hub.register_module_for_export(module, "fine_tuned")
        …

    hub.LatestModuleExporter("modules", serving_input_fn).export(estimator, folder)

Source: tensorflow_hub/estimator.py.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from minihub.module import Module
from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.random_seed import set_random_seed
from minihub_runtime.api.session import Session
from minihub_runtime.api.variables.global_step import create_global_step
from minihub_runtime.train.estimator.export_folders import (
    complete_folder,
    keep_latest,
    timestamped_folder,
)
from minihub_runtime.train.estimator.exporters import Exporter
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.saver import Saver

__all__ = ["LatestModuleExporter", "register_module_for_export"]

_logger = logging.getLogger("minihub")

#: Name and module of what is to be exported; a collection whose key is no string is not part of an export.
_EXPORT_MODULES = ("__tfhub_export_modules",)


def register_module_for_export(module: Module, export_name: str) -> None:
    """Let `LatestModuleExporter` write a module of the default graph.

    Args:
        module: the module.
        export_name: the folder it is written to, below that of the export.

    Raises:
        ValueError: another module of the graph has that name.
    """
    graph = get_default_graph()
    if any(name == export_name for name, _ in graph.get_collection(_EXPORT_MODULES)):
        raise ValueError(f"There is already a module registered to be exported as {export_name!r}")
    graph.add_to_collection(_EXPORT_MODULES, (export_name, module))


class LatestModuleExporter(Exporter):
    """Writes the registered modules after each evaluation, into folders that are called after the second.

    Args:
        name: the folder below `export` in the folder of the model.
        serving_input_fn: a function that returns a ServingInputReceiver; the model is built on it, and is never run.
        exports_to_keep: how many of the latest are kept; all if None.

    Raises:
        ValueError: `exports_to_keep` is not positive.
    """

    def __init__(
        self, name: str, serving_input_fn: Callable[[], Any], exports_to_keep: int | None = 5
    ) -> None:
        self._name = name
        self._serving_input_fn = serving_input_fn
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError("`exports_to_keep`, if provided, must be a positive number")
        self._exports_to_keep = exports_to_keep

    @property
    def name(self) -> str:
        """The folder below `export` in the folder of the model."""
        return self._name

    def export(
        self,
        estimator: Any,
        export_path: Any,
        checkpoint_path: str | None = None,
        eval_result: Mapping[str, Any] | None = None,
        is_the_final_export: bool | None = None,
    ) -> bytes | None:
        """Write the registered modules with the values of a checkpoint; the folder appears when all are complete.

        Args:
            estimator: the Estimator, whose model registers them.
            export_path: where the folder is made.
            checkpoint_path: prefix of the checkpoint; the latest one if None.
            eval_result: accepted.
            is_the_final_export: accepted.

        Returns:
            Path of the folder; None, with a warning, if no module is registered.

        Raises:
            ValueError: there is no checkpoint.
            RuntimeError: there is no free name within ten seconds.
            OpError: a file cannot be read or written; nothing is left behind then.
        """
        path = estimator.latest_checkpoint() if checkpoint_path is None else checkpoint_path
        folder = timestamped_folder(export_path)
        with (
            Graph().as_default() as graph,
            _restored(estimator, self._serving_input_fn, path) as session,
        ):
            modules = graph.get_collection(_EXPORT_MODULES)
            if not modules:
                _logger.warning(
                    "LatestModuleExporter found zero modules to export. Use "
                    "hub.register_module_for_export() if needed."
                )
                return None
            with complete_folder(folder) as temporary:
                for name, module in modules:
                    module.export(os.path.join(temporary, name), session)
        keep_latest(export_path, self._exports_to_keep)
        return os.fsencode(folder)


def _restored(
    estimator: Any, serving_input_fn: Callable[[], Any], checkpoint_path: str | None
) -> Session:
    """A session of the default graph with the model for prediction, and the values of a checkpoint."""
    create_global_step()
    config = estimator.config
    set_random_seed(config.tf_random_seed)
    features = serving_input_fn().features
    spec = estimator.model_fn(features=features, labels=None, mode=ModeKeys.PREDICT, config=config)
    saver = spec.scaffold.saver or Saver(sharded=True)
    session = Session(config=config.session_config)
    saver.restore(session, checkpoint_path)
    return session
