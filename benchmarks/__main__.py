"""`python -m benchmarks`: see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import available_cores, held_back, machine_facts
from benchmarks.processes import ROOT, Setting
from benchmarks.report import notes_of, summary, table
from benchmarks.runs import Run, rows_of
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import WORKLOADS, choose

__all__ = ["main"]

_PEERS = tuple(dict.fromkeys(subject.peer for subject in SUBJECTS.values() if subject.peer))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure minihub against its peers, side by side. Ratios are minihub / peer: lower is better.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="few workloads and rounds, about two minutes")
    add(
        "--only",
        metavar="PATTERN",
        help="workloads whose name holds this, or is like it if it has * or ?",
    )
    add("--list", action="store_true", help="print the workloads and their bars")
    add("--json", metavar="FILE", type=Path, help="write the results")
    add("--plot", metavar="FILE.png", type=Path, help="write a picture of the ratios")
    add(
        "--peers",
        metavar="A,B",
        default=",".join(_PEERS),
        help=f"which peers, of {', '.join(_PEERS)}; all if left out",
    )
    add("--threads", metavar="N", type=int, default=available_cores(), help="for each engine")
    add("--rounds", metavar="N", type=int, help="of each workload; 9 if left out, 3 if --quick")
    add(
        "--seconds",
        metavar="S",
        type=float,
        help="of work per engine and round; 0.5 if left out, 0.2 if --quick",
    )
    add(
        "--models",
        metavar="DIR",
        type=Path,
        default=Path(
            os.environ.get("MINIHUB_BENCHMARK_MODELS", ROOT / "build" / "benchmark-models")
        ),
        help="where the networks are kept (also MINIHUB_BENCHMARK_MODELS)",
    )
    for name, folder in {"tensorflow": ".venv-oracle", "peers": ".venv-peers"}.items():
        variable = f"MINIHUB_{name.upper()}_PYTHON"
        add(
            f"--{name}-python",
            metavar="PATH",
            default=os.environ.get(variable, str(ROOT / folder / "bin" / "python")),
            help=f"its environment (also {variable}); {folder} if left out",
        )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 unless a workload of ours could not be measured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    workloads = choose(options.only, options.quick)
    if options.list:
        for workload in WORKLOADS:
            print(workload.name, "" if workload.bar is None else f"<= {workload.bar:g}", sep="\t")
        return 0
    if not workloads:
        parser.error(f"no workload is like {options.only!r}; --list prints them")
    peers = [peer for peer in options.peers.split(",") if peer]
    if unknown := set(peers) - set(_PEERS):
        parser.error(f"peers must be of {', '.join(_PEERS)}, not {', '.join(sorted(unknown))}")
    pythons = {
        "own": sys.executable,
        "tensorflow": options.tensorflow_python,
        "peers": options.peers_python,
    }
    _make_networks(options, {w.network for w in workloads if w.network})
    run = Run(
        Setting(pythons, options.threads),
        str(options.models),
        peers,
        options.rounds or (3 if options.quick else 9),
        options.seconds or (0.2 if options.quick else 0.5),
    )
    rows: list[dict[str, Any]] = []
    interrupted = False
    try:
        for workload in workloads:
            print(f"{workload.name} …", file=sys.stderr, flush=True)
            for row in rows_of(workload, run.measure(workload)):
                rows.append(row)
                print("   ", summary(row), file=sys.stderr, flush=True)
        facts = run.facts()
    except KeyboardInterrupt:
        # What has been measured is worth having.
        interrupted, facts = True, {}
    finally:
        run.close()
    print(table(rows))
    held = held_back(os.environ)
    limits = [f"held back by {', '.join(held)}: ratios are not those of libraries at their best"]
    print(*notes_of(rows), *(limits if held else []), sep="\n")
    document = {
        "machine": {**machine_facts(), "threads": options.threads, "held_back": held},
        "versions": facts,
        "rows": rows,
    }
    if options.json:
        # Messages of peers may name files, which are nobody's business elsewhere.
        text = json.dumps(document, indent=1)
        for place, name in {str(options.models): "MODELS", str(ROOT): "."}.items():
            text = text.replace(json.dumps(place)[1:-1], name)
        _write_whole(options.json, text)
    if options.plot:
        _draw(options, document)
    return 130 if interrupted else int(any(row["reason"] for row in rows))


def _make_networks(options: argparse.Namespace, names: set[str]) -> None:
    """Write the networks that are not there yet, in the TensorFlow environment."""
    from benchmarks.generate import is_current

    wanted = sorted(name for name in names if not is_current(options.models, name))
    if not wanted:
        return
    print(f"writing {', '.join(wanted)} to {options.models}", file=sys.stderr, flush=True)
    subprocess.run(
        [options.tensorflow_python, "-m", "benchmarks.generate", str(options.models), *wanted],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )


def _draw(options: argparse.Namespace, document: dict[str, Any]) -> None:
    """Draw in the environment of the peers, where Matplotlib is."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        results.write_text(json.dumps(document), encoding="utf-8")
        subprocess.run(
            [options.peers_python, "-m", "benchmarks.plot", str(results), str(options.plot)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
        )


def _write_whole(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
