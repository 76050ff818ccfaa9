"""RunConfig: defaults, times of checkpoints, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)


def config(**given: Any) -> Any:
    return tf.estimator.RunConfig(**given)


def test_defaults() -> None:
    found = config()
    assert (found.model_dir, found.tf_random_seed, found.session_config) == (None, None, None)
    assert (found.save_checkpoints_secs, found.save_checkpoints_steps) == (600, None)
    assert (found.save_summary_steps, found.log_step_count_steps) == (100, 100)
    assert (found.keep_checkpoint_max, found.keep_checkpoint_every_n_hours) == (5, 10000)
    assert (found.is_chief, found.task_type, found.task_id) == (True, "worker", 0)
    assert (found.num_ps_replicas, found.num_worker_replicas) == (0, 1)
    assert not found.cluster_spec


def test_times_of_checkpoints() -> None:
    def times(found: Any) -> tuple[Any, Any]:
        return found.save_checkpoints_steps, found.save_checkpoints_secs

    assert times(config(save_checkpoints_steps=5)) == (5, None)
    assert times(config(save_checkpoints_secs=5)) == (None, 5)
    assert times(config(save_checkpoints_steps=None, save_checkpoints_secs=None)) == (None, None)
    assert times(config(save_checkpoints_steps=5).replace(save_checkpoints_secs=3)) == (None, 3)
    assert times(config().replace(save_checkpoints_steps=3)) == (3, None)
    assert times(config().replace(tf_random_seed=3)) == (None, 600)
    for act in (config, config().replace):
        with pytest.raises(ValueError, match="cannot be both set"):
            act(save_checkpoints_steps=5, save_checkpoints_secs=5)


def test_a_copy_is_replaced(tmp_path: Path) -> None:
    before = config(model_dir=tmp_path)
    assert before.model_dir == str(tmp_path)
    after = before.replace(model_dir="other")
    assert (before.model_dir, after.model_dir) == (str(tmp_path), "other")
    with pytest.raises(ValueError, match=r"Replacing master is not supported\. Allowed properties"):
        before.replace(master="x")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model_dir": ""}, "model_dir should be non-empty"),
        ({"save_summary_steps": -1}, "save_summary_steps should be >= 0"),
        ({"save_checkpoints_steps": -1}, "save_checkpoints_steps should be >= 0"),
        ({"save_checkpoints_secs": -1}, "save_checkpoints_secs should be >= 0"),
        ({"session_config": {}}, "session_config must be instance of ConfigProto"),
        ({"keep_checkpoint_max": -1}, "keep_checkpoint_max should be >= 0"),
        ({"keep_checkpoint_every_n_hours": 0}, "keep_checkpoint_every_n_hours should be > 0"),
        ({"log_step_count_steps": 0}, "log_step_count_steps should be > 0"),
        ({"tf_random_seed": 1.5}, "tf_random_seed must be integer"),
        ({"experimental_max_worker_delay_secs": 1.5}, "must be an integer if set"),
        ({"session_creation_timeout_secs": 0}, "session_creation_timeout_secs should be > 0"),
        ({"device_fn": lambda x: ""}, 'exactly one argument "op"'),
        ({"protocol": "http"}, r"protocol should be grpc or grpc\+verbs"),
    ],
)
def test_what_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**given)


@pytest.mark.parametrize("name", ["train_distribute", "eval_distribute", "experimental_distribute"])
def test_distributions_are_refused_by_name(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"{name} is not supported"):
        config(**{name: object()})


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def given(**values: Any) -> None:
        monkeypatch.setenv("TF_CONFIG", json.dumps(values))

    given(model_dir="from the environment", service={"a": 1})
    assert config().model_dir == "from the environment"
    assert config().service == {"a": 1}
    with pytest.raises(ValueError, match="must have the same value as the model_dir in TF_CONFIG"):
        config(model_dir="another")
    given(model_dir="")
    with pytest.raises(ValueError, match="model_dir in TF_CONFIG should be non-empty"):
        config()
    given(cluster={"chief": ["localhost:1"]})
    with pytest.raises(NotImplementedError, match="a cluster in TF_CONFIG is not supported"):
        config()
    given(service=3)
    with pytest.raises(TypeError, match='If "service" is set in TF_CONFIG, it must be a dict'):
        config()
    given(task={"type": "ps"})
    with pytest.raises(ValueError, match="task type must be WORKER"):
        config()
    given(task={"index": 1})
    with pytest.raises(ValueError, match="task index must be 0"):
        config()


def test_devices_of_operations(tmp_path: Path) -> None:
    devices = []

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        loss = tf.identity(features, name="identity")
        devices.append(loss.device)
        return tf.estimator.EstimatorSpec(
            mode, loss=loss, train_op=tf.train.get_global_step().assign_add(1)
        )

    settings = config(device_fn=lambda op: "/cpu:3" if op.type == "Identity" else "")
    estimator = tf.estimator.Estimator(model_fn, str(tmp_path), settings)
    estimator.train(lambda: tf.constant(1.0), steps=1)
    assert devices == ["/cpu:3"]
