"""TensorFlow loads the graphs that programs build here, and its sessions compute the same from them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import minihub_runtime
from tests.api.programs import PROGRAMS, plain
from tests.api.test_programs import as_json, difference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = pytest.mark.filterwarnings("ignore")

#: The subjects whose graphs hold functions.
SUBJECTS = ("composite_flow", "cond", "functions", "map_fn", "tensor_array", "while_loop")
CHOSEN = [name for name, which in PROGRAMS.items() if which.subject in SUBJECTS]


class _Tape:
    """The namespace, and a tape of what its sessions run."""

    def __init__(self) -> None:
        self.runs: list[Any] = []
        tape = self

        class Session(minihub_runtime.Session):  # type: ignore[misc]
            """A session that notes feeds, fetches and results."""

            def __enter__(self) -> Any:
                tape.runs.append("a new session")
                return super().__enter__()

            def run(self, fetches: Any, feed_dict: Any = None, *rest: Any, **named: Any) -> Any:
                result = super().run(fetches, feed_dict, *rest, **named)
                tape.runs.append((fetches, feed_dict or {}, result))
                return result

        self.Session = Session

    def __getattr__(self, name: str) -> Any:
        return getattr(minihub_runtime, name)


def translated(graph: Any, value: Any) -> Any:
    """What a session runs here, for TensorFlow's."""
    if isinstance(value, (list, tuple)):
        return [translated(graph, item) for item in value]
    if isinstance(value, dict):
        return {key: translated(graph, item) for key, item in value.items()}
    if isinstance(value, minihub_runtime.SparseTensor):
        return tensorflow.SparseTensorValue(*translated(graph, value.components))
    if isinstance(value, minihub_runtime.RaggedTensor):
        return translated(graph, value.components)
    return graph.as_graph_element(value.graph.as_graph_element(value).name)


def fed(graph: Any, feeds: Any) -> Iterator[tuple[Any, Any]]:
    """Feeds here, for TensorFlow."""
    for key, value in feeds.items():
        if hasattr(key, "components"):
            parts = zip(key.components, key.to_parts(value), strict=True)
            yield from ((translated(graph, part), piece) for part, piece in parts)
        else:
            yield translated(graph, key), value


@pytest.mark.parametrize("name", CHOSEN)
def test_tensorflow_runs_our_graph(name: str) -> None:
    tape = _Tape()
    with minihub_runtime.Graph().as_default() as ours:
        PROGRAMS[name].function(tape)
    with tensorflow.Graph().as_default() as theirs:
        graph_def = tensorflow.GraphDef.FromString(ours.as_graph_def().SerializeToString())
        tensorflow.import_graph_def(graph_def, name="")
        session = tensorflow.Session()
        for step in tape.runs:
            if isinstance(step, str):
                session = tensorflow.Session()
                continue
            fetches, feeds, result = step
            found = session.run(translated(theirs, fetches), dict(fed(theirs, feeds)))
            assert not difference(as_json(plain(result)), as_json(plain(found)))
