"""Small modules as bytes: what the tests store, pack and serve."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from minihub_runtime.protos import SavedModel

SERVED = Path(__file__).parents[2].parent / "shared" / "modules" / "served"

# A table file ends with a footer of 48 bytes whose last 8 are its magic number.
INDEX = bytes(40) + (0xDB4775248B80FB57).to_bytes(8, "little")


def saved_model() -> bytes:
    """A SavedModel with one meta graph of one node."""
    model = SavedModel(saved_model_schema_version=1)
    graph = model.meta_graphs.add()
    graph.graph_def.node.add(name="x", op="NoOp")
    return bytes(model.SerializeToString())


def module_files(weights: bytes = bytes(range(256)) * 16) -> dict[str, bytes]:
    """The files of a whole module, by name."""
    return {
        "assets/vocab.txt": b"word\n" * 60,
        "saved_model.pb": saved_model(),
        "tfhub_module.pb": b"\x08\x03",
        "variables/variables.data-00000-of-00001": weights,
        "variables/variables.index": INDEX,
    }


def pack(files: dict[str, bytes], *, top: str = "./", compress: bool = True) -> bytes:
    """The files as a tar, gzipped, as a server sends them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(top + name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0) if compress else buffer.getvalue()


def write(files: dict[str, bytes], directory: Path) -> Path:
    """The files below `directory`."""
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return directory


def read(directory: str | Path) -> dict[str, bytes]:
    """The files below `directory`, by name."""
    root = Path(directory)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
