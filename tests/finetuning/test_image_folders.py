"""Which images a folder of classes has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from minihub.finetuning.image_folders import read_image_folder
from minihub_runtime.errors import InvalidArgumentError


def write(root: Path, names: Iterable[str]) -> None:
    """Empty files; nothing is decoded here."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def found(root: Path) -> list[tuple[str, str]]:
    """Class and path below the root of each image."""
    paths, labels = read_image_folder(str(root))
    below = [Path(path).relative_to(root).as_posix() for path in paths]
    return list(zip(labels, below, strict=True))


def test_images_of_nested_folders_are_of_the_class_at_the_top(tmp_path: Path) -> None:
    write(
        tmp_path,
        ["b/z.png", "b/2/x.JPG", "b/10/x.jpeg", "b/10/deep/er/y.webp", "b/c.gif", "a/only/below/x.bmp", "stray.png"],
    )  # fmt: skip
    # Files before folders, each by name.
    assert found(tmp_path) == [
        ("a", "a/only/below/x.bmp"),
        ("b", "b/c.gif"),
        ("b", "b/z.png"),
        ("b", "b/10/x.jpeg"),
        ("b", "b/10/deep/er/y.webp"),
        ("b", "b/2/x.JPG"),
    ]


def test_hidden_names_and_other_files_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        ["a/x.png", "a/.x.png", "a/._x.png", "a/.thumbs/x.png", "a/b/.c/x.png", "a/notes.txt", ".git/x.png"],
    )  # fmt: skip
    (tmp_path / "a" / "folder.png").mkdir()
    assert found(tmp_path) == [("a", "a/x.png")]


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    write(tmp_path, ["a/x.png", "b/notes.txt", "c/.x.png"])
    (tmp_path / "d" / "nested").mkdir(parents=True)
    with pytest.raises(InvalidArgumentError, match=r"none in \['b', 'c', 'd'\]"):
        read_image_folder(str(tmp_path))


@pytest.mark.parametrize("names", [[], ["x.png"], ["a/notes.txt"]])
def test_a_folder_without_images(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path, names)
    with pytest.raises(InvalidArgumentError, match=r"one folder of images .* per class"):
        read_image_folder(str(tmp_path))


def test_links_are_followed_but_not_round_in_circles(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data, ["a/x.png", "a/n/y.png", "b/x.png"])
    write(tmp_path, ["elsewhere/z.png", "class/x.png"])
    (data / "c").symlink_to(tmp_path / "class")
    (data / "a" / "more").symlink_to(tmp_path / "elsewhere")
    (data / "a" / "again").symlink_to(tmp_path / "elsewhere")
    (data / "a" / "n" / "up").symlink_to(data / "a")
    (data / "a" / "n" / "self").symlink_to(".")
    (tmp_path / "elsewhere" / "back").symlink_to(data / "a" / "n")
    # Images of all classes lie there.
    (data / "a" / "all").symlink_to(data)
    (data / "a" / "above").symlink_to(tmp_path)
    assert found(data) == [
        ("a", "a/x.png"),
        ("a", "a/again/z.png"),
        ("a", "a/again/back/y.png"),
        ("b", "b/x.png"),
        ("c", "c/x.png"),
    ]


def test_many_links_are_walked_in_no_time(tmp_path: Path) -> None:
    # Each folder has two links to the next: a million ways to the last one.
    for number in range(20):
        (tmp_path / "links" / str(number)).mkdir(parents=True)
        for name in ("p", "q"):
            (tmp_path / "links" / str(number) / name).symlink_to(
                tmp_path / "links" / str(number + 1)
            )
    write(tmp_path, ["links/20/x.png"])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").symlink_to(tmp_path / "links" / "0")
    assert found(tmp_path / "data") == [("a", "a/" + "p/" * 20 + "x.png")]
