"""Which variables of an Estimator begin with the values of an earlier model.

Source: tensorflow_estimator/python/estimator/estimator.py:WarmStartSettings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.gfile import exists
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.public import public
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.vocabularies import VocabInfo

__all__ = ["WarmStartSettings", "settings_from"]

public("estimator.VocabInfo")(VocabInfo)


class _WarmStartSettings(NamedTuple):
    ckpt_to_initialize_from: Any
    vars_to_warm_start: Any
    var_name_to_vocab_info: Mapping[str, VocabInfo]
    var_name_to_prev_var_name: Mapping[str, str]


@public("estimator.WarmStartSettings")
class WarmStartSettings(_WarmStartSettings):
    """Arguments of `tf.train.warm_start`, which says what they mean.

    Raises:
        ValueError: no checkpoint is given.
    """

    def __new__(
        cls,
        ckpt_to_initialize_from: Any,
        vars_to_warm_start: Any = ".*",
        var_name_to_vocab_info: Mapping[str, VocabInfo] | None = None,
        var_name_to_prev_var_name: Mapping[str, str] | None = None,
    ) -> WarmStartSettings:
        """Check that there is a checkpoint."""
        if not ckpt_to_initialize_from:
            raise ValueError("`ckpt_to_initialize_from` MUST be set in WarmStartSettings")
        return super().__new__(
            cls,
            ckpt_to_initialize_from,
            vars_to_warm_start,
            var_name_to_vocab_info or {},
            var_name_to_prev_var_name or {},
        )


def settings_from(warm_start_from: Any) -> WarmStartSettings | None:
    """The settings for a checkpoint, a SavedModel or settings themselves; None for None.

    Raises:
        ValueError: it is something else.
    """
    if warm_start_from is None or isinstance(warm_start_from, WarmStartSettings):
        return warm_start_from
    if not isinstance(warm_start_from, (str, bytes)):
        raise ValueError(
            "warm_start_from must be a string or a WarmStartSettings, instead got "
            f"{type(warm_start_from)}"
        )
    variables = os.path.join(
        os.fsdecode(warm_start_from), constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME
    )
    if exists(f"{variables}.index"):
        LOGGER.info("Warm-starting from a SavedModel")
        return WarmStartSettings(variables)
    return WarmStartSettings(warm_start_from)
