"""Files of vocabulary processors: pickles, read as data and written so that TensorFlow 1 reads them too.

`pickle` calls whatever a file names, so it is not used: a file may hold numbers, text, lists, tuples, dictionaries and the few
objects that a processor is made of; anything else it names is refused.

Source: tensorflow/contrib/learn/python/learn/preprocessing/text.py (release 1.15), Lib/pickletools.py of Python.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.errors import DataLossError

__all__ = ["CLASSES", "Counts", "Global", "Instance", "read", "shown", "write"]

_PACKAGE = "tensorflow.contrib.learn.python.learn.preprocessing"


class Global(str):
    """A function or class that a file names: module and name with a dot between."""


class Counts(dict[Any, int]):
    """A dictionary that files have as one in which what is missing counts as 0."""


class Instance:
    """An object of a file: its class and its attributes.

    Args:
        kind: the class.
        state: the attributes.
    """

    def __init__(self, kind: Global, state: dict[str, Any]) -> None:
        self.kind = kind
        self.state = state


#: What a processor is made of → the name that files have for it.
CLASSES = {
    "processor": Global(f"{_PACKAGE}.text.VocabularyProcessor"),
    "vocabulary": Global(f"{_PACKAGE}.categorical_vocabulary.CategoricalVocabulary"),
    "tokenizer": Global(f"{_PACKAGE}.text.tokenizer"),
}
_OBJECTS = frozenset({CLASSES["processor"], CLASSES["vocabulary"]})
#: What objects are made with, under the names of Python 2 and 3.
_MAKERS = frozenset({"copy_reg._reconstructor", "copyreg._reconstructor"})
_COUNTERS = frozenset({"collections.defaultdict"})

#: Operations that put their argument on the stack.
_VALUES = frozenset(
    [
        "INT",
        "LONG",
        "LONG1",
        "LONG4",
        "BININT",
        "BININT1",
        "BININT2",
        "FLOAT",
        "BINFLOAT",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
    ]
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def shown(value: Any) -> str:
    """What a message says of a value of a file, which may take forever to be shown as a whole."""
    plain = isinstance(value, (str, int, float, type(None)))
    return f"{value!r:.100}" if plain else f"a {type(value).__name__}"


class _Reader:
    """The stack on which a file puts values together, and those it comes back to."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.known: dict[int, Any] = {}

    def since_mark(self) -> list[Any]:
        """Takes what lies above the last mark."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def step(self, name: str, argument: Any) -> None:
        """Does what one operation says."""
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name]())
        elif name in _TUPLES:
            self.marks.append(len(stack) - _TUPLES[name])
            stack.append(tuple(self.since_mark()))
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name == "TUPLE":
            stack.append(tuple(self.since_mark()))
        elif name == "LIST":
            stack.append(self.since_mark())
        elif name == "DICT":
            stack.append(_pairs(self.since_mark()))
        elif name in ("SETITEM", "SETITEMS"):
            if name == "SETITEM":
                self.marks.append(len(stack) - 2)
            pairs = _pairs(self.since_mark())
            _of_type(dict, stack[-1]).update(pairs)
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self.since_mark()
            _of_type(list, stack[-1]).extend(items)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.known[argument] = stack[-1]
        elif name == "MEMOIZE":
            self.known[len(self.known)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.known[argument])
        elif name == "GLOBAL":
            stack.append(Global(argument.replace(" ", ".")))
        elif name == "STACK_GLOBAL":
            last, module = _of_type(str, stack.pop()), _of_type(str, stack.pop())
            stack.append(Global(f"{module}.{last}"))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, maker = _of_type(tuple, stack.pop()), _of_type(Global, stack.pop())
            stack.append(_made(maker, arguments))
        elif name == "BUILD":
            state = _of_type(dict, stack.pop())
            _of_type(Instance, stack[-1]).state.update(state)
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise ValueError(f"it must hold plain values, not the operation {name}")


def _pairs(items: list[Any]) -> dict[Any, Any]:
    """Keys and values, one after the other, as a dictionary."""
    if len(items) % 2:
        raise ValueError("a key has no value")
    # A few bytes may make tuples of tuples that take forever to hash.
    for key in items[::2]:
        if not isinstance(key, (str, bytes, int, float, type(None))):
            raise ValueError(f"keys must be text or numbers, not of type {type(key).__name__}")
    return dict(zip(items[::2], items[1::2], strict=True))


def _of_type(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"a {kind.__name__} must stand where there is {shown(value)}")
    return value


def _made(maker: Global, arguments: tuple[Any, ...]) -> Any:
    """The object that a file asks for, if it is one that processors have."""
    if maker in _OBJECTS:
        return Instance(maker, {})
    if maker in _MAKERS and arguments and arguments[0] in _OBJECTS:
        return Instance(_of_type(Global, arguments[0]), {})
    if maker in _COUNTERS:
        return {}
    raise ValueError(f"it must hold a vocabulary processor, and names {maker}")


def read(data: bytes) -> Instance:
    """The processor of a file; nothing that the file names is imported or called.

    Args:
        data: the file, of any protocol from 0 to 5.

    Raises:
        DataLossError: it is no pickle, or holds something other than a processor.
    """
    import pickletools

    reader = _Reader()
    try:
        for operation, argument, _ in pickletools.genops(data):
            reader.step(operation.name, argument)
        found: Instance = _of_type(Instance, reader.stack.pop())
        if found.kind != CLASSES["processor"]:
            raise ValueError(f"there must be a processor, not a {found.kind}")
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise DataLossError(
            f"The file of a vocabulary processor cannot be read: {error or type(error).__name__}"
        ) from error
    return found


def write(value: Instance) -> bytes:
    """The file of a processor, in protocol 2.

    Raises:
        TypeError: it holds something other than integers, text, None, lists, dictionaries and objects.
    """
    parts = [b"\x80\x02"]
    _put(value, parts)
    return b"".join([*parts, b"."])


def _put(value: Any, parts: list[bytes]) -> None:
    if value is None:
        parts.append(b"N")
    elif isinstance(value, bool):
        parts.append(b"\x88" if value else b"\x89")
    elif isinstance(value, (int, np.integer)):
        parts.append(b"I%d\n" % value)
    elif isinstance(value, Global):
        module, _, last = value.rpartition(".")
        parts.append(f"c{module}\n{last}\n".encode())
    elif isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        parts.append(b"X" + struct.pack("<I", len(text)) + text)
    elif isinstance(value, list):
        parts.append(b"](")
        for item in value:
            _put(item, parts)
        parts.append(b"e")
    elif isinstance(value, dict):
        counts = isinstance(value, Counts)
        parts.append(b"ccollections\ndefaultdict\n(c__builtin__\nint\ntR(" if counts else b"}(")
        for key, item in value.items():
            _put(key, parts)
            _put(item, parts)
        parts.append(b"u")
    elif isinstance(value, Instance):
        _put(value.kind, parts)
        parts.append(b")\x81")
        _put(value.state, parts)
        parts.append(b"b")
    else:
        raise TypeError(f"Files of vocabularies hold text and integers, not {value!r}")
