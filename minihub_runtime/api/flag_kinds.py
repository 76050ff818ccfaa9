"""Rarer kinds of flags: other names of flags, members of enumerations, lists, parsers of one's own; and what is checked of several.

Left out are absl's classes of flags and their serialisers, with which flags are written to files and to XML.

Source: absl/flags/_defines.py, _validators.py, _helpers.py, which `tensorflow/python/platform/flags.py` hands on.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from minihub_runtime.api.flags import (
    FLAGS,
    Flag,
    FlagHolder,
    FlagValues,
    IllegalFlagValueError,
    UnrecognizedFlagError,
    ValidationError,
    mark_flag_as_required,
    reference,
    register_multi_flags_validator,
    register_validator,
)
from minihub_runtime.public import public

__all__ = ["ArgumentParser"]

C = TypeVar("C", bound=Callable[..., Any])


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"flags.{name}", f"app.flags.{name}")


@_public("ArgumentParser")
class ArgumentParser:
    """Base of what makes values of the text of flags."""

    syntactic_help = ""

    def parse(self, argument: Any) -> Any:
        """The value of a text, or of a value that the program gives.

        Raises:
            TypeError: it is neither.
            ValueError: the text is not one of a value.
        """
        if not isinstance(argument, str):
            raise TypeError(f"flag value must be a string, found {type(argument).__name__}")
        return argument

    def flag_type(self) -> str:
        """What the values are called."""
        return "string"


class _Alias(Flag):
    """Another name of a flag, whose value it has."""

    def __init__(self, name: str, original: Flag) -> None:
        self._original = original
        super().__init__(
            name, lambda value: value, None, f"Alias for --{original.name}.", None, original.boolean
        )
        self.default = original.default

    @property
    def value(self) -> Any:
        """The value of the flag."""
        return self._original.value

    @value.setter
    def value(self, value: Any) -> None:
        # The base class sets the value of a new flag to its default.
        if hasattr(self, "default"):
            self._original.value = value

    def parse(self, given: Any) -> None:
        """Let the flag take a value from the command line."""
        self._original.parse(given)
        self.present += 1

    def set(self, value: Any) -> None:
        """Let the flag take a value from the program."""
        self._original.set(value)
        self.present += 1


@_public("DEFINE_alias")
def define_alias(
    name: str,
    original_name: str,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
) -> FlagHolder:
    """Define another name of a flag.

    Args:
        name: the new name.
        original_name: that of the flag.
        flag_values: where both are.
        module_name: accepted.

    Raises:
        UnrecognizedFlagError: there is no such flag.
        DuplicateFlagError: there is one of the new name.
    """
    if original_name not in flag_values:
        raise UnrecognizedFlagError(f"Unknown command line flag '{original_name}'")
    return flag_values._define(_Alias(name, flag_values[original_name]))


def _defined(flag: Flag, flag_values: FlagValues, required: bool) -> FlagHolder:
    holder = flag_values._define(flag)
    if required:
        mark_flag_as_required(holder)
    return holder


@_public("DEFINE")
def define(
    parser: Any,
    name: str,
    default: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    serializer: Any = None,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag whose values a parser makes.

    Args:
        parser: an ArgumentParser; its `parse` gets a text, or the default.
        name: its name.
        default: its value unless the command line says otherwise.
        help: what it is for.
        flag_values: where to.
        serializer: accepted.
        module_name: accepted.
        required: whether it must be given.
        **args: `short_name`.

    Raises:
        DuplicateFlagError: there is one of that name.
    """
    flag = Flag(name, parser.parse, default, help, **args)
    return _defined(flag, flag_values, required)


@_public("DEFINE_multi")
def define_multi(
    parser: Any,
    serializer: Any,
    name: str,
    default: Any,
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag that may be given several times, whose values a parser makes; see `DEFINE`."""
    flag = Flag(name, parser.parse, default, help, multi=True, **args)
    return _defined(flag, flag_values, required)


def _one_of(names: Collection[str], case_sensitive: bool) -> Callable[[Any], str]:
    """A function that finds a text among some."""
    if not names:
        raise ValueError("enum_values must have an item at least")
    fold: Callable[[Any], Any] = (lambda text: text) if case_sensitive else str.lower

    def parse(value: Any) -> str:
        for known in names:
            if fold(known) == fold(value):
                return known
        raise ValueError(f"value should be one of <{'|'.join(names)}>")

    return parse


def _member_of(enum_class: Any, case_sensitive: bool) -> Callable[[Any], Any]:
    """A function that finds the member of an enumeration of a name."""
    if not (isinstance(enum_class, type) and issubclass(enum_class, enum.Enum)):
        raise TypeError(f"enum_class must be an Enum, not {enum_class!r}")
    names = list(enum_class.__members__)
    if not case_sensitive and len({name.lower() for name in names}) < len(names):
        raise ValueError(f"enum_class must have names that differ in more than case, not {names}")
    find = _one_of(names, case_sensitive)

    def parse(value: Any) -> Any:
        if isinstance(value, enum_class):
            return value
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a member of {enum_class}, nor the name of one")
        return enum_class[find(value)]

    return parse


@_public("DEFINE_enum_class")
def define_enum_class(
    name: str,
    default: Any,
    enum_class: type[enum.Enum],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    case_sensitive: bool = False,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag whose value is a member of an enumeration, given by its name.

    Args:
        name: its name.
        default: a member, its name, or None.
        enum_class: the enumeration.
        help: what it is for.
        flag_values: where to.
        module_name: accepted.
        case_sensitive: whether names must be written as in the enumeration.
        required: whether it must be given.
        **args: `short_name`.

    Raises:
        DuplicateFlagError: there is one of that name.
        TypeError: `enum_class` is no enumeration.
        ValueError: it has no members, or the default is none of them.
    """
    flag = Flag(name, _member_of(enum_class, case_sensitive), default, help, **args)
    return _defined(flag, flag_values, required)


@_public("DEFINE_multi_enum_class")
def define_multi_enum_class(
    name: str,
    default: Any,
    enum_class: type[enum.Enum],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    case_sensitive: bool = False,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag that may be given several times; its value is a list of members.  See `DEFINE_enum_class`."""
    parse = _member_of(enum_class, case_sensitive)
    return _defined(Flag(name, parse, default, help, multi=True, **args), flag_values, required)


@_public("DEFINE_multi_enum")
def define_multi_enum(
    name: str,
    default: Any,
    enum_values: Sequence[str],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    case_sensitive: bool = True,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag that may be given several times, each time with one of several values; see `DEFINE_enum`."""
    parse = _one_of(list(enum_values), case_sensitive)
    return _defined(Flag(name, parse, default, help, multi=True, **args), flag_values, required)


@_public("DEFINE_spaceseplist")
def define_spaceseplist(
    name: str,
    default: Any,
    help: str | None,
    comma_compat: bool = False,
    flag_values: FlagValues = FLAGS,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag whose value is a list of texts, written with blanks between.

    Args:
        name: its name.
        default: a list or a text.
        help: what it is for.
        comma_compat: whether there may be commas between, too.
        flag_values: where to.
        required: whether it must be given.
        **args: `short_name`.

    Raises:
        DuplicateFlagError: there is one of that name.
    """

    def parse(value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        text = str(value)
        return (text.replace(",", " ") if comma_compat else text).split()

    return _defined(Flag(name, parse, default, help, **args), flag_values, required)


@_public("validator")
def validator(
    flag_name: str | FlagHolder,
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> Callable[[C], C]:
    """Decorator: let parsing fail unless the function of the value holds; see `register_validator`."""

    def decorate(function: C) -> C:
        register_validator(flag_name, function, message, flag_values)
        return function

    return decorate


@_public("multi_flags_validator")
def multi_flags_validator(
    flag_names: Sequence[str | FlagHolder],
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> Callable[[C], C]:
    """Decorator: let parsing fail unless the function of the values by name holds; see `register_multi_flags_validator`."""

    def decorate(function: C) -> C:
        register_multi_flags_validator(flag_names, function, message, flag_values)
        return function

    return decorate


def _exclude(
    flag_names: Sequence[str | FlagHolder],
    required: bool,
    flag_values: FlagValues,
    counts: Callable[[Any], bool],
    told: str,
) -> None:
    names = ", ".join(reference(name, flag_values)[0] for name in flag_names)

    def check(values: dict[str, Any]) -> bool:
        count = sum(map(counts, values.values()))
        if count == 1 or (not required and count == 0):
            return True
        much = "Exactly" if required else "At most"
        raise ValidationError(f"{much} one of ({names}) must {told}.")

    register_multi_flags_validator(flag_names, check, flag_values=flag_values)


@_public("mark_flags_as_mutual_exclusive")
def mark_flags_as_mutual_exclusive(
    flag_names: Sequence[str | FlagHolder],
    required: bool = False,
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let parsing fail if more than one of some flags is other than None.

    Args:
        flag_names: the flags.
        required: whether one must be.
        flag_values: where they are.

    Raises:
        ValueError: there are no flags, or holders of flags that are defined in several places.
    """
    told = "have a value other than None"
    _exclude(flag_names, required, flag_values, lambda value: value is not None, told)


@_public("mark_bool_flags_as_mutual_exclusive")
def mark_bool_flags_as_mutual_exclusive(
    flag_names: Sequence[str | FlagHolder],
    required: bool = False,
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let parsing fail if more than one of some flags is True.

    Args:
        flag_names: flags of truth values.
        required: whether one must be.
        flag_values: where they are.

    Raises:
        ValidationError: one is another kind of flag.
        ValueError: there are none, or holders of flags that are defined in several places.
    """
    for flag_name in flag_names:
        name, where = reference(flag_name, flag_values)
        if not where[name].boolean:
            raise ValidationError(f"Flag --{name} is not Boolean, which flags here must be")
    _exclude(flag_names, required, flag_values, bool, "be True")


@_public("set_default")
def set_default(flag_holder: FlagHolder, value: Any) -> None:
    """Give a flag another default, which is its value unless it is set."""
    flag_holder._flagvalues.set_default(flag_holder.name, value)


@_public("override_value")
def override_value(flag_holder: FlagHolder, value: Any) -> None:
    """Set the value of a flag, whatever the command line says.

    Raises:
        IllegalFlagValueError: the value is not one of the flag.
    """
    where, name = flag_holder._flagvalues, flag_holder.name
    try:
        parsed = where[name]._of(value)
    except (TypeError, ValueError) as error:
        raise IllegalFlagValueError(f"flag --{name}={value}: {error}") from error
    if parsed != value:
        raise IllegalFlagValueError(
            f"flag {name}: parsed value {parsed!r} not equal to original {value!r}"
        )
    setattr(where, name, value)


@_public("declare_key_flag")
def declare_key_flag(flag_name: str | FlagHolder, flag_values: FlagValues = FLAGS) -> None:
    """Name a flag that matters to a module, for its short help; help shows all flags here.

    Raises:
        ValueError: there is no such flag.
    """
    name, where = reference(flag_name, flag_values)
    if name not in where and where._elsewhere(name) is None:
        raise ValueError(f"flag_name must be that of a flag, and there is no --{name}")


@_public("adopt_module_key_flags")
def adopt_module_key_flags(module: Any, flag_values: FlagValues = FLAGS) -> None:
    """Name all flags of another module as such that matter to this one; help shows all flags here."""


@_public("disclaim_key_flags")
def disclaim_key_flags() -> None:
    """Say that flags which this module defines belong to those that call it; help shows all flags here."""


@_public("flag_dict_to_args")
def flag_dict_to_args(
    flag_map: Mapping[str, Any], multi_flags: Collection[str] | None = None
) -> Iterator[str]:
    """The arguments of a command line with which flags get values.

    Args:
        flag_map: name → value; of True and None the name alone is given, of False `--no<name>`.
        multi_flags: names of flags that are given once for each item of their values, rather than with commas.
    """
    for name, value in flag_map.items():
        if value is None or value is True:
            yield f"--{name}"
        elif value is False:
            yield f"--no{name}"
        elif isinstance(value, (bytes, str)) or not hasattr(value, "__iter__"):
            yield f"--{name}={value}"
        elif multi_flags and name in multi_flags:
            yield from (f"--{name}={item}" for item in value)
        else:
            yield f"--{name}={','.join(map(str, value))}"
