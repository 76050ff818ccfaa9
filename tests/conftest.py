"""What holds for all tests: property tests try the same examples in each run, however fast the machine is.

How much of the recorded material gives TensorFlow's outputs is printed at the end of a run, also of one in several processes.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings

# Chance finds faults that the change under test did not make: `--hypothesis-profile=default` is how to
# look for them.  A fixture of the function is made once for all examples, which the tests know.
settings.register_profile(
    "steady",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("steady")


def recorded(terminalreporter: Any, key: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Outcome and recorded property of each test that recorded one under `key`."""
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name == key:
                    yield outcome, tuple(value)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the counts, if there is anything to count."""
    for summary in (modules_summary, fine_tuning_summary, corpus_summary):
        for line in summary(terminalreporter):
            terminalreporter.write_line(line)


def modules_summary(terminalreporter: Any) -> Iterator[str]:
    """A module or signature counts if none of its checks failed."""
    checks = list(recorded(terminalreporter, "recorded module"))
    if not checks:
        return
    bad = [signature for outcome, signature in checks if outcome != "passed"]
    signatures = {signature for _, signature in checks}
    modules = {name for name, *_ in signatures}
    yield (
        f"recorded modules: {len(modules - {name for name, *_ in bad})} of {len(modules)} modules, "
        f"{len(signatures - set(bad))} of {len(signatures)} signatures and "
        f"{len(checks) - len(bad)} of {len(checks)} checks give TensorFlow's outputs"
    )


def fine_tuning_summary(terminalreporter: Any) -> Iterator[str]:
    """A record counts if its test passed; some are compared by their first step."""
    records = list(recorded(terminalreporter, "fine-tuning record"))
    if records:
        good = [how for outcome, (_, how) in records if outcome == "passed"]
        yield (
            f"recorded fine-tuning: {len(good)} of {len(records)} end where TensorFlow's do "
            f"({good.count('first step')} of them compared by their first step)"
        )


def corpus_summary(terminalreporter: Any) -> Iterator[str]:
    """By suite and control flow: an entry counts if none of its tests failed or was skipped."""
    good: dict[tuple[str, ...], bool] = {}
    for outcome, entry in recorded(terminalreporter, "corpus entry"):
        good[entry] = good.get(entry, True) and outcome == "passed"
    if not good:
        return
    total = collections.Counter((suite, flow) for suite, flow, _ in good)
    matched = collections.Counter((suite, flow) for suite, flow, _ in good if good[suite, flow, _])
    for group, count in sorted(total.items()):
        yield f"corpus {group[0]}, control flow {group[1]}: {matched[group]} of {count} match"
    yield f"corpus: {sum(matched.values())} of {sum(total.values())} match"
