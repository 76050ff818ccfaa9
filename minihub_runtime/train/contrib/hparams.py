"""`tf.contrib.training.HParams`: hyperparameters as attributes, of types that stay, set from text or JSON.

Source: tensorflow_core/contrib/training/python/training/hparam.py (release 1.15).
"""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from minihub_runtime.public import public

__all__ = ["HParams", "parse_values"]

#: One assignment: `name=value`, `name=[value, …]` or `name[index]=value`, with the comma after it.
ASSIGNMENT = re.compile(
    r"(?P<name>[a-zA-Z][\w.]*)(\[\s*(?P<index>\d+)\s*\])?\s*=\s*"
    r"((?P<value>[^,\[]*)|\[(?P<values>[^\]]*)\])($|,\s*)"
)
TRUTH = {"true": True, "True": True, "false": False, "False": False}


def _truth(text: str) -> bool:
    return TRUTH[text] if text in TRUTH else bool(int(text))


@public("contrib.training.parse_values")
def parse_values(
    values: str, type_map: Mapping[str, Any], ignore_unknown: bool = False
) -> dict[str, Any]:
    """The values that a text assigns to names.

    Args:
        values: assignments with commas between them: `a=1,b=[1,2],c[3]=4`.
        type_map: name → type of the value, or of the elements of the list.
        ignore_unknown: whether names without a type are left out.

    Returns:
        Name → value, list of values, or index → value.

    Raises:
        ValueError: it is no such text, a name has no type, a value is not of its type, or something is assigned twice.
    """
    found: dict[str, Any] = {}

    def reused(name: str) -> NoReturn:
        raise ValueError(f"Multiple assignments to variable '{name}' in {values}")

    position = 0
    while position < len(values):
        match = ASSIGNMENT.match(values, position)
        if match is None:
            raise ValueError(f"Malformed hyperparameter value: {values[position:]}")
        position = match.end()
        name, index, value = match["name"], match["index"], match["value"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        if value is None and index is not None:
            raise ValueError("Assignment of a list to a list index.")
        if name in found and (index is None or not isinstance(found[name], dict)):
            reused(name)
        if index is not None and int(index) in found.setdefault(name, {}):
            reused(f"{name}[{index}]")
        kind = type_map[name]
        read: Callable[[str], Any] = _truth if kind is bool else kind
        text = match["values"] if value is None else value
        try:
            if value is None:
                found[name] = [read(item) for item in re.split("[ ,]", text) if item]
            elif index is None:
                found[name] = read(value)
            else:
                found[name][int(index)] = read(value)
        except ValueError:
            raise ValueError(
                f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{text}' in "
                f"{values}"
            ) from None
    return found


def _cast(name: str, kind: Any, value: Any) -> Any:
    """A value as one of a type.

    Raises:
        ValueError: it is of a type that does not become that one without loss.
    """
    if issubclass(kind, type(None)):
        return value
    text = issubclass(kind, (str, bytes)) and not isinstance(value, (str, bytes))
    truth = issubclass(kind, bool) != isinstance(value, bool)
    fraction = issubclass(kind, numbers.Integral) and not isinstance(value, numbers.Integral)
    number = issubclass(kind, numbers.Number) and not isinstance(value, numbers.Number)
    if text or truth or fraction or number:
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return kind(value)


def _without_functions(item: Any) -> Any:
    """Values that JSON can hold: functions are left out."""
    if isinstance(item, dict):
        return {k: _without_functions(v) for k, v in item.items() if not callable(v)}
    if isinstance(item, list):
        return [_without_functions(v) for v in item if not callable(v)]
    return item


@public("contrib.training.HParams")
class HParams:
    """Hyperparameters, each an attribute whose type is that of its first value.

    Args:
        hparam_def: not supported.
        model_structure: what `get_model_structure` returns.
        **kwargs: name → number, truth value, text, or a list of one of these.

    Raises:
        NotImplementedError: `hparam_def` is given.
        ValueError: a name is reserved, or a list is empty.
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        if hparam_def is not None:
            raise NotImplementedError("contrib.training.HParams: hparam_def")
        #: Name → type of the value, or of the elements; and whether it is a list.
        self._hparam_types: dict[str, tuple[Any, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add a hyperparameter.

        Raises:
            ValueError: the name is reserved or taken, or the value is an empty list.
        """
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        several = isinstance(value, (list, tuple))
        if several and not value:
            raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
        self._hparam_types[name] = (type(value[0] if several else value), several)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Give a hyperparameter another value.

        Raises:
            KeyError: there is none of that name.
            ValueError: the value is of another type, or a list where one value must be or the other way round.
        """
        kind, several = self._hparam_types[name]
        if isinstance(value, list) != several:
            raise ValueError(
                f"Must pass a list for multi-valued parameter: {name}."
                if several
                else f"Must not pass a list for single-valued parameter: {name}"
            )
        cast = [_cast(name, kind, item) for item in value] if several else _cast(name, kind, value)
        setattr(self, name, cast)

    def del_hparam(self, name: str) -> None:
        """Remove a hyperparameter, if it is there."""
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values: str) -> HParams:
        """Set hyperparameters from a text; see `parse_values`.

        Raises:
            ValueError: it cannot be read, or names what is not there; or it assigns to one element of a list.
        """
        kinds = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, kinds))

    def override_from_dict(self, values_dict: Mapping[str, Any]) -> HParams:
        """Set hyperparameters; errors as `set_hparam`."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Set hyperparameters from an object in JSON; errors as `set_hparam`."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(
        self,
        indent: int | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,
    ) -> str:
        """The hyperparameters as an object in JSON, without functions; the arguments are those of `json.dumps`."""
        kept = _without_functions(self.values())
        return json.dumps(kept, indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self) -> dict[str, Any]:
        """Name → value."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a hyperparameter, `default` if there is none of that name.

        Raises:
            ValueError: there is one of another type than that of `default`.
        """
        if key not in self._hparam_types:
            return default
        if default is not None:
            kind, several = self._hparam_types[key]
            shown = f"list<{kind}>" if several else str(kind)
            text = f"Hparam '{key}' of type '{shown}' is incompatible with default={default}"
            if isinstance(default, list) != several:
                raise ValueError(text)
            try:
                for item in default if several else [default]:
                    _cast(key, kind, item)
            except ValueError as error:
                raise ValueError(f"{text}. {error}") from None
        return getattr(self, key)

    def set_model_structure(self, model_structure: Any) -> None:
        """Set what `get_model_structure` returns."""
        self._model_structure = model_structure

    def get_model_structure(self) -> Any:
        """What was given as such."""
        return self._model_structure

    def __contains__(self, key: str) -> bool:
        return key in self._hparam_types

    def __str__(self) -> str:
        return str(sorted(self.values().items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"
