"""`minihub run`: outputs of a module.

Call a signature of a module and write what it returns.

  minihub run HANDLE 'a sentence' 'another one'      a batch of two strings
  minihub run HANDLE @sentences.txt                  the lines of a file, in batches; - is standard input
  minihub run HANDLE '[[1, 2], [3, 4]]'              numbers as JSON; several arguments are one example each
  minihub run HANDLE @x.npy                          a NumPy array; also .npz and .json with inputs by name
  minihub run HANDLE @cat.jpg --resize               images, where Pillow is installed
  minihub run HANDLE --input ids=@ids.npy --input 'mask=[[1, 1]]'
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from minihub.cli.arguments import add_call_arguments, whole_number
from minihub.cli.console import Counter
from minihub.cli.failures import OK
from minihub.cli.modules import complete, load, locate

if TYPE_CHECKING:
    from minihub.loading import LoadedModule
    from minihub.saved_model import Signature

__all__ = ["add_arguments", "run"]

_BATCH_SIZE = 64


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not {text}")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_call_arguments(
        parser, "text, JSON, @FILE or -, for a signature of one input", "text, JSON, @FILE or -"
    )
    parser.add_argument(
        "--as-dict", action="store_true", help="all outputs by name, not only the default one"
    )
    parser.add_argument(
        "--format",
        choices=["text", "json", "npz"],
        help="of the outputs; what the name of --output says, else text",
    )
    parser.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="the same as --format json",
    )
    parser.add_argument("--output", metavar="FILE", help="write a file, as a whole or not at all")
    parser.add_argument(
        "--full", action="store_true", help="text: every element, with all its digits"
    )
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=whole_number(0),
        default=_BATCH_SIZE,
        help=f"lines of text taken at a time, {_BATCH_SIZE} if left out; 0 for all",
    )
    parser.add_argument(
        "--resize", action="store_true", help="resize images to the size the module expects"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        help="seconds after which loading and running ends with an error",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub.binding import choose_signature
    from minihub.cli.inputs import gather_inputs
    from minihub.cli.outputs import Results, check_output, choose_format

    form = choose_format(options.format, options.output)
    check_output(options.output)
    path = locate(options)
    deadline = _Deadline(options.timeout)
    module = load(options, path, options.tags, deadline.left())
    name = choose_signature(list(module.signatures), options.signature)
    signature = module.signatures[name]
    inputs = gather_inputs(
        signature,
        options.inputs,
        options.input,
        image_size=_image_size(module, signature),
        resize=options.resize,
    )
    shown = _shown(signature, options.as_dict)
    bare = len(shown) == 1 and not options.as_dict
    results = Results(form, options.output, bare=bare, full=options.full)
    batches: Iterable[tuple[dict[str, Any], int | None]] = [(dict(inputs.values), None)]
    if inputs.lines is not None:
        batches = _batches(inputs.name, inputs.lines, options.batch_size)
    counter = Counter("examples")
    try:
        for values, count in batches:
            with complete(path):
                outputs = module(values, signature=name, as_dict=True, timeout=deadline.left())
            results.add({key: outputs[key] for key in shown}, count)
            counter.advance(count or 0)
    finally:
        counter.close()
    results.close()
    return OK


class _Deadline:
    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """The seconds that are left; a little more than none if it has passed, so that the run says so."""
        return None if self._end is None else max(self._end - time.monotonic(), 1e-6)


def _shown(signature: Signature, as_dict: bool) -> list[str]:
    """The outputs that are wanted: as `LoadedModule` returns them."""
    names = list(signature.outputs)
    return ["default"] if "default" in names and not as_dict else names


def _batches(
    name: str, lines: Iterable[bytes], size: int
) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Lines in batches, at least one, of which the first may be empty."""
    iterator = iter(lines)
    first = True
    while True:
        batch = list(itertools.islice(iterator, size) if size else iterator)
        if not batch and not first:
            return
        yield {name: batch}, len(batch)
        first = False


def _image_size(module: LoadedModule, signature: Signature) -> tuple[int, int] | None:
    """Height and width that the module's attached message tells."""
    from minihub.image_files import is_image_input
    from minihub.image_util import attached_image_size

    if not any(
        is_image_input(info) and None in (info.shape or ())[1:3]
        for info in signature.inputs.values()
    ):
        return None
    return attached_image_size(module)
