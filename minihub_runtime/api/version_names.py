"""`tf.VERSION`, `tf.version.GIT_VERSION` and their like.

Source: tensorflow/python/framework/versions.py.
"""

from __future__ import annotations

from minihub_runtime import versions
from minihub_runtime.public import public

__all__: list[str] = []

public("VERSION", "version.VERSION")(versions.VERSION)
public("GIT_VERSION", "version.GIT_VERSION")(versions.GIT_VERSION)
public("COMPILER_VERSION", "version.COMPILER_VERSION")(versions.COMPILER_VERSION)
public("GRAPH_DEF_VERSION", "version.GRAPH_DEF_VERSION")(versions.GRAPH_DEF_VERSION)
public("GRAPH_DEF_VERSION_MIN_CONSUMER", "version.GRAPH_DEF_VERSION_MIN_CONSUMER")(0)
public("GRAPH_DEF_VERSION_MIN_PRODUCER", "version.GRAPH_DEF_VERSION_MIN_PRODUCER")(0)
