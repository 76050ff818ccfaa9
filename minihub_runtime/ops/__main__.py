"""Print the table of ops: `python -m minihub_runtime.ops [NAME …]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from minihub_runtime.ops.registry import REGISTRY, Arg, Op
from minihub_runtime.dtypes import DType


def _arg(arg: Arg) -> str:
    kind = arg.type.name if isinstance(arg.type, DType) else arg.type
    kind = f"Ref({kind})" if arg.is_ref else kind
    return f"{arg.name}: {arg.number} * {kind}" if arg.number else f"{arg.name}: {kind}"


def signature(op: Op) -> str:
    """`Softmax(logits: T) -> softmax: T`."""
    inputs, outputs = (
        ", ".join(map(_arg, args)) for args in (op.schema.inputs, op.schema.outputs)
    )
    return f"({inputs})" + (f" -> {outputs}" if outputs else "")


def rows(names: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, schema, gradient, shape rule and source of each op, sorted by name."""
    for name in names or sorted(REGISTRY):
        op = REGISTRY[name]
        gradient = "yes" if op.gradient_rule else ("none" if op.no_gradient else "-")
        yield name, signature(op), gradient, "yes" if op.shape_rule else "-", op.source


def main(names: list[str]) -> int:
    """Print the rows of the named ops, or of all, and how many there are."""
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
    sys.exit(main(sys.argv[1:]))
