"""Trainings that are interrupted and gone on with end as those that are left alone."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.demo import FOLDER as DEMO
from minihub.finetuning import kept_features
from minihub.finetuning.checkpoints import epochs_in
from minihub.resolve.lock import Lock
from minihub_runtime.checkpoint import CheckpointReader, write_checkpoint
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    PermissionDeniedError,
)
from tests.finetuning.modules import (
    LABELS,
    NORMALIZING,
    SENTENCES,
    colours,
    export,
    normalizing,
    points,
)
from tests.hub.modules import read

ROOT = Path(__file__).parents[2]
FILES = ["training.data-00000-of-00001", "training.index"]


class Interrupted:
    """Interrupts a training after some epochs, as Ctrl-C does."""

    def __init__(self, *after: int) -> None:
        self.after = after
        self.seen: list[int] = []

    def __call__(self, epoch: minihub.finetuning.Epoch) -> None:
        self.seen.append(epoch.number)
        if epoch.number in self.after:
            raise KeyboardInterrupt


def courses(tuned: minihub.finetuning.FineTuned) -> list[Any]:
    """The epochs, but for the time they took."""
    return [dataclasses.replace(epoch, seconds=0.0) for epoch in tuned.history]


def check(tmp_path: Path, handle: str, features: Any, labels: Any, **options: Any) -> None:
    """Interrupt a training after its second and its third epoch, and compare the end."""
    whole = minihub.finetune(handle, features, labels, out=tmp_path / "whole", **options)
    kept = tmp_path / "kept"
    interrupted = Interrupted(2, 3)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            minihub.finetune(
                handle, features, labels, checkpoint_dir=kept, on_epoch=interrupted, **options
            )
        assert sorted(os.listdir(kept)) == FILES
    tuned = minihub.finetune(
        handle, features, labels, out=tmp_path / "m", checkpoint_dir=kept, on_epoch=interrupted, **options
    )  # fmt: skip
    assert interrupted.seen == list(range(1, len(whole.history) + 1))
    assert len(whole.history) > 3
    assert courses(tuned) == courses(whole)
    assert (tuned.best_epoch, tuned.metrics) == (whole.best_epoch, whole.metrics)
    assert read(tmp_path / "m") == read(tmp_path / "whole")


@pytest.mark.parametrize("optimizer", ["adagrad", "adam", "ftrl", "momentum", "rmsprop", "sgd"])
def test_each_optimizer_goes_on_with_a_module_that_learns(tmp_path: Path, optimizer: str) -> None:
    base = export(normalizing, tmp_path / "base", NORMALIZING)
    check(
        tmp_path, base, *points(50), train_module=True, optimizer=optimizer, dropout=0.2, hidden_units=[3], epochs=5,
    )  # fmt: skip


def test_a_head_goes_on(tmp_path: Path) -> None:
    check(tmp_path, DEMO, SENTENCES, LABELS, dropout=0.5, epochs=4, validation=0.0, batch_size=5)


def test_rows_of_embeddings_go_on(tmp_path: Path) -> None:
    check(tmp_path, DEMO, SENTENCES, LABELS, train_module=True, epochs=5, learning_rate=0.01)


def test_a_regression_goes_on_to_its_early_end(tmp_path: Path) -> None:
    base = export(normalizing, tmp_path / "base", NORMALIZING)
    x, _ = points(60)
    others = points(30, 5)[0]
    noise = np.random.default_rng(0).standard_normal(60).astype(np.float32)
    check(
        tmp_path, base, x, noise, validation=(others, others[:, 0]), hidden_units=[32], learning_rate=0.05, patience=3,
        epochs=60,
    )  # fmt: skip
    # The best epoch is not the last one: its weights are kept beside those to go on with.
    names = CheckpointReader(str(tmp_path / "kept" / "training")).names()
    assert "best/head/regression/kernel" in names


def test_random_numbers_in_functions_go_on(tmp_path: Path) -> None:
    @tf.function
    def noisy(x: Any) -> Any:
        return x * tf.random.uniform([4], seed=3)

    def module_fn(training: bool = False) -> None:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        scale = tf.get_variable("scale", initializer=np.ones(4, np.float32))
        minihub.add_signature(None, x, (noisy(x) if training else x) * scale)

    base = export(module_fn, tmp_path / "base", [(set(), {}), ({"train"}, {"training": True})])
    check(tmp_path, base, *points(40), train_module=True, epochs=4)


def test_a_training_that_is_over_is_not_repeated(tmp_path: Path) -> None:
    x, y = SENTENCES, LABELS
    options: dict[str, Any] = {"checkpoint_dir": tmp_path / "kept", "patience": None}
    first = minihub.finetune(DEMO, x, y, epochs=3, **options)
    seen = Interrupted()
    again = minihub.finetune(DEMO, x, y, epochs=3, on_epoch=seen, **options)
    assert (seen.seen, again.history) == ([], first.history)
    assert np.array_equal(again.outputs(x)["default"], first.outputs(x)["default"])
    # More epochs are gone on to, as if they had been asked for at once.
    longer = minihub.finetune(DEMO, x, y, epochs=6, on_epoch=seen, out=tmp_path / "m", **options)
    assert seen.seen == [4, 5, 6]
    whole = minihub.finetune(DEMO, x, y, epochs=6, patience=None, out=tmp_path / "whole")
    assert courses(longer) == courses(whole)
    assert read(tmp_path / "m") == read(tmp_path / "whole")
    with pytest.raises(InvalidArgumentError, match=r"epochs must be at least 6, .* not 5"):
        minihub.finetune(DEMO, x, y, epochs=5, **options)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch_size": 16}, "with batch_size 32 instead of 16;"),
        ({"optimizer": "sgd", "seed": 3}, "with optimizer 'adam' instead of 'sgd', seed 0 instead of 3;"),
        ({"learning_rate": 0.1}, "learning_rate 0.003 instead of 0.1"),
        ({"hidden_units": [4]}, r"hidden_units \[\] instead of \[4\]"),
        ({"dropout": 0.5}, "dropout 0.0 instead of 0.5"),
        ({"patience": None}, "patience 5 instead of None"),
        ({"class_weights": {"files": 2}}, "class_weights None instead of {'files': 2.0}"),
        ({"train_module": True, "learning_rate": 0.003}, "train_module False instead of True"),
        ({"validation": 0.3}, "validation 0.2 instead of 0.3"),
        ({"validation": (SENTENCES, LABELS)}, "with other validation, other validation_labels;"),
        ({"name": "kind"}, "name 'classification' instead of 'kind'"),
        ({"features": SENTENCES[::-1]}, "with other examples;"),
        ({"labels": LABELS[1:] + LABELS[:1]}, "with other labels;"),
        ({"labels": [f"{label}!" for label in LABELS]}, "with other labels;"),
    ],
)  # fmt: skip
def test_other_arguments_are_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"features": SENTENCES, "labels": LABELS, "checkpoint_dir": tmp_path / "kept"}  # fmt: skip
    minihub.finetune(DEMO, epochs=1, **given)
    called: list[Any] = []
    with pytest.raises(InvalidArgumentError, match=message):
        minihub.finetune(
            DEMO, epochs=1, on_progress=lambda *told: called.append(told), **{**given, **changed}
        )
    assert not called
    # What is kept is left alone.
    minihub.finetune(DEMO, epochs=1, **given)


def test_another_module_or_output_is_named(tmp_path: Path) -> None:
    bases = []
    for seed in (1, 2):

        def module_fn(seed: int = seed) -> None:
            x = tf.placeholder(tf.float32, [None, 4])
            initializer = tf.glorot_uniform_initializer(seed=seed)
            layer = tf.layers.dense(x, 4, kernel_initializer=initializer)
            minihub.add_signature(None, x, {"a": layer, "b": tf.identity(layer)})

        bases.append(export(module_fn, tmp_path / f"base{seed}"))
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path / "kept"}
    minihub.finetune(bases[0], *points(20), output="a", **given)
    with pytest.raises(InvalidArgumentError, match="with other module;"):
        minihub.finetune(bases[1], *points(20), output="a", **given)
    with pytest.raises(InvalidArgumentError, match="with output 'a' instead of 'b';"):
        minihub.finetune(bases[0], *points(20), output="b", **given)
    # Where a module lies does not count.
    os.rename(bases[0], tmp_path / "moved")
    minihub.finetune(tmp_path / "moved", *points(20), output="a", **given)


def test_another_function_for_the_optimizer_is_found_out(tmp_path: Path) -> None:
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path / "kept"}

    def momentum(share: float) -> Any:
        return lambda rate: tf.train.MomentumOptimizer(rate, share)

    minihub.finetune(DEMO, SENTENCES, LABELS, optimizer=momentum(0.9), **given)
    minihub.finetune(DEMO, SENTENCES, LABELS, optimizer=momentum(0.9), **given)
    with pytest.raises(InvalidArgumentError, match="network and the steps it began with"):
        minihub.finetune(DEMO, SENTENCES, LABELS, optimizer=momentum(0.8), **given)


def test_images_count_by_what_they_hold(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    base = export(colours, tmp_path / "base")

    def write(folder: str, value: int) -> list[str]:
        (tmp_path / folder).mkdir(exist_ok=True)
        paths = [str(tmp_path / folder / f"{number}.png") for number in range(4)]
        for number, path in enumerate(paths):
            image.fromarray(np.full((8, 8, 3), value + number, np.uint8)).save(path)
        return paths

    labels = ["a", "b", "a", "b"]
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path / "kept"}
    minihub.finetune(base, write("x", 1), labels, **given)
    minihub.finetune(base, write("y", 1), labels, **given)
    with pytest.raises(InvalidArgumentError, match="with other examples;"):
        minihub.finetune(base, write("x", 2), labels, **given)


def test_folders_that_keep_no_training(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder, out, message in (
        (file, None, "checkpoint_dir must be a folder, but .*file is a file"),
        ("gs://a/b", None, "a local folder, not 'gs://a/b'"),
        (tmp_path / "m", tmp_path / "m", "not be in the folder that the module is written to"),
        (tmp_path / "m" / "kept", tmp_path / "m", "not be in the folder that the module"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            minihub.finetune(DEMO, SENTENCES, LABELS, checkpoint_dir=folder, out=out)
    assert os.listdir(tmp_path) == ["file"]


def test_damaged_and_foreign_checkpoints(tmp_path: Path) -> None:
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path}
    prefix = tmp_path / "training"
    for tensors, message in (
        ({"x": np.zeros(3)}, "must be the checkpoint of a fine-tuning"),
        ({"state": np.array(b"{", object)}, "must be JSON with a format"),
        ({"state": np.array(b'{"format": 2}', object)}, "must have format 1, not 2"),
    ):
        write_checkpoint(prefix, tensors)
        with pytest.raises(DataLossError, match=message):
            minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    for name in FILES:
        (tmp_path / name).unlink()
    minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    assert epochs_in(tmp_path) == 1
    data = bytearray((tmp_path / FILES[0]).read_bytes())
    data[-5] ^= 1
    (tmp_path / FILES[0]).write_bytes(data)
    with pytest.raises(DataLossError):
        minihub.finetune(DEMO, SENTENCES, LABELS, **given)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_killed_at_each_step_a_training_goes_on_to_the_same_end(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-m", "tests.finetuning.killing", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    ).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    assert len(lines) > 10
    assert all(line["same"] for line in lines)
    assert all(line["rest"] == FILES for line in lines)
    # Epochs that are kept are not trained again.
    trained = [line["trained"] for line in lines]
    assert trained == sorted(trained, key=len, reverse=True)
    assert {tuple(numbers) for numbers in trained} == {(1, 2), (2,), ()}


#: The command line, which waits after each epoch for a line of standard input.
HELD = """
import sys
from minihub import finetuning
from minihub.cli import main

def held(*arguments, on_epoch, **settings):
    def told(epoch):
        on_epoch(epoch)
        sys.stdin.readline()

    return finetune(*arguments, on_epoch=told, **settings)

finetune, finetuning.finetune = finetuning.finetune, held
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_from_outside_a_command_goes_on_to_the_same_module(tmp_path: Path) -> None:
    rows = "".join(f'"{x}",{y}\n' for x, y in zip(SENTENCES, LABELS, strict=True))
    (tmp_path / "data.csv").write_text(f"text,label\n{rows}")
    command = [
        "finetune", DEMO, str(tmp_path / "data.csv"), "--train-module", "--dropout", "0.4",
        "--epochs", "40", "--patience", "0", "--learning-rate", "0.001",
    ]  # fmt: skip
    program = [sys.executable, "-m", "minihub"]
    subprocess.run([*program, *command, "--out", str(tmp_path / "whole")], cwd=ROOT, check=True)
    resumed = [*command, "--out", str(tmp_path / "m"), "--checkpoint-dir", str(tmp_path / "kept")]
    for wanted in (3, 11):
        with subprocess.Popen(
            [sys.executable, "-c", HELD, *resumed],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as ran:
            assert ran.stdin is not None
            assert ran.stderr is not None
            # It is killed somewhere in the next epochs, and does not come to its end before.
            ran.stdin.write("\n" * (wanted + 5))
            ran.stdin.flush()
            for line in ran.stderr:
                if f"epoch {wanted:2}/40" in line:
                    ran.send_signal(signal.SIGKILL)
        assert ran.returncode == -signal.SIGKILL
        assert not (tmp_path / "m").exists()
    assert epochs_in(tmp_path / "kept") >= 11
    subprocess.run([*program, *resumed], cwd=ROOT, check=True)
    assert read(tmp_path / "m") == read(tmp_path / "whole")


def test_features_that_were_computed_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(300)
    others = points(150, 9)
    given: dict[str, Any] = {"validation": others, "epochs": 3}
    minihub.finetune(base, x, y, out=tmp_path / "whole", **given)
    monkeypatch.setattr(kept_features, "SECONDS", 0.0)
    told: list[tuple[str, int, int]] = []

    def progress(*now: Any) -> None:
        told.append(now)
        if now in stops:
            raise KeyboardInterrupt

    stops = [("features", 120, 300), ("features", 300, 300), ("features", 100, 150)]
    for stop in [*stops]:
        with pytest.raises(KeyboardInterrupt):
            minihub.finetune(
                base, x, y, checkpoint_dir=tmp_path / "kept", on_progress=progress, **given
            )
        assert told[-1] == stop
    kept = tmp_path / "kept"
    assert kept_features.rows_in(str(kept)) == 400
    stops.clear()
    # What was not written to its end is removed, and computed again.
    (cut,) = kept.glob("features-*-50-100.index")
    cut.unlink()
    (kept / f".{cut.name}.x.new").write_text("")
    minihub.finetune(
        base, x, y, checkpoint_dir=kept, on_progress=progress, out=tmp_path / "m", **given
    )
    features = [now[1:] for now in told if now[0] == "features"]
    assert features == [
        *[(60, 300), (120, 300)],
        *[(180, 300), (240, 300), (300, 300)],
        *[(50, 150), (100, 150)],
        *[(100, 150), (150, 150)],
    ]
    assert read(tmp_path / "m") == read(tmp_path / "whole")
    # With other examples, nothing of these.
    for name in FILES:
        (kept / name).unlink()
    told.clear()
    minihub.finetune(base, x + 1, y, checkpoint_dir=kept, on_progress=progress, **{**given, "epochs": 1})  # fmt: skip
    assert told[0] == ("features", 60, 300)
    assert kept_features.rows_in(str(kept)) == 450
    assert len(list(kept.glob("features-*.index"))) == 5 + 3


#: Trains, says so after the first epoch, and waits for a line before it goes on.
WAITING = """
import sys
import minihub
from minihub.demo import FOLDER
from tests.finetuning.modules import LABELS, SENTENCES

def wait(epoch):
    if epoch.number == 1:
        print("training", flush=True)
        sys.stdin.readline()

minihub.finetune(FOLDER, SENTENCES, LABELS, epochs=3, checkpoint_dir=sys.argv[1], out=sys.argv[2], on_epoch=wait)
"""


@contextlib.contextmanager
def waiting(kept: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of a training."""
    command = [sys.executable, "-c", WAITING, str(kept), str(out)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "training\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_kept_out_and_disturbs_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    rows = "".join(f'"{x}",{y}\n' for x, y in zip(SENTENCES, LABELS, strict=True))
    (tmp_path / "data.csv").write_text(f"text,label\n{rows}")
    with waiting(kept, tmp_path / "m") as process:
        message = f"no other training runs, but process {process.pid} trains in .*kept"
        for seed in (0, 1):
            with pytest.raises(FailedPreconditionError, match=message):
                minihub.finetune(DEMO, SENTENCES, LABELS, epochs=3, seed=seed, checkpoint_dir=kept)
        with pytest.raises(FailedPreconditionError, match=message):
            epochs_in(kept)
        command = [sys.executable, "-m", "minihub", "finetune", DEMO, str(tmp_path / "data.csv")]
        command += ["--checkpoint-dir", str(kept), "--out", str(tmp_path / "other")]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert f"but process {process.pid} trains in" in ran.stderr
        process.communicate("\n", timeout=600)
        assert process.returncode == 0
    assert sorted(os.listdir(kept)) == FILES
    assert not (tmp_path / "other").exists()
    minihub.finetune(DEMO, SENTENCES, LABELS, epochs=3, out=tmp_path / "whole")
    assert read(tmp_path / "m") == read(tmp_path / "whole")


def test_a_killed_process_keeps_nobody_out(tmp_path: Path) -> None:
    kept, seen = tmp_path / "kept", Interrupted()
    with waiting(kept, tmp_path / "m") as process:
        process.kill()
        process.wait()
    assert (kept / "training.lock").exists()
    minihub.finetune(
        DEMO, SENTENCES, LABELS, epochs=3, checkpoint_dir=kept, on_epoch=seen, out=tmp_path / "m"
    )
    assert seen.seen == [2, 3]
    assert sorted(os.listdir(kept)) == FILES
    minihub.finetune(DEMO, SENTENCES, LABELS, epochs=3, out=tmp_path / "whole")
    assert read(tmp_path / "m") == read(tmp_path / "whole")


@pytest.mark.parametrize("content", ["", "nonsense", "{host}.{process}.minihub-1-2-3"])
def test_a_lock_file_that_nobody_holds_keeps_nobody_out(tmp_path: Path, content: str) -> None:
    # A process may have the number of one that died long ago.
    (tmp_path / "training.lock").write_text(
        content.format(host=socket.gethostname(), process=os.getpid())
    )
    minihub.finetune(DEMO, SENTENCES, LABELS, epochs=1, checkpoint_dir=tmp_path)
    assert sorted(os.listdir(tmp_path)) == FILES


def test_a_second_thread_is_kept_out(tmp_path: Path) -> None:
    begun, told = threading.Event(), threading.Event()

    def wait(epoch: minihub.finetuning.Epoch) -> None:
        begun.set()
        assert told.wait(600)

    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path}
    first = threading.Thread(
        target=minihub.finetune, args=(DEMO, SENTENCES, LABELS), kwargs={**given, "on_epoch": wait}
    )
    first.start()
    try:
        assert begun.wait(600)
        with pytest.raises(FailedPreconditionError, match="another training of this process"):
            minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    finally:
        told.set()
        first.join()
    minihub.finetune(DEMO, SENTENCES, LABELS, **given)


def test_an_error_lets_others_in(tmp_path: Path) -> None:
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path}
    minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match="seed 0 instead of 1"):
            minihub.finetune(DEMO, SENTENCES, LABELS, seed=1, **given)
    assert sorted(os.listdir(tmp_path)) == FILES


def test_folders_that_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given: dict[str, Any] = {"epochs": 1, "checkpoint_dir": tmp_path / "kept"}

    def refuse(number: int) -> None:
        def opened(self: Lock) -> int:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Lock, "_open", opened)

    refuse(errno.EROFS)
    with pytest.raises(PermissionDeniedError, match="kept must be allowed to be written"):
        minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    refuse(errno.ENOLCK)
    first = minihub.finetune(DEMO, SENTENCES, LABELS, **given)
    assert caplog.text.count("training without a lock") == 1
    # Of a training that is over nothing is written.
    refuse(errno.EROFS)
    assert minihub.finetune(DEMO, SENTENCES, LABELS, **given).history == first.history
    assert caplog.text.count("training without a lock") == 1


def test_a_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidArgumentError, match=r"must be a folder, but .*file is a file"):
        minihub.finetune(DEMO, SENTENCES, LABELS, checkpoint_dir=tmp_path / "file" / "kept")
