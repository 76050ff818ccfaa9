"""What `tf.profiler.profile` prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf


@pytest.fixture
def graph() -> Any:
    with tf.Graph().as_default() as made:
        w = tf.get_variable("a/w", [30, 50])
        tf.matmul(tf.ones([20, 30]), w, name="product")
        yield made


def test_printing(graph: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert tf.profiler.profile(graph).total_parameters == 1500
    assert capsys.readouterr().out == (
        "Profile:\nnode name | params\n_TFProfRoot (--/1.50k params)\n  a (--/1.50k params)\n"
        "    a/w (1.50k/1.50k params)\n"
    )


def test_writing_to_a_file(graph: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    builder = tf.profiler.ProfileOptionBuilder(tf.profiler.ProfileOptionBuilder.float_operation())
    options = builder.with_file_output(str(tmp_path / "out")).build()
    assert tf.profiler.profile(graph, cmd="op", options=options).children[0].float_ops == 60000
    assert "MatMul (60.00k/" in (tmp_path / "out").read_text(encoding="utf-8")
    assert not capsys.readouterr().out


def test_shapes_that_are_not_known(graph: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tf.square(tf.placeholder(tf.float32, [None, 2]))
    options = tf.profiler.ProfileOptionBuilder.float_operation()
    tf.profiler.profile(options=options)
    assert capsys.readouterr().err == "1 ops no flops stats due to incomplete shapes.\n"


def test_what_is_refused(graph: Any) -> None:
    trace = tf.RunMetadata()
    trace.step_stats.dev_stats.add()
    pprof = tf.profiler.ProfileOptionBuilder().with_pprof_output("x").build()
    for arguments in ({"cmd": "code"}, {"cmd": "graph"}, {"run_meta": trace}, {"options": pprof}):
        with pytest.raises(NotImplementedError, match=r"tf\.profiler\.profile"):
            tf.profiler.profile(graph, **arguments)
