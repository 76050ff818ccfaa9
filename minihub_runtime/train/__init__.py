"""What training and saving need above the API: checkpoints, MetaGraphs, SavedModels, sessions that look after themselves.

    checkpoint_state           the file `checkpoint`, which says what was saved last
    checkpoint_reading         the tensors of a checkpoint, new checkpoints of a folder
    saveables, saver_ops       what a Saver adds to the graph
    saver                      Saver
    checkpointing, restorations    Checkpoint, and what its restore returns
    object_checkpoints         what a Checkpoint writes; savers read it, too
    checkpoint_manager         CheckpointManager
    meta_graphs                export_meta_graph, import_meta_graph
    initial_checkpoints        variables that begin with the values of a checkpoint
    saved_model                tf.saved_model
    optimizers                 what changes variables so that a loss falls
    session_manager, scaffold  sessions whose models are ready
    run_hooks                  what a hook is
    hooks, saving_hooks        the standard hooks
    profiler_hook, progress    timelines of steps; a line on a terminal
    queue_runners              what fills queues
    input_producers            queues of names of files, of numbers and rows
    input_batches              batches out of queues; input_sparse, sparse tensors in them
    coordinator                threads that stop together
    device_setter              devices of variables and of what computes
    supervisor                 Supervisor, basic_train_loop
    monitored_session          MonitoredTrainingSession and its like
    estimator                  tf.estimator

Public names are those below `tf.train`, wherever they are defined; `tf.train.X` and `minihub_runtime.train.X` are the same.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import find, names_below

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    # `tf.train` is this package once a module of it was imported, and a namespace before.
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return find(f"train.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *names_below("train")})
