"""Run a sample in a session, for ops that need one."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from tests.golden import function_gradients, functions
from tests.samples import File, Sample, Step

__all__ = ["SampleGraph", "needs_session", "run_in_session"]

HANDLES = ("resource", "variant")


def needs_session(sample: Sample) -> bool:
    """Whether the sample's op or one before it keeps state or calls functions."""
    return (
        bool(sample.before or sample.after) or REGISTRY[sample.op].wants_context or sample.runs > 1
    )


class SampleGraph:
    """The nodes of a sample: its steps one after the other, arrays as fed placeholders."""

    def __init__(self, sample: Sample) -> None:
        self.nodes: dict[str, Node] = {}
        self.feeds: dict[Ref, Any] = {}
        self.types: dict[Ref, DType] = {}
        after: list[str] = []
        for name, call in sample.before.items():
            self.add(name, call.op, call.inputs, call.attrs, after)
            after = [name]
        self.add("sampled", sample.op, sample.inputs, sample.attrs, after)
        self.fetched = ["sampled"]
        for name, call in sample.after.items():
            self.add(name, call.op, call.inputs, call.attrs, self.fetched[-1:])
            self.fetched.append(name)

    def tensor(self, value: Any) -> Ref:
        """An earlier step's output, or a new fed placeholder."""
        if isinstance(value, Step):
            return Ref(value.name, value.index)
        if isinstance(value, File):
            value = value.value
        ref = Ref(f"fed_{len(self.feeds)}")
        dtype = as_dtype(value.dtype)
        self.nodes[ref.node] = Node(ref.node, "Placeholder", attrs={"dtype": dtype, "shape": None})
        self.types[ref] = dtype
        self.feeds[ref] = value
        return ref

    def add(
        self, name: str, op: str, inputs: dict[str, Any], attrs: dict[str, Any], after: list[str]
    ) -> None:
        """Append one node."""
        schema = REGISTRY[op].schema
        flat: list[Ref] = []
        kinds: dict[str, Any] = {}
        for arg in schema.inputs:
            given = inputs[arg.name]
            refs = [self.tensor(v) for v in (given if arg.is_list else [given])]
            flat += refs
            types = [self.types[ref] for ref in refs]
            kinds[arg.name] = types if arg.is_list else types[0]
        full = schema.infer(kinds, op)
        for key, value in attrs.items():
            kind = schema.attrs[key].type
            if kind == "type":
                full[key] = as_dtype(value)
            elif kind == "list(type)":
                full[key] = [as_dtype(item) for item in value]
            elif kind == "shape" and value is not None:
                full[key] = tuple(None if n == -1 else n for n in value)
            else:
                full[key] = value
        self.nodes[name] = Node(name, op, flat, after, full)
        produced = schema.output_dtypes(schema.complete(full, op))
        self.types.update({Ref(name, i): dtype for i, dtype in enumerate(produced)})

    def outputs(self) -> list[Ref]:
        """The outputs of the sampled op, and of the steps after it, that have values."""
        return [
            ref
            for ref, dtype in self.types.items()
            if ref.node in self.fetched and dtype.base_dtype.name not in HANDLES
        ]


def run_in_session(sample: Sample) -> list[list[Any]]:
    """The sample's outputs, for each run of one session."""
    built = SampleGraph(sample)
    runner = Runner(Graph(built.nodes, functions(), function_gradients()), readable=None)
    feeds = {ref: np.asarray(value) for ref, value in built.feeds.items()}
    return [runner.run(built.outputs(), feeds, built.fetched) for _ in range(sample.runs)]
