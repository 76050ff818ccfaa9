"""The operations that a training session needs besides the model's.

Source: tensorflow/python/training/monitored_session.py:Scaffold, python/ops/resources.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.gathering import boolean_mask
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.grouping import group, no_op, tables_initializer
from minihub_runtime.api.joining import concat
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.operations import merge_all
from minihub_runtime.api.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
)
from minihub_runtime.api.variables.collections import report_uninitialized_variables
from minihub_runtime.dtypes import string
from minihub_runtime.public import public
from minihub_runtime.train.saver import Saver, saver_or_default

__all__ = ["Scaffold"]


@public("train.Scaffold")
class Scaffold:
    """What initialises and saves a model and says whether it is ready.

    What is not given is taken from the graph's collections or made when `finalize` is called.

    Args:
        init_op: initialises the global variables.
        init_feed_dict: what to feed it.
        init_fn: called as `init_fn(scaffold, session)` after it.
        ready_op: gives the names of variables without a value.
        ready_for_local_init_op: the same for global variables.
        local_init_op: initialises local variables and tables.
        summary_op: merges the summaries.
        saver: saves and restores the variables.
        copy_from_scaffold: what is not given is taken from this one.
        local_init_feed_dict: what to feed `local_init_op`.

    Attributes:
        init_op, init_feed_dict, init_fn, ready_op, ready_for_local_init_op, local_init_op, local_init_feed_dict, summary_op,
        saver: see above; `init_fn` takes the session alone.

    Raises:
        TypeError: `copy_from_scaffold` is none.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Mapping[Any, Any] | None = None,
        init_fn: Callable[[Scaffold, Any], Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Saver | None = None,
        copy_from_scaffold: Scaffold | None = None,
        local_init_feed_dict: Mapping[Any, Any] | None = None,
    ) -> None:
        if copy_from_scaffold is not None and not isinstance(copy_from_scaffold, Scaffold):
            raise TypeError("copy_from_scaffold is not a Scaffold instance.")

        def given(value: Any, attribute: str) -> Any:
            if value is None and copy_from_scaffold is not None:
                return getattr(copy_from_scaffold, attribute)
            return value

        self.init_op = given(init_op, "init_op")
        self.init_feed_dict = given(init_feed_dict, "init_feed_dict")
        self._user_init_fn = given(init_fn, "_user_init_fn")
        self.ready_op = given(ready_op, "ready_op")
        self.ready_for_local_init_op = given(ready_for_local_init_op, "ready_for_local_init_op")
        self.local_init_op = given(local_init_op, "local_init_op")
        self.local_init_feed_dict = given(local_init_feed_dict, "local_init_feed_dict")
        self.summary_op = given(summary_op, "summary_op")
        self.saver = given(saver, "saver")

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """The function given for initialisation, of the session alone."""
        function = self._user_init_fn
        return None if function is None else lambda session: function(self, session)

    def finalize(self) -> Scaffold:
        """Make what is missing, add it to the graph's collections, and finalize the graph.

        Raises:
            RuntimeError: a collection has several items.
        """
        graph = get_default_graph()
        shared = graph.get_collection(GraphKeys.RESOURCES)
        local = graph.get_collection(GraphKeys.LOCAL_RESOURCES)

        def default_init_op() -> Any:
            return group(
                global_variables_initializer(),
                _initialize_resources(shared),
                graph.get_collection("saved_model_initializers"),
            )

        def default_ready_op() -> Any:
            return concat(
                [report_uninitialized_variables(), _report_resources([*shared, *local])], 0
            )

        def default_ready_for_local_init_op() -> Any:
            return concat(
                [report_uninitialized_variables(global_variables()), _report_resources(shared)], 0
            )

        for attribute, key, make in (
            ("init_op", GraphKeys.INIT_OP, default_init_op),
            ("ready_op", GraphKeys.READY_OP, default_ready_op),
            (
                "ready_for_local_init_op",
                GraphKeys.READY_FOR_LOCAL_INIT_OP,
                default_ready_for_local_init_op,
            ),
            ("local_init_op", GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op),
            ("summary_op", GraphKeys.SUMMARY_OP, merge_all),
        ):
            if getattr(self, attribute) is None:
                setattr(self, attribute, Scaffold.get_or_default(attribute, key, make))
        if self.saver is None:
            self.saver = saver_or_default()
        self.saver.build()
        graph.finalize()
        LOGGER.info("Graph was finalized.")
        return self

    @staticmethod
    def get_or_default(
        arg_name: str, collection_key: str, default_constructor: Callable[[], Any]
    ) -> Any:
        """The one item of a collection of the default graph; if there is none, a new one is made and added.

        Raises:
            RuntimeError: there are several.
        """
        graph = get_default_graph()
        items = graph.get_collection(collection_key)
        if len(items) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". Please indicate which one to '
                f"use by passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to "
                "use)"
            )
        if items:
            return items[0]
        made = default_constructor()
        if made is not None:
            graph.add_to_collection(collection_key, made)
        return made

    @staticmethod
    def default_local_init_op() -> Any:
        """An operation that initialises the local variables and tables of the default graph."""
        local = get_default_graph().get_collection(GraphKeys.LOCAL_RESOURCES)
        return group(
            local_variables_initializer(), tables_initializer(), _initialize_resources(local)
        )


def _initialize_resources(resources: list[Any]) -> Any:
    if not resources:
        return no_op(name="init")
    return group(*[resource.create for resource in resources], name="init")


def _report_resources(resources: list[Any]) -> Any:
    """The names of the resources that are not initialised."""
    graph = get_default_graph()
    with graph.name_scope("report_uninitialized_resources"), graph.device("/cpu:0"):
        if not resources:
            return constant([], dtype=string)
        ready = build("Pack", name="stack", values=[item.is_initialized for item in resources])
        names = constant([item.handle.name for item in resources])
        return boolean_mask(names, build("LogicalNot", x=ready))
