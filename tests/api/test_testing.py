"""Programs that test themselves with `tf.test`, and files beside a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
