"""tf.train.replica_device_setter: the devices that it writes into graphs."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, placement, results


@results
def devices_of_variables_and_the_rest(tf: Any) -> Any:
    found = []
    for options in (
        {"ps_tasks": 2},
        {"cluster": {"ps": ["a:1", "b:2", "c:3"], "worker": ["d:4"]}},
        {"ps_tasks": 2, "worker_device": "/job:worker/task:7", "ps_device": "/job:ps/cpu:0"},
        {"ps_tasks": 3, "ps_strategy": lambda op: 2},
        {"ps_tasks": 2, "ps_ops": ["Const"], "ps_device": "/cpu:0"},
        {"ps_tasks": 2, "merge_devices": False},
    ):
        with tf.Graph().as_default() as graph:
            with tf.device(tf.train.replica_device_setter(**options)):
                for number in range(3):
                    tf.get_variable(f"v{number}", initializer=1.0, use_resource=False)
                with tf.device("/job:other/gpu:1"):
                    tf.constant(1.0, name="elsewhere")
                    tf.get_variable("own", initializer=1.0, use_resource=False)
                with tf.device("/cpu:1"):
                    tf.get_variable("near", initializer=1.0, use_resource=False)
            found.append([item for item in placement(graph) if "/" not in item[0]])
    return found


@results
def without_servers(tf: Any) -> Any:
    setter = tf.train.replica_device_setter
    return [
        setter(),
        setter(cluster={"worker": ["a:1"]}),
        message(lambda: setter(1, ps_strategy=3)),
    ]
