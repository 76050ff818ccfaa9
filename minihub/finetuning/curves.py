"""The course of a training: as a picture, and as a line of blocks for a terminal."""

from __future__ import annotations

import importlib.util
import itertools
import math
import os
from collections.abc import Sequence

from minihub.finetuning.course import Epoch
from minihub.whole_files import write_file
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError

__all__ = ["check_picture", "sparkline", "write_curves"]

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """Numbers as blocks of a height between the smallest and the largest; means of neighbours where there are more than `width`."""
    if len(values) > width:
        edges = [round(i * len(values) / width) for i in range(width + 1)]
        parts = [values[a:b] for a, b in itertools.pairwise(edges)]
        values = [sum(part) / len(part) for part in parts]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    low, spread = min(finite), max(finite) - min(finite)
    top = len(_BLOCKS) - 1
    return "".join(
        _BLOCKS[round((value - low) / spread * top) if spread else 0]
        if math.isfinite(value)
        else " "
        for value in values
    )


def check_picture(path: str | os.PathLike[str]) -> None:
    """Raise unless a picture can be drawn to such a file.

    Raises:
        FailedPreconditionError: matplotlib is not installed.
        InvalidArgumentError: the format is unknown.
        NotFoundError: the folder is not there.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise NotFoundError(f"{os.fspath(path)}: there is no folder {folder}")
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in (".pdf", ".png", ".svg"):
        raise InvalidArgumentError(f"a picture must be .pdf, .png or .svg, not {suffix!r}")
    if importlib.util.find_spec("matplotlib") is None:
        raise FailedPreconditionError(
            "drawing learning curves needs matplotlib; install it with: pip install 'minihub[plots]'"
        )


def write_curves(
    history: Sequence[Epoch], path: str | os.PathLike[str], *, best: int | None = None
) -> None:
    """Write loss and score by epoch as a picture; an old file is replaced at the end only.

    Args:
        history: the epochs.
        path: the file; its suffix says the format: .png, .svg or .pdf.
        best: number of the epoch to mark.

    Raises:
        OSError: it cannot be written.
        FailedPreconditionError, InvalidArgumentError, NotFoundError: as for `check_picture`.
    """
    check_picture(path)
    from matplotlib.figure import Figure

    suffix = os.path.splitext(path)[1].lower()
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    losses = figure.subplots()
    numbers = [epoch.number for epoch in history]
    losses.plot(numbers, [epoch.loss for epoch in history], "o-", ms=3, label="training loss")
    held = [epoch.validation_loss for epoch in history if epoch.validation_loss is not None]
    shown = [epoch.score for epoch in history if epoch.score is not None]
    if held:
        losses.plot(numbers, held, "s-", ms=3, label="validation loss")
        scores = losses.twinx()
        scores.plot(numbers, shown, "^--", ms=3, color="tab:green", label="validation score")
        scores.set_ylabel("score")
        scores.legend(loc="center right")
    if best is not None:
        losses.axvline(best, color="gray", lw=1, ls=":", label="kept")
    losses.set_xlabel("epoch")
    losses.set_ylabel("loss")
    losses.legend(loc="upper right")
    write_file(path, lambda file: figure.savefig(file, format=suffix[1:], dpi=120))
