"""How many recorded modules, signatures and cases give TensorFlow's outputs, printed at the end of a run."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count the recorded cases; a module or signature counts if none of its cases failed."""
    good: dict[tuple[str, ...], int] = {}
    bad: dict[tuple[str, ...], int] = {}
    for outcome, counts in (("passed", good), ("failed", bad), ("error", bad)):
        for report in terminalreporter.getreports(outcome):
            for key, value in getattr(report, "user_properties", ()):
                if key == "recorded":
                    counts[tuple(value)] = counts.get(tuple(value), 0) + 1
    everything = {*good, *bad}
    if not everything:
        return
    modules = {name for name, *_ in everything}
    failed = {name for name, *_ in bad}
    terminalreporter.write_line(
        f"recorded modules: {len(modules - failed)} of {len(modules)} modules, "
        f"{len(everything - set(bad))} of {len(everything)} signatures and "
        f"{sum(good.values())} of {sum(good.values()) + sum(bad.values())} checks give TensorFlow's outputs"
    )
