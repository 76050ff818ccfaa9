"""What the machine is, as far as it matters to times; nothing that names it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

__all__ = ["available_cores", "held_back", "machine_facts"]

#: What keeps one engine's library from instructions that the processor has, and others use.
_HOLDING = (
    "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
)


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_facts() -> dict[str, str | int]:
    """Processor, cores and versions."""
    return {
        "processor": _processor(),
        "cores": available_cores(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def held_back(environment: Mapping[str, str]) -> list[str]:
    """Environment variables that keep a library from what the processor can do, with their values."""
    return [f"{name}={environment[name]}" for name in _HOLDING if environment.get(name)]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
