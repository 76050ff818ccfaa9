"""Tensors printed while a graph runs.

Source: tensorflow/python/ops/logging_ops.py.
"""

from __future__ import annotations

import collections
import logging
import os
import pprint
import random
import sys
from typing import Any

from minihub_runtime.api import logger
from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.nest import flatten, map_structure, pack_sequence_as
from minihub_runtime.public import public

__all__ = ["print_v2"]


@public("print")
def print_v2(*inputs: Any, **kwargs: Any) -> Any:
    """An operation that prints tensors, and structures that hold some, when it runs.

    It runs when it is fetched, or when something that waits for it is.

    Args:
        *inputs: tensors, texts, and nested structures of these.
        **kwargs: `output_stream` (`sys.stderr` by default, `sys.stdout`, a level of `tf.logging`, or `file://` and a
            path), `summarize` (how many elements at the edges of each dimension, 3 by default, -1 for all), `sep`, `end`
            and `name`.

    Raises:
        ValueError: there is another argument, or no such stream.
    """
    output_stream = kwargs.pop("output_stream", sys.stderr)
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    sep = kwargs.pop("sep", " ")
    end = kwargs.pop("end", os.linesep)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    stream = _stream_name(output_stream)
    if len(inputs) == 1 and _is_text(inputs[0]):
        text: Any = inputs[0]
    else:
        placeholder = _placeholder(inputs)
        parts: list[Any] = []
        templates = [_template(item, placeholder, parts) for item in inputs]
        template = sep.join(templates).replace(f"'{placeholder}'", placeholder)
        text = build(
            "StringFormat",
            name=f"{name}_format" if name else None,
            inputs=parts,
            template=template,
            placeholder=placeholder,
            summarize=summarize,
        )
    return build("PrintV2", name=name, input=text, output_stream=stream, end=end)


def _stream_name(stream: Any) -> str:
    """What the op calls a stream."""
    if isinstance(stream, str) and stream.startswith("file://"):
        return stream
    levels = {
        "log(info)": (logger.INFO, logger.info, logging.INFO, logging.info),
        "log(warning)": (
            logger.WARN,
            logger.warn,
            logging.WARNING,
            logging.warning,
        ),
        "log(error)": (logger.ERROR, logger.error, logging.ERROR, logging.error),
        "stdout": (sys.stdout,),
        "stderr": (sys.stderr,),
    }
    for name, values in levels.items():
        if any(stream is value or stream == value for value in values):
            return name
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are "
        "sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs "
        "to be in the form of 'file://<filepath>'."
    )


def _is_text(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.shape.ndims == 0
        and value.dtype.base_dtype.name == "string"
    )


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (Tensor, SparseTensor)) or hasattr(value, "_dense_value")


def _placeholder(inputs: Any) -> str:
    """What stands for a tensor in the template: something that is nowhere else in it."""
    ordered = [
        collections.OrderedDict(sorted(item.items()))
        if isinstance(item, collections.OrderedDict)
        else item
        for item in inputs
    ]
    plain = map_structure(lambda x: "" if _is_tensor(x) else x, ordered)
    text = " ".join(pprint.pformat(item) for item in plain)
    placeholder = "{}"
    # The digits are always the same ones, so that a graph is made the same way twice.
    digits = random.Random(5)
    while placeholder in text:
        placeholder += str(digits.randint(0, 9))
    return placeholder


def _template(item: Any, placeholder: str, parts: list[Any]) -> str:
    """What is printed of one input; its tensors are added to `parts`."""
    if isinstance(item, str):
        return item
    shown: list[Any] = []
    for leaf in flatten(item):
        if isinstance(leaf, SparseTensor):
            parts.extend(leaf.components)
            shown.append(
                f"SparseTensor(indices={placeholder}, values={placeholder}, shape={placeholder})"
            )
        elif _is_tensor(leaf):
            parts.append(leaf)
            shown.append(placeholder)
        else:
            shown.append(leaf)
    return pprint.pformat(pack_sequence_as(item, shown))
