"""Graphs and MetaGraphs as files.

Source: tensorflow/python/framework/graph_io.py, meta_graph.py:read_meta_graph_file.
"""

from __future__ import annotations

import os
from typing import Any

from minihub_runtime.api.graph import Graph
from minihub_runtime.checkpoint.files import replacing
from minihub_runtime.errors import DataLossError, NotFoundError, clip
from minihub_runtime.files import read_regular_file
from minihub_runtime.protos import Message, MetaGraphDef, parse, parse_text
from minihub_runtime.protos.canonical import canonical_bytes
from minihub_runtime.public import public

__all__ = ["read_meta_graph_file", "write_graph", "write_proto"]


def write_proto(proto: Message, filename: str | os.PathLike[str], as_text: bool) -> None:
    """Write a message, replacing a file of that name whole; missing folders are made.

    Raises:
        OpError: it cannot be written.
    """
    if as_text:
        from google.protobuf import text_format

        data = text_format.MessageToString(proto).encode("utf-8")
    else:
        data = canonical_bytes(proto)
    with replacing() as new_file, new_file(os.fsdecode(filename)) as file:
        file.write(data)


@public("io.write_graph", "train.write_graph")
def write_graph(
    graph_or_graph_def: Any, logdir: str | os.PathLike[str], name: str, as_text: bool = True
) -> str:
    """Write a graph or a message to a file.

    Args:
        graph_or_graph_def: a Graph, or any message: a GraphDef, a MetaGraphDef.
        logdir: the folder; it is made if it is not there.
        name: the file.
        as_text: the text form instead of the binary one.

    Returns:
        The path of the file.

    Raises:
        OpError: it cannot be written.
    """
    proto = (
        graph_or_graph_def.as_graph_def()
        if isinstance(graph_or_graph_def, Graph)
        else graph_or_graph_def
    )
    path = os.path.join(os.fsdecode(logdir), name)
    write_proto(proto, path, as_text)
    return path


def read_meta_graph_file(filename: str | os.PathLike[str]) -> MetaGraphDef:
    """The MetaGraphDef of a file, binary or text.

    Raises:
        OSError: there is no such file, or it holds something else; NotFoundError and DataLossError at once.
    """
    path = os.fsdecode(filename)
    try:
        data = read_regular_file(path)
    except NotFoundError:
        raise NotFoundError(f"File does not exist. Received: {clip(path)}.") from None
    try:
        return parse(MetaGraphDef, data, path)
    except DataLossError:
        try:
            return parse_text(MetaGraphDef, data, path)
        except DataLossError as error:
            raise _UnreadableError(f"Cannot parse file {clip(path)}: {error.message}.") from error


class _UnreadableError(DataLossError, OSError):
    """What TensorFlow raises as an IOError: a file that holds no MetaGraph."""
