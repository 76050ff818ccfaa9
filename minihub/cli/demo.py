"""`minihub demo`: run the module that comes with the package.

Embed sentences with a small module that needs no network: word vectors learnt from the documentation of Python.  Shown are
the words nearest to each sentence, and how alike the sentences are.
"""

from __future__ import annotations

import argparse

from minihub.cli.arguments import whole_number
from minihub.cli.console import print_json, width
from minihub.cli.failures import OK
from minihub.cli.layout import printable, table

__all__ = ["add_arguments", "run"]

#: Version of what --json prints.
FORMAT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("sentences", metavar="SENTENCE", nargs="*", help="sentences of your own")
    parser.add_argument(
        "--neighbours",
        metavar="N",
        type=whole_number(0),
        default=5,
        help="how many words (default 5)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub.demo import FOLDER, SENTENCES, demonstrate

    found = demonstrate(options.sentences or SENTENCES, options.neighbours)
    if options.json:
        print_json(
            {
                "format": FORMAT,
                "path": FOLDER,
                "words": found.words,
                "dimension": found.dimension,
                "sentences": [
                    {
                        "text": text,
                        "neighbours": [{"word": w, "cosine": c} for w, c in neighbours],
                        "similarity": [round(float(x), 3) for x in row],
                    }
                    for text, neighbours, row in zip(
                        found.sentences, found.neighbours, found.similarity, strict=True
                    )
                ],
            }
        )
        return OK
    print(
        f"a module of {found.words} words, {found.dimension} numbers each, learnt from Python's documentation\n"
    )
    rows = [
        (text, " ".join(word for word, _ in neighbours) or "(no word that is known)")
        for text, neighbours in zip(found.sentences, found.neighbours, strict=True)
    ]
    print(table(rows, ("sentence", "nearest words"), width=width()))
    if len(found.sentences) > 1:
        numbers = [str(i + 1) for i in range(len(found.sentences))]
        alike = [
            (number, text, *(f"{x:.2f}" for x in row))
            for number, text, row in zip(numbers, found.sentences, found.similarity, strict=True)
        ]
        right = range(2, 2 + len(numbers))
        print("\n" + table(alike, ("", "how alike", *numbers), width=width(), right=list(right)))
    print(f"\nthe same in Python: minihub.load({printable(FOLDER)!r})({found.sentences[:1]})")
    return OK
