"""Print the table of ops: `python -m minihub_runtime.ops [NAME …]`.

With `--write-index` write `index.py` anew, which says in which family each op is, so that using an op imports no other.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from minihub_runtime.dtypes import DType
from minihub_runtime.ops import FAMILIES
from minihub_runtime.ops.registry import REGISTRY, Arg, Op, Registry
from minihub_runtime.terminal import printing


def _arg(arg: Arg) -> str:
    kind = arg.type.name if isinstance(arg.type, DType) else arg.type
    kind = f"Ref({kind})" if arg.is_ref else kind
    return f"{arg.name}: {arg.number} * {kind}" if arg.number else f"{arg.name}: {kind}"


def signature(op: Op) -> str:
    """`Softmax(logits: T) -> softmax: T`."""
    inputs, outputs = (", ".join(map(_arg, args)) for args in (op.schema.inputs, op.schema.outputs))
    return f"({inputs})" + (f" -> {outputs}" if outputs else "")


def rows(names: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, schema, gradient, shape rule and source of each op, sorted by name."""
    for name in names or sorted(REGISTRY):
        op = REGISTRY[name]
        gradient = "yes" if op.gradient_rule else ("none" if op.no_gradient else "-")
        yield name, signature(op), gradient, "yes" if op.shape_rule else "-", op.source


def homes() -> dict[str, str]:
    """Op → the family whose file registers it; for a process that has imported no family yet."""
    found: dict[str, str] = {}

    def note(new: Op) -> None:
        # Kernels of one family may be made by a factory of another, so what counts is whose import is running.
        frame = sys._getframe(1)
        while frame.f_code.co_name != "<module>" and frame.f_back is not None:
            frame = frame.f_back
        family = str(frame.f_globals["__name__"]).rsplit(".", 1)[-1]
        found.update(dict.fromkeys(new.names, family))
        Registry.add(REGISTRY, new)

    with mock.patch.object(REGISTRY, "add", note):
        for family in FAMILIES:
            importlib.import_module(f"minihub_runtime.ops.{family}")
    return found


def index() -> str:
    """The text of `index.py`."""
    lines = [f'    "{name}": "{family}",' for name, family in sorted(homes().items())]
    return "\n".join(
        [
            '"""Op → family, so that using an op imports no other; `python -m minihub_runtime.ops --write-index`."""',
            "",
            "FAMILY_OF: dict[str, str] = {",
            *lines,
            "}",
            "",
        ]
    )


def main(names: list[str]) -> int:
    """Print the rows of the named ops, or of all, and how many there are."""
    if names == ["--write-index"]:
        path = Path(__file__).with_name("index.py")
        path.write_text(index(), encoding="utf-8", newline="\n")
        return 0
    if "--help" in names or "-h" in names:
        print("usage: python -m minihub_runtime.ops [NAME ...] [--write-index]")
        return 0
    unknown = [name for name in names if name not in REGISTRY]
    if unknown:
        print(f"no such op: {', '.join(unknown)}", file=sys.stderr)
        return 1
    print("op\tschema\tgradient\tshape\tsource")
    count = 0
    for row in rows(names):
        print("\t".join(row))
        count += 1
    print(f"{count} ops", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(printing(main))
