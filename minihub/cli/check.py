"""`minihub check`: what is wrong with a module, or missing for interchange.

Tell a publisher what keeps a module from being loaded, and what users of such modules will miss: signatures of the
recommended form, sizes of images, files that are absent or that nobody uses.  The exit code is 1 if there are errors, and with
--strict also if there are warnings.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections import Counter

from minihub.cli.console import print_json, width
from minihub.cli.failures import OK, WRONG
from minihub.cli.layout import table
from minihub.cli.modules import locate, reading

__all__ = ["add_arguments", "run"]

#: Version of what --json prints.
FORMAT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument("--strict", action="store_true", help="let warnings be errors")
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    path = locate(options)
    with reading(path):
        from minihub.checking import check_module

        findings = check_module(path)
    counts = Counter(finding.level for finding in findings)
    if options.json:
        print_json(
            {
                "format": FORMAT,
                "handle": options.handle,
                "errors": counts["error"],
                "warnings": counts["warning"],
                "findings": [dataclasses.asdict(finding) for finding in findings],
            }
        )
    else:
        rows = [(finding.level, finding.where, finding.text) for finding in findings]
        if rows:
            print(table(rows, width=width()))
        print(
            f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes"
            if findings
            else "nothing to complain of"
        )
    return WRONG if counts["error"] or (options.strict and counts["warning"]) else OK
