"""What a node does besides computing its outputs: it reads something that lives longer than the run, changes it, or neither.

Nodes that do neither may run in any order that their inputs allow; so may those that touch different variables or tables.
TensorFlow orders all nodes by inputs and control inputs alone, so this asks for more than TensorFlow promises.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import resource, variant
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops.registry import RANDOM, REGISTRY

__all__ = ["Effect", "effect_of", "hands_on", "may_wait"]


class Effect(enum.Enum):
    """What a node does besides computing its outputs."""

    NONE = "none"
    #: It reads what its inputs stand for: variables, tables; or it looks at the state of affairs and may end the run.
    READS = "reads"
    #: It may change what its inputs stand for.
    WRITES = "writes"
    #: It may do anything.
    ANY = "any"
    #: It may do anything, and may have to wait for what other nodes do.
    WAITS = "waits"


#: Ops that have a state or a context, and no effect: what they make is shared, they draw from a stream of their own, or they ask
#: how functions or messages look.
_HARMLESS = frozenset(
    {
        "CheckNumerics",
        "CheckNumericsV2",
        "DecodeProtoV2",
        "DeepCopy",
        "Empty",
        "EncodeProto",
        "FractionalAvgPool",
        "FractionalMaxPool",
        "GuaranteeConst",
        "HistogramSummary",
        "Placeholder",
        "PlaceholderV2",
        "RandomCrop",
        "RandomShuffle",
        "RandomUniform",
        "RandomUniformInt",
        "StatelessRandomGetAlg",
        "TensorSummary",
        "WordpieceTokenizeWithOffsets",
        "_AddProductLater",
        "_AddRowsLater",
        "_Arg",
        "_ProjectedMatMul",
        "_Retval",
        "_Settled",
    }
)
#: Beginnings of the names of such ops.  Tensor arrays are ordered by the flow that their ops hand on.
_HARMLESS_KINDS = (
    "Sentencepiece",
    "TensorArrayConcat",
    "TensorArrayGather",
    "TensorArrayGrad",
    "TensorArrayRead",
    "TensorArrayScatter",
    "TensorArraySize",
    "TensorArraySplit",
    "TensorArrayV3",
    "TensorArrayWrite",
)
#: Ops that make what others use, or find it if it is there already.
_MAKERS = frozenset(
    {"HashTable", "HashTableV2", "MutexV2", "StackV2", "VarHandleOp", "Variable", "VariableV2"}
)
_READERS = frozenset(
    {
        "Assert",
        "LookupTableFindV2",
        "LookupTableSizeV2",
        "ReadVariableOp",
        "ResourceGather",
        "ResourceGatherNd",
        "VarIsInitializedOp",
        "VariableShape",
        "_EmbeddingLookupSparse",
        "_SplitAndLookup",
    }
)
#: Beginnings of the names of ops that wait for others of the same resource, or that those wait for.
_WAITING_KINDS = (
    "AccumulatorApply",
    "AccumulatorTake",
    "Barrier",
    "ConsumeMutexLock",
    "MapClear",
    "MapPeek",
    "MapStage",
    "MapUnstage",
    "MutexLock",
    "OrderedMap",
    "Queue",
    "ReaderRead",
    "ResourceAccumulatorApply",
    "ResourceAccumulatorTake",
    "SparseAccumulatorApply",
    "SparseAccumulatorTake",
    "Stage",
    "Unstage",
)
#: Ops with a context that run functions and have no effect of their own.
_CALLS = frozenset(
    {
        "Case",
        "For",
        "If",
        "PartitionedCall",
        "StatefulPartitionedCall",
        "StatelessCase",
        "StatelessIf",
        "StatelessWhile",
        "While",
    }
)


def effect_of(graph: Graph, node: Node) -> Effect:
    """The effect of a node, with what is in the functions that it calls, and in a loop.

    Args:
        graph: where functions are looked up.
        node: a node of a plan.
    """
    if node.op == "_Loop":
        loop = node.attrs["loop"]
        parts = (loop.test, loop.body, loop.leaving)
        inner = [
            _inside(node.op, effect_of(graph, node)) for part in parts for node in part.values()
        ]
        return _strongest(inner)
    if node.op in graph.functions:
        return _of_functions(graph, [node.op])
    if node.op in _CALLS:
        values = [node.attrs[name] for name in node.attrs]
        items = [
            item for value in values for item in (value if isinstance(value, list) else [value])
        ]
        return _of_functions(graph, [item.name for item in items if isinstance(item, Func)])
    return _of_op(node.op)


def may_wait(op: str) -> bool:
    """Whether an op waits for others of the same resource, or those for it."""
    return op.startswith(_WAITING_KINDS)


def hands_on(op: str) -> bool:
    """Whether an op does nothing but run functions or a loop, and can go on where these would wait."""
    return op in _CALLS or op not in REGISTRY


@functools.cache
def _of_op(name: str) -> Effect:
    # Large graphs have thousands of nodes of few ops, of which every plan asks.
    if may_wait(name):
        return Effect.WAITS
    if name in _READERS:
        return Effect.READS
    if name in _HARMLESS or name in _MAKERS or name.startswith(_HARMLESS_KINDS):
        return Effect.NONE
    registered = REGISTRY.get(name)
    if registered is None:
        return Effect.ANY
    if registered.takes_references:
        return Effect.WRITES
    if not (registered.stateful or registered.wants_context):
        return Effect.NONE
    if any(arg.type in (resource, variant) for arg in registered.schema.inputs):
        return Effect.WRITES
    return Effect.NONE if registered.precision is RANDOM else Effect.ANY


def _of_functions(graph: Graph, names: Iterable[str]) -> Effect:
    """The effect of functions, with those that they call."""
    stack = list(names)
    seen = set(stack)
    found: list[Effect] = []
    while stack:
        function = graph.functions.get(stack.pop())
        if function is None:
            return Effect.ANY
        for node in function.node_def:
            if node.op in graph.functions or node.op in _CALLS:
                called = {node.op} & set(graph.functions)
                called.update(
                    attr.func.name for attr in node.attr.values() if attr.HasField("func")
                )
                called.update(func.name for attr in node.attr.values() for func in attr.list.func)
                stack += called - seen
                seen |= called
            else:
                found.append(_inside(node.op, _of_op(node.op)))
    return _strongest(found)


def _inside(op: str, effect: Effect) -> Effect:
    """The effect of an op that runs as a part of a node: what it makes or finds is no input of that node."""
    return Effect.ANY if op in _MAKERS else effect


def _strongest(found: Iterable[Effect]) -> Effect:
    return max(found, key=list(Effect).index, default=Effect.NONE)
