"""What a power cut can lose: checkpoints are brought to the disk before something older goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import minihub_runtime as tf

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/fd"), reason="no /proc to tell the names of open files"
)

Save = Callable[[int | None], None]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves a checkpoint; three are kept."""
    with tf.Graph().as_default() as graph:
        tf.get_variable("v", initializer=[1.0, 2.0])
        start = tf.global_variables_initializer()
        saver = tf.train.Saver(max_to_keep=3)
    session = tf.Session(graph=graph)
    session.run(start)

    def work(step: int | None) -> None:
        saver.save(session, str(tmp_path / "model"), global_step=step, write_meta_graph=False)

    return work


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synced, replaced and removed: the names of the files, those of drafts without what makes them unlike others."""
    found: list[tuple[str, str]] = []
    replace, unlink = os.replace, os.unlink

    def synced(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        draft = name.startswith(".") and name.endswith(".new")
        found.append(("sync", name[1:].rsplit(".", 2)[0] if draft else name))

    def replaced(source: str, target: str) -> None:
        found.append(("replace", os.path.basename(target)))
        replace(source, target)

    def removed(path: str) -> None:
        found.append(("remove", os.path.basename(path)))
        unlink(path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "unlink", removed)
    return found


def test_a_new_checkpoint_does_not_wait_for_the_disk(
    save: Save, events: list[tuple[str, str]]
) -> None:
    save(1)
    assert ("replace", "model-1.index") in events
    assert not [name for what, name in events if what == "sync" and name.startswith("model")]


def test_a_checkpoint_is_on_the_disk_before_it_replaces_another(
    save: Save, events: list[tuple[str, str]]
) -> None:
    save(None)
    events.clear()
    save(None)
    first = next(i for i, (what, _) in enumerate(events) if what == "replace")
    assert {name for _, name in events[:first]} == {"model.index", "model.data-00000-of-00001"}


def test_one_that_stays_is_on_the_disk_before_another_is_removed(
    save: Save, events: list[tuple[str, str]]
) -> None:
    for step in range(3):
        save(step)
    events.clear()
    save(3)
    first = next(i for i, (what, _) in enumerate(events) if what == "remove")
    synced = [name for what, name in events[:first] if what == "sync"]
    assert {"model-1.index", "model-1.data-00000-of-00001"} <= set(synced)
    assert {name for what, name in events[first:] if what == "remove"} == {
        "model-0.index",
        "model-0.data-00000-of-00001",
    }
