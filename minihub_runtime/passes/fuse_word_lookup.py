"""Sentences become the numbers of their words in one step.

    s = StaticRegexReplace(sentences)
    place, word, shape = StringSplit(s, " ")
    place, word = SparseFillEmptyRows(place, word, shape, "")     place, ids = _SplitAndLookup(sentences, table, none)
    ids = LookupTableFindV2(table, word, none)                →   bucket = ZerosLike(ids)
    bucket = StringToHashBucketFast(word, num_buckets=1)

where nothing else reads the words.  If the bucket is only there for words that the vocabulary lacks, the step does that too.

Source: the modules of tensorflow_hub's examples/text_embeddings, python/ops/lookup_ops.py:StaticVocabularyTable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["fuse_word_lookup"]


def fuse_word_lookup(
    nodes: Mapping[str, Node], feeds: Collection[Ref], kept: Collection[str]
) -> dict[str, Node]:
    """The nodes with look-ups of words fused; what nobody needs any more is still there.

    Args:
        nodes: a pruned graph.
        feeds: tensors whose values are given.
        kept: nodes that are fetched or run for their own sake.
    """
    finds = [node for node in nodes.values() if node.op == "LookupTableFindV2"]
    if not finds or not any(node.op == "StringSplit" for node in nodes.values()):
        return dict(nodes)
    readers = _readers(nodes.values())
    made: dict[str, Node] = {}
    moved: dict[Ref, Ref] = {}
    for node in finds:
        new, other = _fused(nodes, readers, feeds, kept, node)
        made.update(new)
        moved.update(other)
    result = {**nodes, **made}
    for old in moved:
        for reader in readers.get(old, []):
            inputs = tuple(moved.get(ref, ref) for ref in reader.inputs)
            result[reader.name] = result[reader.name].replace(inputs=inputs)
    return result


class _MismatchError(Exception):
    """The graph is another one."""


def _expect(condition: bool) -> None:
    if not condition:
        raise _MismatchError


def _readers(nodes: Iterable[Node]) -> dict[Ref, list[Node]]:
    """Who reads each tensor."""
    readers: dict[Ref, list[Node]] = {}
    for node in nodes:
        for ref in node.inputs:
            readers.setdefault(ref, []).append(node)
    return readers


class _Fusion:
    """The state of one fusion.

    Attributes:
        places: the tensor with row and column of each word, which the fused node gives in another's stead.
        made: the new nodes, some under the names of those whose place they take.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        readers: Mapping[Ref, list[Node]],
        feeds: Collection[Ref],
        kept: Collection[str],
        find: Node,
    ) -> None:
        self.nodes, self.readers, self.feeds, self.kept = nodes, readers, feeds, kept
        self.controls: list[str] = []
        self.made: dict[str, Node] = {}
        handle, keys, default = find.inputs
        word, words, fill = self.producer(keys), [keys], []
        while word.op == "Identity":
            words.append(word.inputs[0])
            word = self.producer(word.inputs[0])
        _expect(words[-1].index == 1)
        self.places = Ref(word.name, 0)
        if word.op == "SparseFillEmptyRows":
            fill = [self.constant(word.inputs[3])]
            split = self.producer(word.inputs[1])
            _expect(word.inputs[:3] == tuple(Ref(split.name, i) for i in range(3)))
            self.read_by(split, word, 0, 1, 2)
            self.unread(word, 2, 3)
        else:
            split = word
            self.unread(word, 2)
        _expect(split.op == "StringSplit" and split.attrs.get("skip_empty", True))
        delimiter = self.constant(split.inputs[1])
        _expect(len(delimiter.encode("utf-8", "surrogateescape")) == 1)
        text, steps = self.before(split.inputs[0])
        kind = {"T": find.attrs["Tout"]}
        chosen = self.chosen(find)
        attrs = {
            "Tout": find.attrs["Tout"],
            "steps": steps,
            "delimiter": delimiter,
            "fill": fill,
            "size_for_default": chosen is not None,
        }
        name = f"{find.name}/words"
        self.fused = Node(
            name, "_SplitAndLookup", [text, handle, default], dict.fromkeys(self.controls), attrs
        )
        ids = Ref(name, 1)
        self.made[name] = self.fused
        self.made[find.name] = find.replace(op="Identity", inputs=(ids,), attrs=kind)
        if chosen is not None:
            self.made[chosen.name] = chosen.replace(op="Identity", inputs=(ids,), attrs=kind)
        for alias in words:
            for reader in self.readers[alias]:
                if reader.op == "StringToHashBucketFast":
                    # TensorFlow's hash modulo one.
                    _expect(reader.attrs["num_buckets"] == 1 and kind["T"].name == "int64")
                    zeros = reader.replace(op="ZerosLike", inputs=(ids,), attrs=kind)
                    self.made[reader.name] = zeros
                else:
                    _expect(
                        reader is find or (reader.op == "Identity" and keys in self.chain(reader))
                    )

    def chosen(self, find: Node) -> Node | None:
        """The node that puts the size of the table where a word is in no bucket but the only one, if nothing else reads the
        numbers.

            found = LookupTableFindV2(table, word, none)
            y = SelectV2(found != none, found, bucket + LookupTableSizeV2(table))
        """
        found = Ref(find.name)
        readers = self.readers.get(found, [])
        select = next((node for node in readers if node.op == "SelectV2"), None)
        if select is None or found in self.feeds or find.name in self.kept:
            return None
        test, same, other = (self.nodes[ref.node] for ref in select.inputs)
        if test.op != "NotEqual" or test.inputs != (found, find.inputs[2]) or same is not find:
            return None
        if {node.name for node in readers} != {select.name, test.name} or other.op not in (
            "Add",
            "AddV2",
        ):
            return None
        bucket, size = (self.nodes[ref.node] for ref in other.inputs)
        if bucket.op != "StringToHashBucketFast" or size.op != "LookupTableSizeV2":
            return None
        if size.inputs != find.inputs[:1] or any(
            ref in self.feeds
            for node in (select, test, other)
            for ref in (*node.inputs, Ref(node.name))
        ):
            return None
        self.controls += [*select.controls, *test.controls, *other.controls, *size.controls]
        return select

    def chain(self, node: Node) -> set[Ref]:
        """What a node and the Identity nodes behind it give."""
        found = {Ref(node.name)}
        for reader in self.readers.get(Ref(node.name), []):
            if reader.op == "Identity":
                found |= self.chain(reader)
        return found

    def producer(self, ref: Ref) -> Node:
        """The node that makes a tensor, which is going to be passed over; who waits for it is made to wait."""
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        _expect(node.name not in self.kept)
        self.controls += node.controls
        return node

    def constant(self, ref: Ref) -> str:
        """A constant string."""
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        _expect(node.op == "Const" and np.ndim(node.attrs["value"]) == 0)
        value: bytes = node.attrs["value"].item()
        return value.decode("utf-8", "surrogateescape")

    def unread(self, node: Node, *outputs: int) -> None:
        _expect(not any(self.readers.get(Ref(node.name, i)) for i in outputs))

    def read_by(self, node: Node, reader: Node, *outputs: int) -> None:
        _expect(all(self.readers[Ref(node.name, i)] == [reader] for i in outputs))

    def before(self, ref: Ref) -> tuple[Ref, list[str]]:
        """What is split, before the steps that change single bytes of it, and those."""
        steps: list[str] = []
        while ref not in self.feeds and (step := self.step(self.nodes[ref.node])) is not None:
            steps.insert(0, step)
            self.controls += self.nodes[ref.node].controls
            (ref,) = self.nodes[ref.node].inputs
        return ref, steps

    def step(self, node: Node) -> str | None:
        # Only graphs with text pay for the import of regular expressions.
        from minihub_runtime.ops.word_lookup import STEPS, translation_of

        if node.op in STEPS and not node.attrs.get("encoding", ""):
            return STEPS[node.op]
        if node.op != "StaticRegexReplace" or not node.attrs.get("replace_global", True):
            return None
        step = f"{node.attrs['pattern']}\0{node.attrs['rewrite']}"
        return step if step.count("\0") == 1 and translation_of(step) is not None else None


def _fused(
    nodes: Mapping[str, Node],
    readers: Mapping[Ref, list[Node]],
    feeds: Collection[Ref],
    kept: Collection[str],
    find: Node,
) -> tuple[dict[str, Node], dict[Ref, Ref]]:
    """New nodes, and tensors that others take the place of."""
    try:
        fusion = _Fusion(nodes, readers, feeds, kept, find)
    except (_MismatchError, OpError, KeyError):
        # Another graph than is looked for; where it is malformed, the plan says so.
        return {}, {}
    return fusion.made, {fusion.places: Ref(fusion.fused.name, 0)}
