"""`tf.profiler.ProfileOptionBuilder`.

Source: tensorflow/python/profiler/option_builder.py.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.public import public

__all__ = ["TRAINABLE_VARIABLES", "ProfileOptionBuilder"]

#: The type that nodes of trainable variables have besides that of their ops.
TRAINABLE_VARIABLES = "_trainable_variables"

_COMMON: dict[str, Any] = {
    "max_depth": 10000,
    "min_bytes": 0,
    "min_micros": 0,
    "min_params": 0,
    "min_float_ops": 0,
    "min_occurrence": 0,
    "order_by": "name",
    "account_type_regexes": [".*"],
    "start_name_regexes": [".*"],
    "trim_name_regexes": [],
    "show_name_regexes": [".*"],
    "hide_name_regexes": [],
    "account_displayed_op_only": True,
    "select": ["micros"],
    "step": -1,
    "output": "stdout",
}


@public("profiler.ProfileOptionBuilder")
class ProfileOptionBuilder:
    """Makes the options of `tf.profiler.profile`, a dict.

        builder = tf.profiler.ProfileOptionBuilder(tf.profiler.ProfileOptionBuilder.float_operation())
        options = builder.with_empty_output().build()

    Args:
        options: what to begin with; by default all nodes by name.
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        if options is None:
            options = {**_COMMON, "max_depth": 100, "account_displayed_op_only": False}
        self._options: dict[str, Any] = copy.deepcopy(dict(options))

    @staticmethod
    def trainable_variables_parameter() -> dict[str, Any]:
        """Options for the number of parameters of trainable variables."""
        return copy.deepcopy(
            {**_COMMON, "account_type_regexes": [TRAINABLE_VARIABLES], "select": ["params"]}
        )

    @staticmethod
    def float_operation() -> dict[str, Any]:
        """Options for the number of operations on numbers."""
        return copy.deepcopy(
            {**_COMMON, "min_float_ops": 1, "order_by": "float_ops", "select": ["float_ops"]}
        )

    @staticmethod
    def time_and_memory(
        min_micros: int = 1,
        min_bytes: int = 1,
        min_accelerator_micros: int = 0,
        min_cpu_micros: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> dict[str, Any]:
        """Options for times and memory, which `profile` does not tell here."""
        return copy.deepcopy(
            {
                **_COMMON,
                "min_bytes": min_bytes,
                "min_peak_bytes": min_peak_bytes,
                "min_residual_bytes": min_residual_bytes,
                "min_output_bytes": min_output_bytes,
                "min_micros": min_micros,
                "min_accelerator_micros": min_accelerator_micros,
                "min_cpu_micros": min_cpu_micros,
                "order_by": "micros",
                "select": ["micros", "bytes"],
            }
        )

    def build(self) -> dict[str, Any]:
        """The options."""
        return copy.deepcopy(self._options)

    def _set(self, **options: Any) -> ProfileOptionBuilder:
        self._options.update(options)
        return self

    def with_max_depth(self, max_depth: int) -> ProfileOptionBuilder:
        """Show no more than so many levels, or types of ops."""
        return self._set(max_depth=max_depth)

    def with_min_memory(
        self,
        min_bytes: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> ProfileOptionBuilder:
        """Show only what takes so much memory."""
        return self._set(
            min_bytes=min_bytes,
            min_peak_bytes=min_peak_bytes,
            min_residual_bytes=min_residual_bytes,
            min_output_bytes=min_output_bytes,
        )

    def with_min_execution_time(
        self, min_micros: int = 0, min_accelerator_micros: int = 0, min_cpu_micros: int = 0
    ) -> ProfileOptionBuilder:
        """Show only what takes so long."""
        return self._set(
            min_micros=min_micros,
            min_accelerator_micros=min_accelerator_micros,
            min_cpu_micros=min_cpu_micros,
        )

    def with_min_parameters(self, min_params: int) -> ProfileOptionBuilder:
        """Show only what has so many parameters."""
        return self._set(min_params=min_params)

    def with_min_occurrence(self, min_occurrence: int) -> ProfileOptionBuilder:
        """Show only types that so many nodes have."""
        return self._set(min_occurrence=min_occurrence)

    def with_min_float_operations(self, min_float_ops: int) -> ProfileOptionBuilder:
        """Show only what takes so many operations on numbers."""
        return self._set(min_float_ops=min_float_ops)

    def with_accounted_types(self, account_type_regexes: Sequence[str]) -> ProfileOptionBuilder:
        """Count only nodes with a type that one of the patterns fits as a whole."""
        return self._set(account_type_regexes=list(account_type_regexes))

    def with_node_names(
        self,
        start_name_regexes: Sequence[str] | None = None,
        show_name_regexes: Sequence[str] | None = None,
        hide_name_regexes: Sequence[str] | None = None,
        trim_name_regexes: Sequence[str] | None = None,
    ) -> ProfileOptionBuilder:
        """Show only what patterns fit as a whole.

        Args:
            start_name_regexes: where to begin.
            show_name_regexes: what to show.
            hide_name_regexes: what of this not to show.
            trim_name_regexes: below what to show nothing.
        """
        given = {
            "start_name_regexes": start_name_regexes,
            "show_name_regexes": show_name_regexes,
            "hide_name_regexes": hide_name_regexes,
            "trim_name_regexes": trim_name_regexes,
        }
        return self._set(**{key: list(value) for key, value in given.items() if value is not None})

    def account_displayed_op_only(self, is_true: bool) -> ProfileOptionBuilder:
        """Whether totals are of what is shown only."""
        return self._set(account_displayed_op_only=is_true)

    def with_empty_output(self) -> ProfileOptionBuilder:
        """Print nothing."""
        return self._set(output="none")

    def with_stdout_output(self) -> ProfileOptionBuilder:
        """Print the result."""
        return self._set(output="stdout")

    def with_file_output(self, outfile: str) -> ProfileOptionBuilder:
        """Write the result to a file."""
        return self._set(output=f"file:outfile={outfile}")

    def with_timeline_output(self, timeline_file: str) -> ProfileOptionBuilder:
        """Write a timeline, which `profile` does not do here; `tf.train.ProfilerHook` does."""
        return self._set(output=f"timeline:outfile={timeline_file}")

    def with_pprof_output(self, pprof_file: str) -> ProfileOptionBuilder:
        """Write a profile for pprof, which `profile` does not do here."""
        return self._set(output=f"pprof:outfile={pprof_file}")

    def order_by(self, attribute: str) -> ProfileOptionBuilder:
        """Sort by `name`, `params`, `float_ops` or `occurrence`."""
        return self._set(order_by=attribute)

    def select(self, attributes: Sequence[str]) -> ProfileOptionBuilder:
        """Print these: `params`, `float_ops`, `occurrence`."""
        return self._set(select=list(attributes))

    def with_step(self, step: int) -> ProfileOptionBuilder:
        """Take the times of a step."""
        return self._set(step=step)
