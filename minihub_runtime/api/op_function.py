"""Functions that add one operation, as the table of simple ops describes them.

Source: tensorflow/python/framework/python_op_gen.cc.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["OpFunction"]


class OpFunction:
    """A function that adds one operation; its description is the op's.

    It is no plain function because the op, and with it its family of kernels, is imported when it is used first.

    Attributes:
        call: what is called; dispatching to sparse and ragged versions replaces it.
    """

    def __init__(self, op: str, parameters: str, name: str) -> None:
        """Describe the function.

        Args:
            op: the type of the operation.
            parameters: parameters and defaults as Python writes them; one whose name in the schema is another has that
                one as its annotation; the last parameter, `name`, is left out unless its default is not None.
            name: the name of the function.
        """
        self.op = op
        self.call: Callable[..., Any] = self._build
        self.__name__ = self.__qualname__ = name
        self.__module__ = "minihub_runtime"
        self._parameters = parameters
        self._parsed: tuple[inspect.Signature, dict[str, str]] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add the operation, or have another version of the function called."""
        return self.call(*args, **kwargs)

    def _build(self, *args: Any, **kwargs: Any) -> Any:
        from minihub_runtime.api.building import build

        signature, schema_names = self._parse()
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.__name__}() {error}") from None
        bound.apply_defaults()
        name = bound.arguments.pop("name")
        given = {schema_names[key]: value for key, value in bound.arguments.items()}
        return build(self.op, name=name, **given)

    def _parse(self) -> tuple[inspect.Signature, dict[str, str]]:
        """The signature, and parameter → name in the schema."""
        if self._parsed is None:
            parameters, schema_names = _parse(self._parameters)
            self._parsed = inspect.Signature(parameters), schema_names
        return self._parsed

    @property
    def __signature__(self) -> inspect.Signature:
        return self._parse()[0]

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        from minihub_runtime.ops.registry import REGISTRY

        return f"{inspect.getdoc(REGISTRY[self.op].kernel)}\n\nAdds one {self.op} operation."

    def __repr__(self) -> str:
        return f"<function {self.__name__}{self.__signature__}>"


def _parse(text: str) -> tuple[list[inspect.Parameter], dict[str, str]]:
    """The parameters that a text lists, and the name of each in the schema."""
    if "name=" not in text:
        text = f"{text}, name=None" if text else "name=None"
    definition = ast.parse(f"def f({text}): pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    arguments = definition.args.args
    defaults = [_default(node) for node in definition.args.defaults]
    absent = [inspect.Parameter.empty] * (len(arguments) - len(defaults))
    schema_names = {
        argument.arg: argument.annotation.id
        if isinstance(argument.annotation, ast.Name)
        else argument.arg
        for argument in arguments
    }
    parameters = [
        inspect.Parameter(argument.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for argument, default in zip(arguments, [*absent, *defaults], strict=True)
    ]
    return parameters, schema_names


def _default(node: ast.expr) -> Any:
    """A default: a Python value, or the name of an element type."""
    if isinstance(node, ast.Name):
        from minihub_runtime.dtypes import as_dtype

        return as_dtype(node.id)
    return ast.literal_eval(node)
