"""Write `data/`: checkpoints by TensorFlow, the reference for the bytes of ours.

python -m tests.checkpoint.generate        in an environment with tensorflow-cpu 2.15.1
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.checkpoint import tensors

DATA = Path(__file__).parent / "data"


def main() -> None:
    import tensorflow as tf

    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    digests = {}
    for name, wanted in {**tensors.CHECKPOINTS, "many": tensors.many()}.items():
        names, specifications, values = [], [], []
        for tensor_name in sorted(wanted):
            value = wanted[tensor_name]
            parts = [("", value)]
            if isinstance(value, tensors.Parts):
                parts = value.specifications()
            for specification, array in parts:
                names.append(tensor_name.encode("utf-8", "surrogateescape"))
                specifications.append(specification)
                values.append(tensors.for_tensorflow(tf, array))
        tf.raw_ops.SaveV2(
            prefix=str(DATA / name),
            tensor_names=names,
            shape_and_slices=specifications,
            tensors=values,
        )
        if name == "many":
            # Two megabytes of index prove no more than their digest.
            for path in sorted(DATA.glob("many.*")):
                digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
                path.unlink()
    for shard, names in enumerate(tensors.OLD_SHARDS):
        write_old(tf, f"old-{shard:05d}-of-{len(tensors.OLD_SHARDS):05d}", names)
    write_old(tf, "old_dtypes", list(tensors.old_dtypes()))
    (DATA / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")
    print(sorted(path.name for path in DATA.iterdir()), np.__version__)


def write_old(tf: Any, name: str, wanted: list[str]) -> None:
    """Write a file of the V1 format."""
    stored = {**tensors.old_dtypes(), **tensors.old_slices()}
    tf.raw_ops.SaveSlices(
        filename=str(DATA / name),
        tensor_names=[key.split("#")[0] for key in wanted],
        shapes_and_slices=[stored[key][0] for key in wanted],
        data=[tensors.for_tensorflow(tf, stored[key][1]) for key in wanted],
    )


if __name__ == "__main__":
    main()
