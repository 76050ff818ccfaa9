"""Images on disk whose classes are the names of folders."""

from __future__ import annotations

import os
from collections.abc import Iterator

from minihub.image_files import IMAGE_SUFFIXES
from minihub_runtime.errors import InvalidArgumentError

__all__ = ["read_image_folder"]


def read_image_folder(path: str) -> tuple[list[str], list[str]]:
    """Paths of images, and the class of each: the folder directly in `path` that it lies in, at whatever depth.

    Names that begin with a dot are left out.  The order is that of names, so the same on every file system.

    Raises:
        InvalidArgumentError: there is no class, or one without images.
        OSError: a folder cannot be read.
    """
    paths: list[str] = []
    labels: list[str] = []
    empty: list[str] = []
    kinds = ", ".join(IMAGE_SUFFIXES)
    above = _with_those_above(path)
    for entry in _visible(path):
        if entry.is_dir():
            images = list(_images(entry.path, above))
            paths += images
            labels += [entry.name] * len(images)
            if not images:
                empty.append(entry.name)
    if not paths:
        raise InvalidArgumentError(
            f"{path} must have one folder of images ({kinds}) per class, but has none"
        )
    if empty:
        raise InvalidArgumentError(
            f"each folder in {path} is a class and must have images ({kinds}), but there are none in {empty}"
        )
    return paths, labels


def _images(folder: str, above: frozenset[str]) -> Iterator[str]:
    """The images in a folder and the folders in it.

    Links are followed, but to no folder twice: not round in circles, and not up to where images of other classes are.

    Args:
        folder: where to look.
        above: real paths of folders not to enter.
    """
    entered = set(above)
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        real = os.path.realpath(current)
        if real in entered:
            continue
        entered.add(real)
        folders = []
        for entry in _visible(current):
            if entry.is_dir():
                folders.append(entry.path)
            elif os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES:
                yield entry.path
        waiting += reversed(folders)


def _visible(folder: str) -> list[os.DirEntry[str]]:
    """What a folder holds, by name.  Hidden names are notes of file managers and tools; some end like images."""
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(shown, key=lambda entry: entry.name)


def _with_those_above(path: str) -> frozenset[str]:
    """The real paths of a folder and of all that it lies in."""
    real = os.path.realpath(path)
    found = {real}
    while (parent := os.path.dirname(real)) != real:
        found.add(parent)
        real = parent
    return frozenset(found)
