"""Variables of a graph that begin with the values of an earlier model.

Source: tensorflow/python/training/warm_starting_util.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.saveables import named_saveables
from minihub_runtime.api.variables import Variable
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import checkpoint_prefix
from minihub_runtime.train.initial_checkpoints import init_from_checkpoint
from minihub_runtime.train.object_checkpoints import names_to_keys
from minihub_runtime.train.vocabularies import VocabInfo, initialize_from_vocabulary

__all__ = ["warm_start"]


@public("train.warm_start")
def warm_start(
    ckpt_to_initialize_from: str | os.PathLike[str],
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Mapping[str, VocabInfo] | None = None,
    var_name_to_prev_var_name: Mapping[str, str] | None = None,
) -> None:
    """Let variables of the default graph begin with the values of a checkpoint.

    Args:
        ckpt_to_initialize_from: prefix of the checkpoint, or a folder whose latest counts.
        vars_to_warm_start: a pattern of names of trainable variables; a list of patterns of names of global ones, or of
            variables; None for those trainable ones alone that `var_name_to_vocab_info` has.
        var_name_to_vocab_info: name → how its rows or columns move from the vocabulary of the checkpoint to another one.
        var_name_to_prev_var_name: name → name in the checkpoint.

    Raises:
        ValueError: a variable is not in the checkpoint, or a name in the maps is none of a variable.
    """
    LOGGER.info("Warm-starting from: %s", ckpt_to_initialize_from)
    grouped = _grouped(_chosen(vars_to_warm_start))
    vocabularies = dict(var_name_to_vocab_info or {})
    renamed = dict(var_name_to_prev_var_name or {})
    if not renamed:
        renamed = _object_names(ckpt_to_initialize_from, set(grouped))
    # A tensor may be for several variables.
    pairs = []
    for name, parts in grouped.items():
        if name in vocabularies:
            prefix = checkpoint_prefix(ckpt_to_initialize_from)
            initialize_from_vocabulary(prefix, renamed.get(name, name), parts, vocabularies[name])
        elif vars_to_warm_start:
            # One part is taken for the whole, whose shape is checked before anything runs.
            pairs.append((renamed.get(name, name), parts[0] if len(parts) == 1 else parts))
    if pairs:
        init_from_checkpoint(ckpt_to_initialize_from, pairs)
    moved = len(set(vocabularies) & set(grouped))
    LOGGER.info("Warm-started %d variables.", len(pairs) + moved)
    for argument, given in (
        ("var_name_to_prev_var_name", renamed),
        ("var_name_to_vocab_info", vocabularies),
    ):
        unused = set(given) - set(grouped)
        if unused:
            raise ValueError(
                f"You provided the following variables in {argument} that were not used: {unused}.  "
                "Perhaps you misspelled them?  Here is the list of viable variable names: "
                f"{sorted(grouped)}"
            )


def _chosen(wanted: Any) -> list[Any]:
    graph = get_default_graph()
    if wanted is None or isinstance(wanted, str):
        LOGGER.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        return graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, wanted)
    if not isinstance(wanted, list):
        raise ValueError(
            f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(wanted)}"
        )
    if all(isinstance(item, str) for item in wanted):
        found = (graph.get_collection(GraphKeys.GLOBAL_VARIABLES, item) for item in wanted)
        return [variable for variables in found for variable in variables]
    if all(isinstance(item, Variable) for item in wanted):
        return wanted
    raise ValueError(
        "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are "
        f"{[type(item) for item in wanted]}"
    )


def _grouped(variables: list[Any]) -> dict[str, list[Any]]:
    """Name in a checkpoint → the variable, or its parts."""
    grouped: dict[str, list[Any]] = {}
    for variable in variables:
        (name,) = named_saveables([variable])
        grouped.setdefault(name, []).append(variable)
    return grouped


def _object_names(where: str | os.PathLike[str], names: set[str]) -> dict[str, str]:
    """The keys of a checkpoint of objects; empty for any other."""
    keys = names_to_keys(checkpoint_prefix(where))
    if keys is None:
        return {}
    missing = names - set(keys)
    if missing:
        raise ValueError(
            "Attempting to warm-start from an object-based checkpoint, but found that the checkpoint "
            "did not contain values for all variables. The following variables were missing: "
            f"{missing}"
        )
    return {name: keys[name] for name in names}
