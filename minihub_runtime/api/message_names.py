"""The messages that have public names below `tf.train` and `tf.summary`.

Those with names of their own below `tf` are listed in `api.__main__`.
"""

from __future__ import annotations

from minihub_runtime import protos
from minihub_runtime.public import public

__all__: list[str] = []

public("train.CheckpointState")(protos.CheckpointState)
public("train.ClusterDef")(protos.ClusterDef)
public("train.JobDef")(protos.JobDef)
public("train.SaverDef")(protos.SaverDef)
