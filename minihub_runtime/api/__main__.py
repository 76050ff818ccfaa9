"""Print the public names and where each is defined: `python -m minihub_runtime.api`.

With `--write-index` write `index.py` anew, which says so to `minihub_runtime.public`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import minihub_runtime
from minihub_runtime.public import HOMES
from minihub_runtime.terminal import printing

#: Packages whose modules define public names by the decorator.
PACKAGES = ("api", "autodiff", "train")

#: Modules below the API, which know nothing of it → the names of theirs that are public.
LOWER: dict[str, tuple[str, ...]] = {
    "minihub_runtime.dtypes": (
        "DType",
        "as_dtype",
        "bfloat16",
        "bool",
        "complex128",
        "complex64",
        "double",
        "float16",
        "float32",
        "float64",
        "half",
        "int16",
        "int32",
        "int64",
        "int8",
        "qint16",
        "qint32",
        "qint8",
        "quint16",
        "quint8",
        "resource",
        "string",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "variant",
    ),
    "minihub_runtime.errors": ("OpError",),
    "minihub_runtime.protos": (
        "AttrValue",
        "ConfigProto",
        "Event",
        "GPUOptions",
        "GraphDef",
        "GraphOptions",
        "HistogramProto",
        "LogMessage",
        "MetaGraphDef",
        "NameAttrList",
        "NodeDef",
        "OptimizerOptions",
        "RunMetadata",
        "RunOptions",
        "SavedModel",
        "SessionLog",
        "Summary",
        "SummaryMetadata",
        "TensorInfo",
        "TensorProto",
    ),
    "minihub_runtime.values": ("RaggedTensorValue", "SparseTensorValue"),
}


def homes() -> dict[str, str]:
    """Public name → the module that defines it."""
    for package in PACKAGES:
        for folder in minihub_runtime.__path__:
            path = [str(Path(folder) / package)]
            for found in pkgutil.walk_packages(path, f"minihub_runtime.{package}."):
                if not found.name.endswith("__main__"):
                    importlib.import_module(found.name)
    lower = {name: module for module, names in LOWER.items() for name in names}
    return {**lower, **HOMES}


def index() -> str:
    """The text of `index.py`."""
    lines = [f'    "{name}": "{home}",' for name, home in sorted(homes().items())]
    return "\n".join(
        [
            '"""Public name → the module that defines it; `python -m minihub_runtime.api --write-index`."""',
            "",
            "HOME_OF: dict[str, str] = {",
            *lines,
            "}",
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Print the names, or write the index."""
    if arguments == ["--write-index"]:
        path = Path(__file__).with_name("index.py")
        path.write_text(index(), encoding="utf-8", newline="\n")
        return 0
    if arguments:
        print("usage: python -m minihub_runtime.api [--write-index]", file=sys.stderr)
        return 2
    for name, home in sorted(homes().items()):
        print(f"{name}\t{home}")
    return 0


if __name__ == "__main__":
    sys.exit(printing(main))
