"""Programs that test themselves with `tf.test`, and files beside a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf

PROGRAM = """
import minihub_runtime as tf

tf.flags.DEFINE_integer("expected", 3, "the sum")


class SumTest(tf.test.TestCase):
    def test_sum(self):
        with self.session():
            self.assertAllEqual(tf.add([1, 2], 1), [2, tf.flags.FLAGS.expected])

    def test_folder(self):
        with open(self.get_temp_dir() + "/file", "w") as file:
            print(tf.test.get_temp_dir(), file=file)
        print(self.get_temp_dir())


if __name__ == "__main__":
    tf.test.main()
"""


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_program_of_tests_runs_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sum_test.py"
    path.write_text(PROGRAM, encoding="utf-8")
    passed = run(path)
    assert passed.returncode == 0, passed.stderr
    # As in TensorFlow, the method `test_session` counts as a test that is skipped.
    assert "Ran 3 tests" in passed.stderr
    assert "OK (skipped=1)" in passed.stderr
    folder = Path(passed.stdout.strip())
    assert folder.parent.name.startswith("sum_test")
    assert not folder.exists()
    failed = run(path, "--expected=4", "SumTest.test_sum")
    assert failed.returncode == 1
    assert "Ran 1 test" in failed.stderr
    assert "AssertionError" in failed.stderr


def test_pytest_finds_tests_of_subclasses_alone() -> None:
    assert not tf.test.TestCase.__test__
    assert type("Case", (tf.test.TestCase,), {}).__test__
    assert not type("Base", (tf.test.TestCase,), {"__test__": False}).__test__


def test_mock_is_that_of_the_standard_library() -> None:
    with tf.test.mock.patch.object(sys, "byteorder", "middle"):
        assert sys.byteorder == "middle"


def test_files_lie_beside_the_program_that_asks(tmp_path: Path) -> None:
    here = Path(__file__).parent
    assert Path(tf.resource_loader.get_data_files_path()) == here
    assert Path(tf.resource_loader.get_path_to_datafile("data/x.txt")) == here / "data" / "x.txt"
    assert Path(tf.resource_loader.get_root_dir_with_all_resources()) == here
    assert tf.resource_loader.load_resource(Path(__file__).name) == Path(__file__).read_bytes()
    assert tf.resource_loader.readahead_file_path("x") == "x"
    with pytest.raises(FileNotFoundError):
        tf.resource_loader.load_resource("nothing of that name")


def test_the_processor_cannot_be_hidden() -> None:
    with pytest.raises(ValueError, match="processor"):
        tf.config.set_visible_devices([], "CPU")
    tf.config.set_visible_devices(tf.config.list_physical_devices("CPU"), "CPU")
    assert [device.device_type for device in tf.config.get_visible_devices()] == ["CPU"]


MEASURED = """
import minihub_runtime as tf

tf.flags.DEFINE_integer("size", 3, "the size")


class SumBenchmark(tf.test.Benchmark):
    def benchmark_sum(self):
        with tf.Session() as session:
            total = tf.reduce_sum(tf.ones([tf.flags.FLAGS.size]))
            found = self.run_op_benchmark(session, total, min_iters=3, extras={"a": 1.5}, mbs=2)
            assert found["iters"] == 3 and 0 < found["wall_time"] < 60
            assert found["throughput"] == 2 / found["wall_time"]
            assert {"a", "wall_time_mean", "wall_time_stdev"} == set(found["extras"])
            print("sum", self.evaluate(total))

    def benchmark_other(self):
        self.report_benchmark(
            iters=7, name="named", metrics=[{"name": "m", "value": 2, "max_value": 3}], extras={"b": 'x"y'}
        )


if __name__ == "__main__":
    tf.test.main()
"""


def test_benchmarks_run_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "measured.py"
    path.write_text(MEASURED, encoding="utf-8")
    one = run(path, "--benchmark_filter=Sum.*sum", "--size=4")
    assert one.returncode == 0, one.stderr
    assert 'entry {\n  name: "SumBenchmark.benchmark_sum"\n  iters: 3\n  wall_time: ' in one.stdout
    assert 'extras { key: "a" value { double_value: 1.5 } }' in one.stdout
    assert one.stdout.endswith("sum 4.0\n")
    both = run(path, "--benchmark_filter=all")
    assert both.returncode == 0, both.stderr
    assert both.stdout.startswith(
        'entry {\n  name: "SumBenchmark.named"\n  iters: 7\n'
        '  extras { key: "b" value { string_value: "x\\"y" } }\n'
        '  metrics { name: "m" value: 2 max_value { value: 3 } }\n}\n'
    )
    assert "sum 3.0" in both.stdout
    none = run(path, "--benchmark_filter=nothing")
    assert none.returncode == 1
    assert "No benchmarks matched the pattern: 'nothing'" in none.stderr
    plain = run(path)
    assert "entry" not in plain.stdout


def test_what_benchmarks_refuse() -> None:
    class Some(tf.test.Benchmark):
        def refused(self, **keywords: Any) -> None:
            self.report_benchmark(**keywords)

    bench = Some()
    assert tf.test.Benchmark.is_abstract()
    assert not Some.is_abstract()
    for keywords in ({"extras": [1]}, {"metrics": {}}, {"metrics": [{"name": "m"}]}):
        with pytest.raises(TypeError, match="must"):
            bench.refused(**keywords)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(1.0)
        with pytest.raises(NotImplementedError, match="ProfilerHook"):
            bench.run_op_benchmark(session, x, store_trace=True)
        with pytest.raises(ValueError, match="min_iters must be positive, not 0"):
            bench.run_op_benchmark(session, x, min_iters=0)
    with pytest.raises(ValueError, match="default session"):
        bench.evaluate(x)
