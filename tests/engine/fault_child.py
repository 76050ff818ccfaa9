"""Runs graph cases, one JSON object a line, and answers each with a line; `test_graph_faults` starts it.

A process of its own can be given limits of memory and of processor time, and ends when a case hangs.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from google.protobuf import json_format

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.protos import GraphDef
from tests.engine.children import limit_memory, limit_time

#: Bytes that the cases may take beyond what the process has when it starts.
MEMORY = 1 << 30


def fed(graph: Any, feeds: dict[str, Any]) -> dict[Any, Any]:
    """Feeds as arrays of their placeholders' types."""
    found = {}
    for name, value in feeds.items():
        ref = parse_ref(name)
        dtype = as_dtype(graph.nodes[ref.node].attrs["dtype"])
        array = np.asarray(value, np.float64 if dtype.is_floating else None)
        if dtype.name == "string":
            texts = [str(item).encode() for item in array.reshape(-1)]
            array = np.array(texts, dtype=object).reshape(array.shape)
        found[ref] = array.astype(dtype.numpy)
    return found


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What one case gives: a value's type, shape and elements, or an error."""
    try:
        proto = json_format.ParseDict(case["graph"], GraphDef())
        graph = read_graph(proto)
        runner = Runner(graph)
        feeds = fed(graph, case["feeds"])
        fetch = case["fetch"]
        if fetch is None:
            return {"value": None}
        fetches = [parse_ref(fetch)] if ":" in fetch else []
        targets = [] if fetches else [fetch]
        values = runner.run(fetches, feeds, targets, timeout=case["deadline_s"])
    except (OpError, ValueError) as error:
        return {"error": type(error).__name__, "message": str(error)}
    if not values:
        return {"value": None}
    array = np.asarray(values[0])
    shown = [x.decode("latin-1") if isinstance(x, bytes) else x for x in array.reshape(-1).tolist()]
    return {"value": shown, "shape": list(array.shape), "dtype": as_dtype(array.dtype).name}


def main() -> None:
    """Answer the cases of the standard input."""
    limit_memory(MEMORY)
    print("ready", flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        limit_time(case["limit_s"])
        print(json.dumps(answer(case)), flush=True)


if __name__ == "__main__":
    main()
