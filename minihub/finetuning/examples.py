"""Features as the inputs of a module, batch by batch."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minihub.binding import named_inputs
from minihub.finetuning.fingerprints import Fingerprint
from minihub.image_files import is_image_input, read_image
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError, clip
from minihub_runtime.shapes import compatible, show
from minihub_runtime.values import as_array, check_unmasked

__all__ = ["Examples", "split"]


class Examples:
    """Examples of which any can be taken as a batch.

    Args:
        features: for each input an array or list with one element per example; for the only input, that itself.  Paths of files
            stand for the images of an input that takes images: they are read, and resized, when they are wanted.
        infos: the inputs.
        image_size: height and width that the module expects of images, None if it says nothing.

    Attributes:
        count: how many there are.

    Raises:
        TypeError: inputs are missing, or there are too many.
        InvalidArgumentError: an input is sparse or ragged, values do not fit, or the lengths differ.
        OSError: an image is not there.
        FailedPreconditionError: an image is no regular file.
    """

    def __init__(
        self,
        features: Any,
        infos: Mapping[str, ParsedTensorInfo],
        image_size: tuple[int, int] | None = None,
    ) -> None:
        self._infos = infos
        self._image_size = image_size
        named = named_inputs(_listed(features), infos)
        self._columns = {name: self._column(name, named[name]) for name in infos}
        lengths = {
            name: len(column)
            for name, column in self._columns.items()
            if infos[name].shape is None or infos[name].shape != ()
        }
        if len(set(lengths.values())) != 1:
            raise InvalidArgumentError(
                f"all inputs must have one value per example; their lengths are {lengths}"
            )
        (self.count,) = set(lengths.values())

    def _column(self, name: str, values: Any) -> Any:
        info = self._infos[name]
        if info.kind != "dense":
            raise InvalidArgumentError(
                f"input {name!r} must be a dense tensor to learn on; it is a {info.type_name}"
            )
        if is_image_input(info) and _are_paths(values):
            paths = [os.fspath(path) for path in values]
            for path in paths:
                _check_regular(path)
            return paths
        check_unmasked(values, f"input {name!r}")
        array = as_array(values, info.dtype, f"input {name!r}")
        if not compatible(info.shape, array.shape):
            # The first dimension of many modules' inputs is fixed to the batch they were exported with.
            raise InvalidArgumentError(
                f"input {name!r} must have shape {show(info.shape)}, not {show(array.shape)}"
            )
        return array

    def batch(self, numbers: Any) -> dict[str, Any]:
        """Input → array of the examples with these numbers."""
        return {name: self._taken(name, column, numbers) for name, column in self._columns.items()}

    def fingerprint(self) -> str:
        """Of all values; of images it is the files that count, not their names.

        Raises:
            OSError: a file cannot be read.
        """
        found = Fingerprint()
        for name, column in self._columns.items():
            if isinstance(column, list):
                found.add("images", name.encode())
                for path in column:
                    found.add_file(path)
            else:
                found.add_array(name, column)
        return str(found)

    def _taken(self, name: str, column: Any, numbers: Any) -> Any:
        info = self._infos[name]
        if isinstance(column, list):
            images = [
                read_image(column[number], info, self._image_size, resize=True)
                for number in numbers
            ]
            shapes = {image.shape for image in images}
            if len(shapes) > 1:
                raise InvalidArgumentError(
                    f"input {name!r} takes images of any size, but those of one batch must be alike; "
                    f"they are {sorted(shapes)}"
                )
            return np.stack(images)
        return column if column.ndim == 0 else column[numbers]


def _listed(features: Any) -> Any:
    """A table of columns as a dict, other iterables as they are."""
    if hasattr(features, "columns") and hasattr(features, "to_dict"):
        return {str(name): features[name].to_numpy() for name in features.columns}
    return features.to_numpy() if hasattr(features, "to_numpy") else features


def _are_paths(values: Any) -> bool:
    return (
        isinstance(values, Sequence)
        and not isinstance(values, (str, bytes))
        and bool(values)
        and all(isinstance(value, (str, os.PathLike)) for value in values)
    )


def _check_regular(path: str) -> None:
    """Raise before any work if an image is not there, or is a pipe or device, which who reads it may wait for without end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise FailedPreconditionError(f"{clip(path)} must be a regular file to be read as an image")


def split(strata: Any, share: float, generator: np.random.Generator) -> tuple[Any, Any]:
    """Numbers of the examples to train on, and of those to validate on.

    Each stratum gives its share; one example of each is always kept for training.

    Args:
        strata: int [examples].
        share: of the examples, for validation; in [0, 1).
        generator: draws them.

    Raises:
        InvalidArgumentError: the share is out of range.
    """
    if not 0.0 <= share < 1.0:
        raise InvalidArgumentError(f"validation must be a share in [0, 1), not {share}")
    held: list[Any] = []
    carried = 0.0
    for stratum in np.unique(strata):
        members = generator.permutation(np.flatnonzero(strata == stratum))
        # What rounding takes from one stratum the next one gets, so that the sum is right.
        wanted = len(members) * share + carried
        count = min(round(wanted), len(members) - 1)
        carried = wanted - count
        held.append(members[:count])
    validation = np.sort(np.concatenate(held))
    training = np.setdiff1d(np.arange(len(strata)), validation)
    return training, validation
