"""`tf.flags` and `tf.app.run`: values from the command line.

    tf.flags.DEFINE_integer("steps", 100, "How many steps to train.")

    def main(argv):
        print(tf.flags.FLAGS.steps)

    if __name__ == "__main__":
        tf.app.run()

Covered is what training programs use of absl's flags: strings, numbers, booleans, enums and lists, each once or several times;
required flags, validators, defaults and values set by the program. In TensorFlow these are absl's own flags, and many programs
define some of theirs by absl itself and leave it to `tf.app.run` to parse all: where the program loads absl, `tf.flags.FLAGS`
parses and shows its flags too. absl is not needed and never loaded here.

Source: tensorflow/python/platform/flags.py, app.py; absl/flags.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from minihub_runtime.public import public

__all__ = [
    "FLAGS",
    "Error",
    "Flag",
    "FlagHolder",
    "FlagValues",
    "ValidationError",
    "reference",
    "run",
]


@public("flags.Error", "app.flags.Error")
class Error(Exception):
    """Base of the errors of flags."""


@public("flags.DuplicateFlagError", "app.flags.DuplicateFlagError")
class DuplicateFlagError(Error):
    """A flag of that name is defined already."""


@public("flags.IllegalFlagValueError", "app.flags.IllegalFlagValueError")
class IllegalFlagValueError(Error):
    """A value is not one of a flag."""


@public("flags.UnrecognizedFlagError", "app.flags.UnrecognizedFlagError")
class UnrecognizedFlagError(Error):
    """There is no flag of that name."""


@public("flags.UnparsedFlagAccessError", "app.flags.UnparsedFlagAccessError")
class UnparsedFlagAccessError(Error):
    """A flag is used before the command line is parsed; its first use parses it here, so that programs name this in vain."""


@public("flags.ValidationError", "app.flags.ValidationError")
class ValidationError(Error):
    """A value does not please a validator."""


def _absl() -> Any:
    """Absl's flags if the program loads them, or None."""
    return sys.modules.get("absl.flags")


class Flag:
    """One flag.

    Attributes:
        name: its name.
        parse: text or value → value.
        default: its value unless it is set.
        help: what it is for.
        short_name: a second name, or None.
        boolean: whether it stands alone, and `--no<name>` is its opposite.
        multi: whether each time it stands on the command line adds a value.
    """

    def __init__(
        self,
        name: str,
        parse: Callable[[Any], Any],
        default: Any,
        help: str | None,
        short_name: str | None = None,
        boolean: bool = False,
        multi: bool = False,
    ) -> None:
        self.name = name
        self._parse = parse
        self.help = help or ""
        self.short_name = short_name
        self.boolean = boolean
        self.multi = multi
        self.present = 0
        self.value = self.default = self._of(default)

    def _of(self, given: Any) -> Any:
        if given is None:
            return None
        if self.multi:
            many = isinstance(given, (list, tuple))
            return [self._parse(item) for item in (given if many else [given])]
        return self._parse(given)

    def parse(self, given: Any) -> None:
        """Take a value from the command line."""
        try:
            value = self._of(given)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={given}: {error}") from error
        self.value = [*self.value, *value] if self.multi and self.present else value
        self.present += 1

    def set(self, value: Any) -> None:
        """Take a value from the program."""
        self.value = value
        self.present += 1

    def unparse(self) -> None:
        """Go back to the default."""
        self.value, self.present = self.default, 0


@public("flags.FlagValues", "app.flags.FlagValues")
class FlagValues:
    """The flags of a program; each is an attribute.

    The command line is parsed when the first one is asked for, or by a call.
    """

    def __init__(self) -> None:
        self.__dict__["_flags"] = {}
        self.__dict__["_validators"] = []
        self.__dict__["_parsed"] = False

    def _define(self, flag: Flag) -> FlagHolder:
        for name in filter(None, (flag.name, flag.short_name)):
            if name in self._flags:
                raise DuplicateFlagError(f"The flag '{name}' is defined twice.")
            self._flags[name] = flag
        return FlagHolder(self, flag)

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        """Parse a command line.

        Args:
            argv: the program and its arguments.
            known_only: leave flags that are not defined among the other arguments.

        Returns:
            The program and the arguments that are no flags.

        Raises:
            UnrecognizedFlagError, IllegalFlagValueError, ValidationError: a flag is not right.
        """
        if isinstance(argv, (str, bytes)) or not argv:
            raise TypeError("argv should be a tuple/list of strings, not bytes or string.")
        arguments = list(argv)
        end = arguments.index("--") if "--" in arguments else len(arguments)
        absl = _absl() if self is FLAGS else None
        flags = self._parse(arguments[1:end], known_only or absl is not None)
        rest = [arguments[0], *flags]
        if absl is not None:
            try:
                rest = absl.FLAGS(rest, known_only=known_only)
            except absl.Error as error:
                raise Error(str(error)) from error
        self.__dict__["_parsed"] = True
        self.validate_all_flags()
        return [*rest, *arguments[end + 1 :]]

    def _parse(self, arguments: list[str], known_only: bool) -> list[str]:
        rest: list[str] = []
        while arguments:
            text = arguments.pop(0)
            if not text.startswith("-") or text == "-":
                rest.append(text)
                continue
            name, equals, value = text.lstrip("-").partition("=")
            flag, given = self._find(name, value if equals else None)
            if flag is None:
                if not known_only:
                    raise UnrecognizedFlagError(f"Unknown command line flag '{name}'")
                rest.append(text)
            elif given is not None:
                flag.parse(given)
            elif arguments:
                flag.parse(arguments.pop(0))
            else:
                raise Error(f"Missing value for flag {text}")
        return rest

    def _find(self, name: str, value: str | None) -> tuple[Flag | None, Any]:
        """The flag of an argument, and its value if that is known without the next argument."""
        flag = self._flags.get(name)
        if flag is not None:
            return flag, True if flag.boolean and value is None else value
        opposite = self._flags.get(name[2:]) if name.startswith("no") else None
        if opposite is not None and opposite.boolean:
            if value is not None:
                raise IllegalFlagValueError(f"--{name} does not take an argument")
            return opposite, False
        return None, None

    def validate_all_flags(self) -> None:
        """Call all validators.

        Raises:
            ValidationError: one is not pleased.
        """
        for names, check, message in self._validators:
            values = {name: self._flags[name].value for name in names}
            try:
                if not check(next(iter(values.values())) if len(names) == 1 else values):
                    raise ValidationError(message)
            except ValidationError as error:
                shown = ", ".join(f"--{name}={value}" for name, value in values.items())
                raise IllegalFlagValueError(f"flag {shown}: {error}") from error

    def is_parsed(self) -> bool:
        """Whether the command line was parsed."""
        return bool(self._parsed)

    def mark_as_parsed(self) -> None:
        """Use the values there are."""
        self.__dict__["_parsed"] = True

    def unparse_flags(self) -> None:
        """Go back to the defaults."""
        for flag in self._flags.values():
            flag.unparse()
        self.__dict__["_parsed"] = False

    def set_default(self, name: str, value: Any) -> None:
        """Give a flag another default."""
        flag = self[name]
        flag.default = flag._of(value)
        if not flag.present:
            flag.value = flag.default

    def get_flag_value(self, name: str, default: Any) -> Any:
        """The value of a flag, or `default` if it has none."""
        value = getattr(self, name)
        return default if value is None else value

    def flag_values_dict(self) -> dict[str, Any]:
        """Name → value."""
        return {name: self._flags[name].value for name in self}

    def get_help(self) -> str:
        """What flags there are."""
        lines = []
        for name in sorted(self):
            flag = self._flags[name]
            shown = f"[no]{name}" if flag.boolean else name
            lines.append(f"  --{shown}: {flag.help}\n    (default: {flag.default!r})")
        return "\n".join(lines)

    def _elsewhere(self, name: str) -> Any:
        """Absl's flags if the program defines one of that name there, or None."""
        absl = _absl() if self is FLAGS else None
        return absl.FLAGS if absl is not None and name in absl.FLAGS else None

    def __getattr__(self, name: str) -> Any:
        known = name in self.__dict__["_flags"]
        if name.startswith("__") or not (known or self._elsewhere(name) is not None):
            raise AttributeError(name)
        if not self._parsed:
            self(sys.argv, known_only=True)
        return self._flags[name].value if known else getattr(self._elsewhere(name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._flags:
            self._flags[name].set(value)
        elif (elsewhere := self._elsewhere(name)) is not None:
            setattr(elsewhere, name, value)
        else:
            raise AttributeError(f"there is no flag {name!r}")

    def __delattr__(self, name: str) -> None:
        flag = self._flags.pop(name, None)
        if flag is None:
            raise AttributeError(name)
        if flag.short_name:
            self._flags.pop(flag.short_name, None)

    def __getitem__(self, name: str) -> Any:
        return self._flags[name]

    def __contains__(self, name: object) -> bool:
        return name in self._flags

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, flag in self._flags.items() if name == flag.name])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __dir__(self) -> list[str]:
        return sorted([*self._flags, *object.__dir__(self)])


@public("flags.FlagHolder", "app.flags.FlagHolder")
class FlagHolder:
    """What defining a flag gives: the flag, without its name being written again.

    Differs: the first use of a value parses the command line, where TensorFlow's holders raise an UnparsedFlagAccessError.
    """

    def __init__(self, flag_values: FlagValues, flag: Flag) -> None:
        self._flagvalues = flag_values
        self._name = flag.name

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("A FlagHolder has no ==; did you mean to use its value instead?")

    def __bool__(self) -> NoReturn:
        raise TypeError("A FlagHolder has no bool(); did you mean to use its value instead?")

    __hash__ = None  # type: ignore[assignment]

    @property
    def name(self) -> str:
        """The name of the flag."""
        return self._name

    @property
    def value(self) -> Any:
        """Its value."""
        return getattr(self._flagvalues, self._name)

    @property
    def default(self) -> Any:
        """Its value unless it is set."""
        return self._flagvalues[self._name].default

    @property
    def present(self) -> bool:
        """Whether it stands on the command line."""
        return bool(self._flagvalues[self._name].present)


FLAGS = public("flags.FLAGS", "app.flags.FLAGS")(FlagValues())


def reference(flag: str | FlagHolder, flag_values: FlagValues) -> tuple[str, FlagValues]:
    """The name of a flag or of the flag of a holder, and where it is defined.

    Raises:
        ValueError: the holder's flag is defined elsewhere than `flag_values` says.
    """
    if isinstance(flag, str):
        return flag, flag_values
    if flag_values is not FLAGS and flag_values is not flag._flagvalues:
        raise ValueError(f"flag_values must be left out where the flag is a holder, of {flag.name}")
    return flag.name, flag._flagvalues


_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        text = value.lower()
        if text in ("true", "t", "1"):
            return True
        if text in ("false", "f", "0"):
            return False
    elif value in (True, False):
        return bool(value)
    raise ValueError(f"Non-boolean argument to boolean flag {value!r}")


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"Expect argument to be a string or int, found {type(value)}")
    return value if isinstance(value, int) else int(value, 0)


def _number(value: Any) -> float:
    return float(value)


def _text(value: Any) -> str:
    return str(value)


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")] if value else []
    return list(value)


def _limited(
    parse: Callable[[Any], Any], lower_bound: Any, upper_bound: Any
) -> Callable[[Any], Any]:
    def parse_within(value: Any) -> Any:
        number = parse(value)
        if (lower_bound is not None and number < lower_bound) or (
            upper_bound is not None and number > upper_bound
        ):
            raise ValueError(f"{number} must lie in [{lower_bound}, {upper_bound}]")
        return number

    return parse_within


def _definer(
    names: str, parse: Callable[[Any], Any], boolean: bool = False, multi: bool = False
) -> Any:
    """A function `DEFINE_…`, and its public names."""

    def define(
        name: str | None = None,
        default: Any = None,
        help: str | None = None,
        flag_values: FlagValues = FLAGS,
        short_name: str | None = None,
        lower_bound: Any = None,
        upper_bound: Any = None,
        **keywords: Any,
    ) -> FlagHolder:
        given = {"name": name, "default": default, "help": help}
        given.update({_OLD_NAMES.get(key, key): value for key, value in keywords.items()})
        if set(given) - {"name", "default", "help", "required"} or given["name"] is None:
            raise TypeError(f"{names} takes a name, a default and a help text, not {keywords}")
        how = parse
        if lower_bound is not None or upper_bound is not None:
            how = _limited(parse, lower_bound, upper_bound)
        flag = Flag(given["name"], how, given["default"], given["help"], short_name, boolean, multi)
        holder = flag_values._define(flag)
        if given.get("required"):
            mark_flag_as_required(flag.name, flag_values)
        return holder

    define.__name__ = define.__qualname__ = names.split(maxsplit=1)[0]
    define.__doc__ = f"""Define a flag: its name, default and what it is for.

    Args:
        name: its name.
        default: its value unless the command line says otherwise; None for none.
        help: what it is for.
        flag_values: where to.
        short_name: a second name.
        lower_bound: the smallest number.
        upper_bound: the largest number.
        **keywords: `required`, and the old names {", ".join(_OLD_NAMES)}.

    Raises:
        DuplicateFlagError: there is one of that name.
    """
    for public_name in names.split():
        public(f"flags.{public_name}", f"app.flags.{public_name}")(define)
    return define


DEFINE_string = _definer("DEFINE_string", _text)
DEFINE_bool = _definer("DEFINE_bool DEFINE_boolean", _boolean, boolean=True)
DEFINE_float = _definer("DEFINE_float", _number)
DEFINE_integer = _definer("DEFINE_integer", _integer)
DEFINE_list = _definer("DEFINE_list", _list)
DEFINE_multi_float = _definer("DEFINE_multi_float", _number, multi=True)
DEFINE_multi_integer = _definer("DEFINE_multi_integer", _integer, multi=True)
DEFINE_multi_string = _definer("DEFINE_multi_string", _text, multi=True)


@public("flags.DEFINE_enum", "app.flags.DEFINE_enum")
def define_enum(
    name: str,
    default: str | None,
    enum_values: Iterable[str],
    help: str | None,
    flag_values: FlagValues = FLAGS,
    module_name: str | None = None,
    required: bool = False,
    **args: Any,
) -> FlagHolder:
    """Define a flag with one of several values.

    Args:
        name: its name.
        default: its value unless the command line says otherwise.
        enum_values: the values.
        help: what it is for.
        flag_values: where to.
        module_name: accepted.
        required: whether it must be given.
        **args: `short_name` and `case_sensitive`.

    Raises:
        DuplicateFlagError: there is one of that name.
    """
    values = list(enum_values)
    fold = (lambda text: text) if args.get("case_sensitive", True) else str.lower

    def parse(value: Any) -> str:
        for known in values:
            if fold(known) == fold(value):
                return known
        raise ValueError(f"value should be one of <{'|'.join(values)}>")

    holder = flag_values._define(Flag(name, parse, default, help, args.get("short_name")))
    if required:
        mark_flag_as_required(name, flag_values)
    return holder


@public("flags.mark_flag_as_required", "app.flags.mark_flag_as_required")
def mark_flag_as_required(flag_name: str | FlagHolder, flag_values: FlagValues = FLAGS) -> None:
    """Let parsing fail if a flag has no value."""
    flag_name, flag_values = reference(flag_name, flag_values)
    register_validator(
        flag_name,
        lambda value: value is not None,
        f"Flag --{flag_name} must have a value other than None.",
        flag_values,
    )


@public("flags.mark_flags_as_required", "app.flags.mark_flags_as_required")
def mark_flags_as_required(
    flag_names: Iterable[str | FlagHolder], flag_values: FlagValues = FLAGS
) -> None:
    """Let parsing fail if one of several flags has no value."""
    for name in flag_names:
        mark_flag_as_required(name, flag_values)


@public("flags.register_validator", "app.flags.register_validator")
def register_validator(
    flag_name: str | FlagHolder,
    checker: Callable[[Any], bool],
    message: str = "Flag validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let parsing fail unless `checker(value)` holds."""
    flag_name, flag_values = reference(flag_name, flag_values)
    flag_values._validators.append(([flag_name], checker, message))


@public("flags.register_multi_flags_validator", "app.flags.register_multi_flags_validator")
def register_multi_flags_validator(
    flag_names: Sequence[str | FlagHolder],
    multi_flags_checker: Callable[[dict[str, Any]], bool],
    message: str = "Flags validation failed",
    flag_values: FlagValues = FLAGS,
) -> None:
    """Let parsing fail unless `multi_flags_checker(values by name)` holds.

    Raises:
        ValueError: there are no names, or holders of flags that are defined in several places.
    """
    found = [reference(name, flag_values) for name in flag_names]
    if not found or any(where is not found[0][1] for _, where in found):
        raise ValueError("flag_names must be flags of the same FlagValues, one at least")
    names, flag_values = [name for name, _ in found], found[0][1]

    def check(values: Any) -> bool:
        return multi_flags_checker(values if len(names) > 1 else {names[0]: values})

    flag_values._validators.append((names, check, message))


@public("app.run")
def run(
    main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None
) -> NoReturn:
    """Parse the flags, call a program and end with what it returns.

    Args:
        main: called with the arguments that are no flags; the function `main` of the program if None.
        argv: the command line; that of the program if None.

    Raises:
        SystemExit: always.
    """
    arguments = list(sys.argv if argv is None else argv)
    function = main or sys.modules["__main__"].main
    if any(item in ("--help", "-help", "--helpfull", "-h") for item in arguments[1:]):
        print(f"USAGE: {arguments[0]} [flags]\nflags:\n{FLAGS.get_help()}")
        sys.exit(1)
    try:
        rest = FLAGS(arguments, known_only=True)
    except Error as error:
        print(f"FATAL Flags parsing error: {error}", file=sys.stderr)
        print("Pass --helpshort or --helpfull to see help on flags.", file=sys.stderr)
        sys.exit(1)
    sys.exit(function(rest))
