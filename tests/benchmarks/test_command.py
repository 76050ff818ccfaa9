"""What `python -m benchmarks` takes and prints, and the data it rests on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.generate import fingerprint
from benchmarks.inputs import make_inputs, sentences, vocabulary
from benchmarks.machine import held_back, machine_facts
from benchmarks.matmuls import count_flops
from benchmarks.networks import NETWORKS
from benchmarks.plot import curves_of, draw, slope
from benchmarks.report import notes_of, summary, table
from benchmarks.workloads import WORKLOADS, Workload, choose

ROW = {
    "workload": "nnlm batch 1",
    "unit": "s",
    "bar": 0.5,
    "error": 1e-7,
    "reason": "",
    "met": True,
    "subjects": {
        "minihub": {"median": 2.5e-4},
        "tensorflow": {"median": 9e-4},
        "tensorflow-onednn": {"median": 1e-3},
    },
    "absent": {"tract": "no strings"},
    "ratios": {
        "tensorflow": {"median": 0.25, "low": 0.2, "high": 0.3},
        "opencv": {"median": 1.5, "low": 1.4, "high": 1.6},
    },
    "limit": {"median": 0.8, "bar": 0.7},
}


def test_the_workloads_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [workload.name for workload in WORKLOADS]
    assert "nnlm batch 1\t<= 0.5" in lines


def test_each_workload_has_a_name_of_its_own_and_a_network_that_is_there() -> None:
    assert len({workload.name for workload in WORKLOADS}) == len(WORKLOADS)
    assert {workload.network for workload in WORKLOADS if workload.network} <= set(NETWORKS)
    assert any(workload.quick for workload in WORKLOADS)


def test_a_pattern_chooses() -> None:
    assert [w.name for w in choose("bert*batch 8", False)] == ["bert_4x768 batch 8"]
    assert [w.name for w in choose("bert_4x768 batch", True)] == [
        "bert_4x768 batch 1",
        "bert_4x768 batch 8",
    ]
    assert "nnlm batch 1024" not in [w.name for w in choose("* batch 1", False)]
    assert choose(None, True) == [w for w in WORKLOADS if w.quick]
    assert choose("nothing like this", False) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--only", "zzz"], "no workload is like 'zzz'"), (["--peers", "abacus"], "peers must be of")],
)
def test_wrong_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


def test_the_table_shows_ratio_bar_and_verdict() -> None:
    lines = table([ROW]).splitlines()
    assert lines[0].split()[:3] == ["workload", "minihub", "TensorFlow"]
    cells = re.split(r"\s{2,}", lines[1])
    assert cells == [
        "nnlm batch 1",
        "250 µs",
        "900 µs",
        "0.25",
        "0.20…0.30",
        "0.5",
        "met",
        "80% (bar 70%)",
        "opencv 1.50",
        "1e-07",
    ]
    assert summary(ROW).startswith("minihub 250 µs, TensorFlow 900 µs, ratio 0.25, met, of NumPy")
    assert notes_of([ROW]) == ["tract: no strings (nnlm batch 1)"]
    assert table([ROW], markdown=True).splitlines()[1].startswith("| ---")


def test_inputs_are_the_same_each_time() -> None:
    described = {
        "images": {"dtype": "float32", "shape": [None, 4, 4, 3]},
        "input_ids": {"dtype": "int32", "shape": [None, 8]},
        "segment_ids": {"dtype": "int32", "shape": [None, 8]},
    }
    first, second = (make_inputs(described, 2) for _ in range(2))
    assert {name: (a.dtype.name, a.shape) for name, a in first.items()} == {
        "images": ("float32", (2, 4, 4, 3)),
        "input_ids": ("int32", (2, 8)),
        "segment_ids": ("int32", (2, 8)),
    }
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert first["segment_ids"].tolist()[0] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_sentences_are_of_words_some_of_them_unknown() -> None:
    rows = sentences(100, 12, 1000)
    words = [word for row in rows for word in row.removesuffix(b".").split(b" ")]
    assert len(words) == 1200
    known = set(vocabulary(1000))
    assert len(known) == 1000
    assert 20 < sum(word not in known for word in words) < 120


def test_products_are_counted() -> None:
    assert count_flops([[1, 2, 3, 4, 2], [5, 1, 1, 1, 1]]) == 2 * 24 * 2 + 2 * 5


def test_facts_of_the_machine_hold_no_path() -> None:
    facts = machine_facts()
    assert facts["cores"] >= 1
    assert not any("/" in str(value) for value in facts.values())


def test_what_holds_libraries_back_is_told() -> None:
    assert held_back({"PATH": "p", "OPENBLAS_CORETYPE": ""}) == []
    assert held_back({"OPENBLAS_CORETYPE": "Haswell", "ONEDNN_MAX_CPU_ISA": "AVX2"}) == [
        "ONEDNN_MAX_CPU_ISA=AVX2",
        "OPENBLAS_CORETYPE=Haswell",
    ]


def test_a_network_is_written_again_when_its_source_changes() -> None:
    assert len({fingerprint(name) for name in NETWORKS}) == len(NETWORKS)


POINTS = [
    {"workload": f"s{at}", "series": "s", "at": at, "unit": "s", "ratios": {}, "subjects": found}
    for at, found in (
        (100, {"minihub": {"median": 4.0}}),
        (10, {"minihub": {"median": 0.04}}),
        (1000, {}),
    )
]


def test_curves_are_of_what_was_measured() -> None:
    assert curves_of([*POINTS, ROW]) == {"s": [(10, 0.04), (100, 4.0)]}
    assert slope([(10, 0.04), (100, 4.0)]) == pytest.approx(2)


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    machine = {"processor": "P", "threads": 2}
    draw({"machine": machine, "rows": [ROW, *POINTS]}, str(tmp_path / "p.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_a_whole_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results.json"
    chain = Workload("chain", "adds", size=3, excess=1.0)
    monkeypatch.setattr("benchmarks.workloads.WORKLOADS", (chain,))
    options = ["--peers", "", "--rounds", "2", "--seconds", "1e-6", "--threads", "1"]
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert main([*options, "--json", str(results)]) == 0
    printed = capsys.readouterr().out
    assert "over a loop" in printed
    assert "held back by OPENBLAS_CORETYPE=Haswell" in printed
    document = json.loads(results.read_text(encoding="utf-8"))
    assert document["machine"]["threads"] == 1
    assert "OPENBLAS_CORETYPE=Haswell" in document["machine"]["held_back"]
    assert "minihub" in document["versions"]
    (row,) = document["rows"]
    assert (row["workload"], row["met"]) == ("chain", True)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
