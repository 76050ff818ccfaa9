"""`minihub ops`: the ops that are supported.

List the ops there are kernels for, or say whether those that are named are among them (exit code 1 if not).
"""

from __future__ import annotations

import argparse

from minihub.cli.console import print_json, width
from minihub.cli.failures import OK, WRONG
from minihub.cli.layout import table

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("names", metavar="OP", nargs="*", help="names of ops; all if none is named")
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub_runtime.ops.registry import REGISTRY

    names = sorted(options.names or REGISTRY)
    told = [
        {
            "name": name,
            "supported": name in REGISTRY,
            "precision": REGISTRY[name].precision if name in REGISTRY else None,
            "stateful": REGISTRY[name].stateful if name in REGISTRY else None,
        }
        for name in names
    ]
    # Names of ops differ from those of functions in their capitals: `relu` is `Relu`.
    capitals = {name.lower().replace("_", ""): name for name in REGISTRY}
    spelled = {
        name: f"but there is {capitals[key]}"
        for name in names
        if name not in REGISTRY and (key := name.lower().replace("_", "")) in capitals
    }
    if options.json:
        print_json(told)
    else:
        rows = [
            [
                str(op["name"]),
                str(op["precision"]) if op["supported"] else "NOT SUPPORTED",
                "stateful" if op["stateful"] else spelled.get(str(op["name"]), ""),
            ]
            for op in told
        ]
        print(table(rows, ["op", "precision", ""], width=width()))
    return OK if all(op["supported"] for op in told) else WRONG
