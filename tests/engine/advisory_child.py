"""Runs the calls of security advisories, one JSON object a line, and answers each with a line.

`test_advisories` starts it: a process of its own can be given limits of memory and of processor time, and ends when a
call hangs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from typing import Any

import numpy as np

from minihub_runtime.codec import attr_to_proto, tensor_to_proto
from minihub_runtime.dtypes import as_dtype, bits, float_to_bfloat16, from_bits
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import GraphDef
from tests.engine.children import limit_memory, limit_time

#: Bytes that a call may take beyond what the process has when it starts.
MEMORY = 4 << 30

#: An input of more elements is a constant even where inputs are fed, for a feed is an array.
MAX_FED = 1 << 20


def elements(values: list[Any], dtype: str) -> Any:
    """A vector of a TensorFlow type from JSON values."""
    kind = as_dtype(dtype)
    values = [complex(*v["complex"]) if isinstance(v, dict) else v for v in values]
    if kind.name == "string":
        found = np.empty(len(values), dtype=object)
        found[:] = [str(value).encode() for value in values]
        return found
    if kind.name == "bfloat16":
        return float_to_bfloat16(np.asarray(values, dtype=np.float32))
    # An advisory's integers need not fit their type; those that do not wrap around, as they did for TensorFlow.
    if kind.is_quantized:
        return from_bits(np.asarray(values, dtype=np.int64).astype(kind.numpy[0]), kind)
    return np.asarray(values).astype(kind.numpy) if values else np.zeros(0, kind.numpy)


class Calls:
    """A GraphDef of the calls of one advisory: those that prepare, then the one that matters.

    Args:
        fed: whether inputs are fed; else they are constants.
        folder: what stands for `<dir>` in paths.
    """

    def __init__(self, fed: bool, folder: str) -> None:
        self.proto = GraphDef()
        self.proto.versions.producer = 27
        self.fed = fed
        self.folder = folder
        self.feeds: dict[Ref, Any] = {}
        self.calls: list[str] = []

    def node(self, op: str, inputs: list[str], **attrs: Any) -> str:
        """A new node; its name."""
        added = self.proto.node.add(name=f"n{len(self.proto.node)}", op=op, input=inputs)
        for key, value in attrs.items():
            added.attr[key].CopyFrom(value)
        return added.name

    def tensor(self, given: dict[str, Any], is_ref: bool) -> str:
        """A constant, a fed placeholder, or a variable that holds the value."""
        if "from_call" in given:
            return self.calls[given["from_call"]]
        if "var" in given:
            return self.variable(given["var"])
        shape, dtype = given["shape"], as_dtype(given["dtype"])
        values = given["values"] if "values" in given else [given["fill"]]
        flat = elements([self.text(value) for value in values], given["dtype"])
        kind = attr_to_proto(dtype, "type")
        count = int(np.prod(shape, dtype=object))
        if is_ref:
            state = self.node("VariableV2", [], dtype=kind, shape=attr_to_proto(tuple(shape)))
            value = self.tensor(given, is_ref=False)
            return self.node("Assign", [state, value], T=kind)
        if self.fed and count < MAX_FED:
            name = self.node("Placeholder", [], dtype=kind)
            full = flat if len(flat) == count else np.repeat(flat[:1], count)
            self.feeds[Ref(name)] = full.reshape(shape)
            return name
        name = self.node("Const", [], dtype=kind)
        # One value and a larger shape is how a TensorProto says "all the same".
        tensor = tensor_to_proto(flat[:count] if len(flat) != count else flat, dtype)
        tensor.tensor_shape.CopyFrom(attr_to_proto(tuple(shape), "shape").shape)
        if "fill" in given and tensor.tensor_content:
            raise AssertionError(f"{given} must not be stored element by element")
        self.proto.node[-1].attr["value"].tensor.CopyFrom(tensor)
        return name

    def variable(self, given: dict[str, Any]) -> str:
        """A resource variable, assigned; its handle as an input that waits for that."""
        kind = attr_to_proto(as_dtype(given["dtype"]), "type")
        shape = attr_to_proto(tuple(given["shape"]), "shape")
        handle = self.node("VarHandleOp", [], dtype=kind, shape=shape)
        value = self.tensor(given, is_ref=False)
        assign = self.node("AssignVariableOp", [handle, value], dtype=kind)
        resource = attr_to_proto(as_dtype("resource"), "type")
        return self.node("Identity", [handle, f"^{assign}"], T=resource)

    def text(self, value: Any) -> Any:
        return value.replace("<dir>", self.folder) if isinstance(value, str) else value

    def call(self, call: dict[str, Any]) -> None:
        """Append a call of an advisory, its attributes as its op's schema has them."""
        op = REGISTRY.get(call["op"])
        schema = op.schema if op is not None else None
        refs = {arg.name for arg in schema.inputs if arg.is_ref} if schema else set()
        inputs = [self.tensor(given, given["arg"] in refs) for given in call["inputs"]]
        attrs = {}
        for name, value in call["attrs"].items():
            known = schema is not None and name in schema.attrs
            attrs[name] = self.attribute(value, schema.attrs[name].type if known else None)
        self.calls.append(self.node(call["op"], inputs, **attrs))

    def attribute(self, value: Any, kind: str | None) -> Any:
        """An attribute from its JSON value."""
        value = self.text(value)
        if kind == "shape" and value is not None:
            value = tuple(None if size == -1 else size for size in value)
        elif isinstance(value, dict):
            value = bytes.fromhex(value["bytes_hex"])
        return attr_to_proto(value, kind)


def shown(value: Any) -> dict[str, Any]:
    """A result for JSON: small ones with their values."""
    if not isinstance(value, np.ndarray):
        return {"type": type(value).__name__}
    found: dict[str, Any] = {"shape": list(value.shape), "dtype": as_dtype(value.dtype).name}
    if value.dtype != object and value.size <= 64:
        found["values"] = repr(np.asarray(bits(value)).tolist())
    return found


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What the last call of a case gives: results or an error."""
    with tempfile.TemporaryDirectory() as folder:
        built = Calls(case["fed"], folder)
        for call in case["calls"]:
            built.call(call)
        name = built.calls[-1]
        try:
            graph = read_graph(GraphDef.FromString(built.proto.SerializeToString()))
            runner = Runner(graph, [folder])
            op = REGISTRY.get(graph.nodes[name].op)
            attrs = op.schema.complete(graph.nodes[name].attrs, op.name) if op else {}
            kinds = op.schema.output_dtypes(attrs) if op else []
            fetches = [
                Ref(name, place)
                for place, kind in enumerate(kinds)
                if kind.name not in ("resource", "variant")
            ]
            values = runner.run(fetches, built.feeds, [name], timeout=case["deadline_s"])
        except OpError as error:
            return {"error": type(error).__name__, "message": str(error)}
    return {"outputs": [shown(value) for value in values]}


def main() -> None:
    """Answer the cases of the standard input."""
    warnings.simplefilter("error")
    len(REGISTRY)
    limit_memory(MEMORY)
    print("ready", flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        limit_time(case["limit_s"])
        try:
            found = answer(case)
        except BaseException as error:
            # What escapes is the finding.
            found = {"escaped": type(error).__name__, "message": str(error)}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
