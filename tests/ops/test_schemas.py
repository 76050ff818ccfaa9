"""Every schema equals TensorFlow's OpDef: names, order, types, defaults."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format

from minihub_runtime.codec import tensor_from_proto
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops.registry import REGISTRY, REQUIRED, Arg
from minihub_runtime.protos import TensorProto
from tests.golden import FOLDER
from tests.samples import families

OP_DEFS: dict[str, dict[str, Any]] = {}
for family in families():
    path = FOLDER / f"{family}.op_defs.json"
    if path.exists():
        OP_DEFS.update(json.loads(path.read_text(encoding="utf-8")))


def stored_arg(arg: dict[str, Any]) -> Arg:
    kind = arg.get("type_list_attr") or arg.get("type_attr") or as_dtype(arg["type"])
    is_list = "type_list_attr" in arg or "number_attr" in arg
    return Arg(arg["name"], kind, arg.get("number_attr"), is_list, arg.get("is_ref", False))


def stored_value(value: dict[str, Any]) -> Any:
    """An AttrValue in JSON, as the runtime's Python value."""
    ((kind, content),) = value.items()
    if kind == "list":
        return [stored_value({k: v}) for k, items in content.items() for v in items]
    if kind == "i":
        return int(content)
    if kind == "f":
        return float(content)
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "type":
        return as_dtype(content)
    if kind == "shape":
        if content.get("unknown_rank"):
            return None
        return tuple(int(d.get("size", 0)) for d in content.get("dim", []))
    return content


@pytest.mark.parametrize("name", sorted(OP_DEFS))
def test_schema_equals_op_def(name: str) -> None:
    op_def, schema = OP_DEFS[name], REGISTRY[name].schema
    assert list(schema.inputs) == [stored_arg(a) for a in op_def.get("input_arg", [])]
    assert list(schema.outputs) == [stored_arg(a) for a in op_def.get("output_arg", [])]
    attrs = {a["name"]: a for a in op_def.get("attr", [])}
    assert sorted(schema.attrs) == sorted(attrs)
    for attr in schema.attrs.values():
        theirs = attrs[attr.name]
        assert attr.type == theirs["type"], attr.name
        expected = stored_value(theirs["default_value"]) if "default_value" in theirs else REQUIRED
        if isinstance(expected, float):
            expected = pytest.approx(expected, rel=1e-6)
        if isinstance(attr.default, np.ndarray):
            default = json_format.ParseDict(expected, TensorProto())
            np.testing.assert_array_equal(attr.default, tensor_from_proto(default))
        else:
            assert attr.default == expected, attr.name
        allowed = stored_value(theirs["allowed_values"]) if "allowed_values" in theirs else []
        assert set(attr.allowed) == set(allowed), attr.name
        if "minimum" in theirs:
            assert attr.minimum == int(theirs["minimum"]), attr.name
    assert REGISTRY[name].stateful == op_def.get("is_stateful", False)
