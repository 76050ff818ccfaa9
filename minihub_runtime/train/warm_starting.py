"""Variables of a graph that begin with the values of an earlier model.

Source: tensorflow/python/training/warm_starting_util.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.saveables import named_saveables
from minihub_runtime.api.variables import Variable
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import checkpoint_prefix
from minihub_runtime.train.initial_checkpoints import init_from_checkpoint
from minihub_runtime.train.object_checkpoints import names_to_keys

__all__ = ["VocabInfo", "warm_start"]


class _VocabInfo(NamedTuple):
    new_vocab: str
    new_vocab_size: int
    num_oov_buckets: int
    old_vocab: str
    old_vocab_size: int
    backup_initializer: Any
    axis: int


@public("train.VocabInfo")
class VocabInfo(_VocabInfo):
    """How the rows of an embedding move from one vocabulary to another; `warm_start` refuses it by name.

    Raises:
        ValueError: `axis` is neither 0 nor 1.
    """

    def __new__(
        cls,
        new_vocab: str,
        new_vocab_size: int,
        num_oov_buckets: int,
        old_vocab: str,
        old_vocab_size: int = -1,
        backup_initializer: Any = None,
        axis: int = 0,
    ) -> VocabInfo:
        """Check the axis."""
        if axis not in (0, 1):
            raise ValueError(
                "The only supported values for the axis argument are 0 and 1.  Provided axis: "
                f"{axis}"
            )
        return super().__new__(
            cls,
            new_vocab,
            new_vocab_size,
            num_oov_buckets,
            old_vocab,
            old_vocab_size,
            backup_initializer,
            axis,
        )


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
            variables; None for all trainable ones.
        var_name_to_vocab_info: not supported.
        var_name_to_prev_var_name: name → name in the checkpoint.

    Raises:
        NotImplementedError: there is a `var_name_to_vocab_info`.
        ValueError: a variable is not in the checkpoint, or a name in the maps is none of a variable.
    """
    if var_name_to_vocab_info:
        raise NotImplementedError(
            "tf.train.warm_start with var_name_to_vocab_info is not supported: rows of "
            f"{sorted(var_name_to_vocab_info)} are not moved between vocabularies"
        )
    LOGGER.info("Warm-starting from: %s", ckpt_to_initialize_from)
    grouped = _grouped(_chosen(vars_to_warm_start))
    renamed = dict(var_name_to_prev_var_name or {})
    if not renamed:
        renamed = _object_names(ckpt_to_initialize_from, set(grouped))
    # A tensor may be for several variables.
    pairs = [
        (renamed.get(name, name), parts[0] if len(parts) == 1 and not _is_part(parts[0]) else parts)
        for name, parts in grouped.items()
    ]
    if pairs:
        init_from_checkpoint(ckpt_to_initialize_from, pairs)
    LOGGER.info("Warm-started %d variables.", len(pairs))
    unused = set(renamed) - set(grouped)
    if unused:
        raise ValueError(
            "You provided the following variables in var_name_to_prev_var_name that were not used: "
            f"{unused}.  Perhaps you misspelled them?  Here is the list of viable variable names: "
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


def _is_part(variable: Any) -> bool:
    return variable._save_slice_info is not None


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
