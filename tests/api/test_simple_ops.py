"""The table of functions that add one operation fits the ops."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from minihub_runtime.api.op_function import OpFunction
from minihub_runtime.api.simple_ops import SIMPLE_OPS
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.schema import REQUIRED


@pytest.mark.parametrize(("op", "parameters", "names"), SIMPLE_OPS)
def test_the_row_fits_the_op(op: str, parameters: str, names: str) -> None:
    function = OpFunction(op, parameters, names)
    signature, schema_names = function._parse()
    schema = REGISTRY[op].schema
    given = {schema_names[key]: item for key, item in signature.parameters.items() if key != "name"}
    inputs = {arg.name for arg in schema.inputs}
    inferred = {arg.type for arg in schema.inputs} | {arg.number for arg in schema.inputs}
    attrs = {name: attr for name, attr in schema.attrs.items() if name not in inferred}
    assert inputs <= given.keys() <= inputs | attrs.keys()
    assert {name for name, attr in attrs.items() if attr.default is REQUIRED} <= given.keys()
    for name, parameter in given.items():
        default = parameter.default
        if name in attrs and default not in (inspect.Parameter.empty, None):
            assert default == pytest.approx(attrs[name].default)
    assert f"Adds one {op} operation" in (function.__doc__ or "")


def test_no_family_of_ops_is_imported_for_the_table() -> None:
    code = (
        "import sys, minihub_runtime as tf; tf.acos;"
        "print('minihub_runtime.ops.elementwise_unary' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "False"


def test_missing_and_unknown_arguments_are_refused() -> None:
    function = OpFunction("Acos", "x", "acos")
    with pytest.raises(TypeError, match=r"acos\(\) missing a required argument: 'x'"):
        function()
    with pytest.raises(TypeError, match=r"acos\(\) got an unexpected keyword argument 'y'"):
        function(1.0, y=2)
