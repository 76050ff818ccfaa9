"""The versions that programs and graphs ask for.

A program written for TensorFlow 1 looks at `tf.__version__` to choose between the ways of 1.x and those of 2.x, or between
those of earlier and later releases.  So it is told the last 1.x release, in the plain form that every comparison understands
(`LooseVersion`, `split(".")`, `startswith("1.")`), and MetaGraphs say so too.  Graphs are written as TensorFlow 1.15 writes
them, which all later releases read.  That this is another program is said by GIT_VERSION and COMPILER_VERSION.

Source: tensorflow/python/framework/versions.py.
"""

from __future__ import annotations

__all__ = [
    "COMPILER_VERSION",
    "CONSUMER_VERSION",
    "GIT_VERSION",
    "GRAPH_DEF_VERSION",
    "RELEASE",
    "VERSION",
]

#: The release of minihub and minihub_runtime.
RELEASE = "0.1.0"

#: The release of TensorFlow whose programs and graphs these are.
VERSION = "1.15.5"
GIT_VERSION = f"minihub_runtime-{RELEASE}"
COMPILER_VERSION = f"none, minihub_runtime {RELEASE} is Python"

#: The producer version of TensorFlow 1.15.
GRAPH_DEF_VERSION = 134

#: The consumer version of TensorFlow 2.15.1, as which graphs are read: the ops are those that it knows.
CONSUMER_VERSION = 1645
