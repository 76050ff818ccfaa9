"""Print the skeleton of an op from TensorFlow's OpDef: what one types first when adding one.

    python -m tests.golden.op_stub Softmax Cumsum

Needs the environment of `tests/golden/generate.py`.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from tensorflow.python.framework import op_def_registry

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops import registry

NAMED = {
    frozenset(getattr(registry, name).names): name
    for name in ("FLOATS", "HALF_FLOATS", "COMPLEX", "INDEX", "NUMBERS", "REALS")
}
ANNOTATIONS = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "string": "str",
    "shape": "Shape",
    "tensor": "Array",
    "func": "Func",
    "type": "DType",
}


def type_set(attr: Any) -> str:
    """The decorator's expression for a type attribute."""
    names = [as_dtype(n).name for n in attr.allowed_values.list.type]
    if attr.type == "list(type)":
        parts = [repr(" ".join(names))] if names else []
        if attr.minimum:
            parts.append(f"minimum={attr.minimum}")
        if attr.HasField("default_value"):
            parts.append(f"default={tuple(as_dtype(n).name for n in attr.default_value.list.type)}")
        return f"types_list({', '.join(parts)})" if parts else "ANY_LIST"
    text = NAMED.get(frozenset(names)) if names else "ANY"
    default = as_dtype(attr.default_value.type).name if attr.HasField("default_value") else None
    if text is None:
        more = f', default="{default}"' if default else ""
        return f'types("{" ".join(names)}"{more})'
    return f'{text}.default_to("{default}")' if default else text


def default(attr: Any) -> str:
    """` = value`, or nothing for an attribute without a default."""
    if not attr.HasField("default_value"):
        return ""
    value = attr.default_value
    kind = value.WhichOneof("value")
    if kind == "list":
        items = [v for _, values in value.list.ListFields() for v in values]
        return f" = {[v.decode() if isinstance(v, bytes) else v for v in items]!r}"
    if kind == "s":
        return f" = {value.s.decode()!r}"
    if kind == "shape":
        shape = value.shape
        return f" = {None if shape.unknown_rank else tuple(d.size for d in shape.dim)!r}"
    return f" = {getattr(value, kind)!r}"


def arg(a: Any) -> str:
    """`x: N * T`."""
    kind = a.type_list_attr or a.type_attr or as_dtype(a.type).name
    kind = f"Ref({kind})" if a.is_ref else kind
    return f"{a.name}: {a.number_attr} * {kind}" if a.number_attr else f"{a.name}: {kind}"


def stub(name: str) -> str:
    """The text of one op."""
    d = op_def_registry.get(name)
    if d is None:
        return f"# {name}: TensorFlow has no such op\n"
    numbers = {a.number_attr for a in (*d.input_arg, *d.output_arg)}
    keywords, parameters = [], []
    for attr in d.attr:
        if attr.type in ("type", "list(type)"):
            keywords.append(f"{attr.name}={type_set(attr)}")
        elif attr.name in numbers:
            if attr.minimum != 1:
                keywords.append(f"{attr.name}=at_least({attr.minimum})")
        else:
            if attr.has_minimum:
                keywords.append(f"{attr.name}=at_least({attr.minimum})")
            base = re.sub(r"list\((\w+)\)", r"\1", attr.type)
            annotation = ANNOTATIONS[base]
            if attr.allowed_values.list.s:
                annotation = (
                    f"Literal[{', '.join(repr(s.decode()) for s in attr.allowed_values.list.s)}]"
                )
            if attr.type.startswith("list"):
                annotation = f"list[{annotation}]"
            parameters.append(f"{attr.name}: {annotation}{default(attr)}")
    inputs, outputs = (", ".join(map(arg, side)) for side in (d.input_arg, d.output_arg))
    spec = f"{name}({inputs})" + (f" -> {outputs}" if outputs else "")
    lines = [f'@op(\n    "{spec}",', *(f"    {k}," for k in keywords)]
    if d.is_stateful:
        lines.append("    stateful=True,")
    lines.append('    source="",\n)')
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    positional = [
        f"{a.name}: {'Sequence[Array]' if a.number_attr or a.type_list_attr else 'Array'}"
        for a in d.input_arg
    ]
    lines.append(
        f"def {snake}({', '.join(positional + (['*'] if parameters else []) + parameters)}) -> Array:"
    )
    return "\n".join([*lines, '    """"""', ""])


if __name__ == "__main__":
    print("\n\n".join(stub(name) for name in sys.argv[1:]))
