"""`tf.resource_loader`: files that lie beside a program.

Source: tensorflow/python/platform/resource_loader.py.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from minihub_runtime.public import public

__all__ = [
    "get_data_files_path",
    "get_path_to_datafile",
    "get_root_dir_with_all_resources",
    "load_resource",
    "readahead_file_path",
]


def _folder_of_caller(depth: int) -> str:
    return str(Path(sys._getframe(depth + 1).f_code.co_filename).parent)


@public("resource_loader.get_data_files_path")
def get_data_files_path() -> str:
    """The folder of the file that calls this."""
    return _folder_of_caller(1)


@public("resource_loader.get_root_dir_with_all_resources")
def get_root_dir_with_all_resources() -> str:
    """The folder of the file that calls this; where Bazel runs it, the one of its workspace below `.runfiles`."""
    folder = Path(_folder_of_caller(1))
    for below, above in itertools.pairwise([folder, *folder.parents]):
        if ".runfiles" in above.name:
            return str(below)
    return str(folder)


@public("resource_loader.get_path_to_datafile")
def get_path_to_datafile(path: str) -> str:
    """A path below the folder of the file that calls this."""
    return os.path.join(_folder_of_caller(1), path)


@public("resource_loader.load_resource")
def load_resource(path: str) -> bytes:
    """What a file holds that lies at a path below the folder of the file that calls this.

    Raises:
        OSError: it cannot be read.
    """
    return Path(_folder_of_caller(1), path).read_bytes()


@public("resource_loader.readahead_file_path")
def readahead_file_path(path: str, readahead: str = "128M") -> str:
    """The path as it is: no files are read ahead."""
    return path
