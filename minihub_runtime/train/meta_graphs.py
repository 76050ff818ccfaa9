"""`tf.train.export_meta_graph` and `import_meta_graph`.

Source: tensorflow/python/training/saver.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.api.collection_protos import register_proto_function
from minihub_runtime.api.graph import Graph, GraphKeys
from minihub_runtime.api.graph_io import read_meta_graph_file
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.meta_graph import export_scoped_meta_graph
from minihub_runtime.api.meta_graph_import import import_scoped_meta_graph_with_return_elements
from minihub_runtime.protos import GraphDef, MetaGraphDef, SaverDef
from minihub_runtime.public import public

__all__ = ["export_meta_graph", "import_meta_graph", "import_meta_graph_with_return_elements"]


@public("train.export_meta_graph")
def export_meta_graph(
    filename: str | os.PathLike[str] | None = None,
    meta_info_def: Any = None,
    graph_def: GraphDef | None = None,
    saver_def: SaverDef | None = None,
    collection_list: Iterable[str] | None = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> MetaGraphDef:
    """The MetaGraphDef of a graph, or of one scope of it.

    Args:
        filename: where to write it as well.
        meta_info_def: what to say of it, tags for example.
        graph_def: its nodes; by default those of `graph`.
        saver_def: how its variables are saved.
        collection_list: the collections to export; by default all whose names are strings.
        as_text: write the text form.
        graph: where the collections are; by default the default graph.
        export_scope: only nodes whose names begin so, without that scope.
        clear_devices: take the devices away.
        clear_extraneous_savers: leave out what belongs to other savers.
        strip_default_attrs: take away attributes that have their defaults.
        save_debug_info: accepted; there is no such information.
        **kwargs: `unbound_inputs_col_name`, the collection that names inputs from outside the scope.

    Raises:
        TypeError: an argument is not of the class it should be.
        ValueError: the graph is larger than two gigabytes.
        OpError: the file cannot be written.
    """
    proto, _ = export_scoped_meta_graph(
        filename=None if filename is None else os.fsdecode(filename),
        meta_info_def=meta_info_def,
        graph_def=graph_def,
        saver_def=saver_def,
        collection_list=collection_list,
        as_text=as_text,
        graph=graph,
        export_scope=export_scope,
        clear_devices=clear_devices,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        save_debug_info=save_debug_info,
        **kwargs,
    )
    return proto


@public("train.import_meta_graph")
def import_meta_graph(
    meta_graph_or_file: MetaGraphDef | str | os.PathLike[str],
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Any:
    """Add a MetaGraph with its collections to the default graph.

    Args:
        meta_graph_or_file: the MetaGraphDef, or the path of its file.
        clear_devices: take the devices away.
        import_scope: scope for all names.
        **kwargs: `input_map`, `restore_collections_predicate` …: see `import_scoped_meta_graph`.

    Returns:
        A Saver for its variables: that of the MetaGraph, or one for all variables of the graph if it has none; None if
        there are no variables.

    Raises:
        ValueError: inputs are not mapped, or the graph is malformed.
        KeyError: a collection names what is not in the graph.
        OSError: the file cannot be read.
    """
    saver, _ = import_meta_graph_with_return_elements(
        meta_graph_or_file, clear_devices, import_scope, **kwargs
    )
    return saver


def import_meta_graph_with_return_elements(
    meta_graph_or_file: MetaGraphDef | str | os.PathLike[str],
    clear_devices: bool = False,
    import_scope: str | None = None,
    return_elements: Sequence[str] | None = None,
    **kwargs: Any,
) -> tuple[Any, list[Any] | None]:
    """`import_meta_graph`, and the elements of the MetaGraph that `return_elements` names."""
    from minihub_runtime.train.saver import Saver, saveable_collection

    if isinstance(meta_graph_or_file, MetaGraphDef):
        proto = meta_graph_or_file
    else:
        proto = read_meta_graph_file(meta_graph_or_file)
    variables, elements = import_scoped_meta_graph_with_return_elements(
        proto,
        clear_devices=clear_devices,
        import_scope=import_scope,
        return_elements=return_elements,
        **kwargs,
    )
    if proto.HasField("saver_def"):
        # The scope was made unique; a variable tells how.
        scope = import_scope
        for name, variable in list(variables.items())[:1]:
            scope = variable.name.removesuffix(name)
        return Saver(saver_def=proto.saver_def, name=scope), elements
    if saveable_collection(import_scope):
        return Saver(), elements
    LOGGER.info("Saver not created because there are no variables in the graph to restore")
    return None, elements


def _saver_to_proto(saver: Any, export_scope: str | None = None) -> SaverDef | None:
    proto: SaverDef | None = saver.to_proto(export_scope)
    return proto


def _saver_from_proto(proto: SaverDef, import_scope: str | None = None) -> Any:
    from minihub_runtime.train.saver import Saver

    return Saver.from_proto(proto, import_scope)


register_proto_function(GraphKeys.SAVERS, SaverDef, _saver_to_proto, _saver_from_proto)
