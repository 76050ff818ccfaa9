"""Store the signatures of `tensorflow.compat.v1`: `python -m tests.api.signatures`, in TensorFlow's environment."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.compat_names import names, signature_of

__all__ = ["PATH"]

PATH = Path(__file__).with_name("signatures.json")


def main() -> None:
    """Write them: public name → parameters, a line each."""
    found = {name: signature_of(value) for name, value in names().items() if callable(value)}
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(parameters)}"
        for name, parameters in sorted(found.items())
        if parameters is not None
    )
    PATH.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
