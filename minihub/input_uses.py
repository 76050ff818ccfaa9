"""What a graph does with the inputs of a signature, where their types do not say which values suit them.

A string may be a sentence, a picture or a number; the op that takes it apart knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from minihub.function_calls import FIRST_ARGUMENT, functions_of
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["Use", "uses_of"]

#: "bmp", "image" (one of several formats), "number" (as text), "size" (height and width of pictures) or "wav".
Use: TypeAlias = str

#: Op and number of the input → what it takes.
_TAKES: dict[tuple[str, int], Use] = {
    ("DecodeAndCropJpeg", 0): "image",
    ("DecodeBmp", 0): "bmp",
    ("DecodeImage", 0): "image",
    ("DecodeJpeg", 0): "image",
    ("DecodePng", 0): "image",
    ("DecodeWav", 0): "wav",
    ("StringToNumber", 0): "number",
    **{(f"Resize{how}", 1): "size" for how in ("Area", "Bicubic", "Bilinear", "NearestNeighbor")},
    ("ScaleAndTranslate", 1): "size",
}
#: Op → the inputs whose elements are among those of its outputs; a list of strings passes through arrays of tensors in loops.
_HANDS_ON: dict[str, tuple[int, ...]] = {
    "Enter": (0,),
    "Exit": (0,),
    "ExpandDims": (0,),
    "GatherV2": (0,),
    "Identity": (0,),
    "NextIteration": (0,),
    "PlaceholderWithDefault": (0,),
    "Reshape": (0,),
    "Squeeze": (0,),
    "StridedSlice": (0,),
    "StringStrip": (0,),
    "Switch": (0,),
    "TensorArrayReadV3": (2,),
    "TensorArrayScatterV3": (2,),
    "TensorListFromTensor": (0,),
    "TensorListGetItem": (0,),
    "Unpack": (0,),
}
#: As those, of all their inputs.
_JOINS = frozenset({"ConcatV2", "IdentityN", "Merge", "Pack"})

_Readers: TypeAlias = "dict[str, list[tuple[Node, int, int]]]"


def uses_of(runner: Runner, inputs: Mapping[str, ParsedTensorInfo]) -> dict[str, Use]:
    """Name → use, of the inputs that are used in a way that is known here.

    Args:
        runner: has the graph.
        inputs: those of a signature.
    """
    unclear = {name: info for name, info in inputs.items() if _is_unclear(info)}
    if not unclear:
        return {}
    walk = _Walk(runner)
    found = {name: walk.use(info.refs[0]) for name, info in unclear.items()}
    return {name: use for name, use in found.items() if use is not None}


def _is_unclear(info: ParsedTensorInfo) -> bool:
    if info.kind != "dense":
        return False
    return info.dtype.name == "string" or (info.dtype.is_integer and info.shape == (2,))


class _Walk:
    """Looks where tensors go, into functions too."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._readers: dict[int, _Readers] = {}

    def use(self, start: Ref) -> Use | None:
        """What takes a tensor, the nearest if several do."""
        waiting: list[tuple[Mapping[str, Node], Ref]] = [(self._runner.graph.nodes, start)]
        seen = {(id(waiting[0][0]), start)}
        for nodes, ref in waiting:
            for reader, place, index in self._read(nodes).get(ref.node, ()):
                if index != ref.index:
                    continue
                use = _TAKES.get((reader.op, place))
                if use is not None:
                    return use
                for there in self._further(nodes, reader, place):
                    key = (id(there[0]), there[1])
                    if key not in seen:
                        seen.add(key)
                        waiting.append(there)
        return None

    def _read(self, nodes: Mapping[str, Node]) -> _Readers:
        """Name → the nodes that read its outputs, at which of their inputs, and which output."""
        found = self._readers.get(id(nodes))
        if found is None:
            found = self._readers[id(nodes)] = {}
            for node in nodes.values():
                for place, ref in enumerate(node.inputs):
                    found.setdefault(ref.node, []).append((node, place, ref.index))
        return found

    def _further(
        self, nodes: Mapping[str, Node], reader: Node, place: int
    ) -> Iterator[tuple[Mapping[str, Node], Ref]]:
        """The tensors that have the elements of an input of a node."""
        if reader.op in _JOINS or place in _HANDS_ON.get(reader.op, ()):
            # Of the outputs that there are; a Switch has two, and so may others.
            read = {index for _, _, index in self._read(nodes).get(reader.name, ())}
            yield from ((nodes, Ref(reader.name, index)) for index in sorted(read))
        first = FIRST_ARGUMENT.get(reader.op)
        if first is None or place < first:
            return
        for _, function in functions_of(reader):
            try:
                body = self._runner.body(function)
            except OpError:
                # A function that is malformed says so when it is called; a branch may never be.
                continue
            if place - first < len(body.arguments):
                yield body.graph.nodes, body.arguments[place - first]
