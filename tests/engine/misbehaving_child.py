"""Misbehaves as it is asked to; `test_children` starts it."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from tests.engine.children import limit_memory, limit_time

MEMORY = 1 << 28


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What one case gives, if it ends."""
    match case["do"]:
        case "spin":
            while True:
                pass
        case "wait":
            time.sleep(1000)
        case "crash":
            os.abort()
        case "fill":
            try:
                bytearray(2 * MEMORY)
            except MemoryError:
                return {"error": "MemoryError"}
    return {"process": os.getpid()}


def main() -> None:
    """Answer the cases of the standard input."""
    limit_memory(MEMORY)
    print("ready", flush=True)
    for line in sys.stdin:
        limit_time(1)
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
