"""`minihub create`: make a module.

  text-embedding --vectors FILE --out DIR    of a file of word vectors: GloVe, word2vec (text or binary) or fastText
                                             .vec, plain or gzipped; the table is never held in memory
  from-graph SOURCE --out DIR                of a GraphDef (.pb, .pbtxt) or a TF1 SavedModel

The folder is there as a whole at the end, or not at all; one that holds something already is left alone.
"""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from minihub.cli.console import print_json
from minihub.cli.failures import OK, UsageError
from minihub.cli.layout import count_text

__all__ = ["add_arguments", "run"]

#: Version of what --json prints.
FORMAT = 1

_TEXT_OPTIONS = (
    "vectors",
    "format",
    "oov_buckets",
    "no_preprocess",
    "lowercase",
    "combiner",
    "limit",
)
_GRAPH_OPTIONS = ("source", "checkpoint", "input", "output", "signature", "drop_collection")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("kind", choices=["text-embedding", "from-graph"])
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="from-graph: file or folder")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to write")
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")
    text = parser.add_argument_group("text-embedding")
    text.add_argument("--vectors", metavar="FILE", help="the file of word vectors")
    text.add_argument(
        "--format",
        choices=["glove", "word2vec", "word2vec-binary"],
        help="how it is written; found out if left out",
    )
    text.add_argument(
        "--oov-buckets",
        metavar="N",
        type=int,
        help="rows for words outside the vocabulary, which are hashed to them (default 1)",
    )
    text.add_argument(
        "--no-preprocess",
        action="store_true",
        help="the module takes words instead of sentences",
    )
    text.add_argument(
        "--lowercase",
        action="store_true",
        help="the module turns text into lower case, for vectors of words in lower case",
    )
    text.add_argument(
        "--combiner",
        choices=["mean", "sqrtn", "sum"],
        help="how the vectors of a sentence are combined (default sqrtn)",
    )
    text.add_argument("--limit", metavar="N", type=int, help="take the first N words only")
    graph = parser.add_argument_group("from-graph")
    graph.add_argument(
        "--checkpoint",
        metavar="PREFIX",
        help="values of the variables: a checkpoint, or a folder of which the latest counts",
    )
    for kind in ("input", "output"):
        graph.add_argument(
            f"--{kind}",
            metavar="[NAME=]TENSOR",
            action="append",
            help=f"an {kind} of the signature; may be repeated",
        )
    graph.add_argument(
        "--signature", metavar="NAME", help="name of the signature (default default)"
    )
    graph.add_argument(
        "--drop-collection",
        metavar="NAME",
        action="append",
        help="a collection that the module does not need; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    text = options.kind == "text-embedding"
    foreign = _GRAPH_OPTIONS if text else _TEXT_OPTIONS
    for name in foreign:
        if getattr(options, name) not in (None, False):
            shown = "SOURCE" if name == "source" else f"--{name.replace('_', '-')}"
            raise UsageError(f"{shown} does not belong to `create {options.kind}`")
    if text and options.vectors is None:
        raise UsageError("create text-embedding needs --vectors FILE")
    if not text and options.source is None:
        raise UsageError("create from-graph needs SOURCE")
    told = _text_embedding(options) if text else _from_graph(options)
    if options.json:
        print_json({"format": FORMAT, "path": options.out, **told})
    else:
        print(options.out)
    return OK


def _text_embedding(options: argparse.Namespace) -> dict[str, Any]:
    import sys

    from minihub.resolve.progress import Progress
    from minihub.text_embedding import export_text_embedding
    from minihub.vectors import open_vectors

    vectors = open_vectors(options.vectors, options.format)
    progress = Progress(options.vectors, vectors.size)
    try:
        summary = export_text_embedding(
            vectors,
            options.out,
            oov_buckets=1 if options.oov_buckets is None else options.oov_buckets,
            preprocess=not options.no_preprocess,
            lowercase=options.lowercase,
            combiner=options.combiner or "sqrtn",
            limit=options.limit,
            on_bytes=progress.advance,
        )
    finally:
        progress.close()
    if not options.json:
        left = {"repeated": summary.repeated, "unusable": summary.unusable}
        shown = "".join(f", {count} {what} left out" for what, count in left.items() if count)
        print(
            f"{count_text(summary.words, 'word')} of {summary.dimension} numbers{shown}",
            file=sys.stderr,
        )
    return dataclasses.asdict(summary)


def _from_graph(options: argparse.Namespace) -> dict[str, Any]:
    from minihub.from_graph import export_from_graph

    spec = export_from_graph(
        options.source,
        options.out,
        checkpoint=options.checkpoint,
        inputs=_named(options.input, "input"),
        outputs=_named(options.output, "output"),
        signature=options.signature or "default",
        drop_collections=options.drop_collection or (),
    )
    return {
        "graphs": [
            {"tags": sorted(graph.tags), "signatures": sorted(graph.signatures)}
            for graph in spec.graphs
        ]
    }


def _named(items: list[str] | None, kind: str) -> dict[str, str]:
    """Name → tensor; a single one without a name is called `default`."""
    found: dict[str, str] = {}
    for item in items or ():
        name, separator, tensor = item.partition("=")
        if not separator:
            name, tensor = "default", item
        if not name or not tensor:
            raise UsageError(f"--{kind} must be NAME=TENSOR or TENSOR, not {item!r}")
        if name in found:
            raise UsageError(f"--{kind} names {name!r} twice")
        found[name] = tensor
    return found
