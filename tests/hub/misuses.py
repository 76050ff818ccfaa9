"""Misuses of modules, as programs make them: each is a function of (hub, tf, place), which should raise.

They run with tensorflow_hub and `tensorflow.compat.v1`, and with this project.  What counts is which `except` clauses catch an error;
`misuses.json` has TensorFlow's (`tests/oracle/test_live_misuses.py` stores it).
"""

from __future__ import annotations

import builtins
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from minihub_runtime.protos import AssetFileDef, ModuleDef, SavedModel

__all__ = ["ANSWERS", "MISUSES", "answers", "caught_by", "outcome"]

ANSWERS = Path(__file__).with_name("misuses.json")
DATA = Path(__file__).parents[1] / "data" / "modules"
MISUSES: dict[str, Callable[[Any, Any, Place], Any]] = {}


class Place:
    """A folder for a misuse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> str:
        return str(self.folder / name)

    def copy(self, module: str = "lookup") -> str:
        """A copy of a small module, to be damaged."""
        shutil.copytree(DATA / module, self.folder / "copy")
        return self / "copy"

    def edited(self, edit: Callable[[Any], Any], module: str = "lookup") -> str:
        """A copy whose first MetaGraph is edited."""
        return self.edited_model(lambda model: edit(model.meta_graphs[0]), module)

    def edited_model(self, edit: Callable[[Any], Any], module: str = "lookup") -> str:
        """A copy whose SavedModel is edited."""
        path = Path(self.copy(module), "saved_model.pb")
        message = SavedModel.FromString(path.read_bytes())
        edit(message)
        path.write_bytes(message.SerializeToString())
        return self / "copy"

    def defined(self, **fields: Any) -> str:
        """A copy with another tfhub_module.pb."""
        path = Path(self.copy(), "tfhub_module.pb")
        path.write_bytes(ModuleDef(**fields).SerializeToString())
        return self / "copy"


def misuse(function: Callable[[Any, Any, Place], Any]) -> Callable[[Any, Any, Place], Any]:
    MISUSES[function.__name__] = function
    return function


def rows(table: dict[str, Callable[[Any, Any, Place], Any]]) -> None:
    """Misuses of one expression."""
    assert not MISUSES.keys() & table.keys()
    MISUSES.update(table)


def caught_by(error: BaseException, tf: Any) -> list[str]:
    """The classes in an `except` clause that catch an error, but for those that catch all."""
    found = []
    for base in type(error).__mro__:
        if base in (Exception, BaseException, object):
            continue
        if getattr(builtins, base.__name__, None) is base:
            found.append(base.__name__)
        elif getattr(tf.errors, base.__name__, None) is base:
            found.append(f"tf.errors.{base.__name__}")
        elif base is DecodeError:
            found.append("DecodeError")
    return sorted(found)


def outcome(name: str, hub: Any, tf: Any, folder: Path) -> dict[str, Any]:
    """What comes of a misuse: `caught_by` and `message` of the error, nothing if there is none."""
    with tf.Graph().as_default():
        try:
            MISUSES[name](hub, tf, Place(folder))
        except Exception as error:  # any error is an answer
            message = str(error).replace(str(folder), "<folder>").replace(str(DATA), "<data>")
            first = message.strip().partition("\n")[0]
            return {"caught_by": caught_by(error, tf), "message": first[:200]}
    return {}


def answers() -> dict[str, dict[str, Any]]:
    """TensorFlow's outcomes."""
    found: dict[str, dict[str, Any]] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


LOOKUP, HALF, IMAGE, TEXT = (str(DATA / name) for name in ("lookup", "half_plus_two", "image", "text"))  # fmt: skip
GARBAGE = b"\xff\xff\xffgarbage that is no message"


# Handles


def loads(handle: Any) -> Callable[[Any, Any, Place], Any]:
    return lambda hub, tf, place: hub.load_module_spec(handle)


rows(
    {
        "a_module_of_a_number": lambda hub, tf, place: hub.Module(5),
        "a_module_of_none": lambda hub, tf, place: hub.Module(None),
        "a_module_of_bytes": lambda hub, tf, place: hub.Module(b"/nowhere"),
        "a_module_of_a_list": lambda hub, tf, place: hub.Module([HALF]),
        "a_module_of_nothing": lambda hub, tf, place: hub.Module(),
        "a_spec_of_a_number": loads(5),
        "a_spec_of_none": loads(None),
        "a_spec_of_a_list": loads([HALF]),
        "a_spec_of_an_empty_handle": loads(""),
        "a_spec_of_a_folder_that_is_not_there": loads("/nowhere/at/all"),
        "a_spec_of_an_unknown_scheme": loads("foo://bar/baz"),
        "a_spec_of_bytes": loads(b"/nowhere"),
        "a_folder_of_a_number": lambda hub, tf, place: hub.resolve(5),
        "a_folder_of_none": lambda hub, tf, place: hub.resolve(None),
        "a_spec_of_a_zero_byte": loads("/nowhere\0/x"),
        "a_module_of_a_folder_that_is_not_there": lambda hub, tf, place: hub.Module("/nowhere"),
        "a_spec_of_an_empty_folder": lambda hub, tf, place: hub.load_module_spec(place / ""),
    }
)


@misuse
def a_spec_of_a_file(hub: Any, tf: Any, place: Place) -> None:
    Path(place / "file").write_text("x")
    hub.load_module_spec(place / "file")


@misuse
def a_spec_of_a_file_that_is_called_an_archive(hub: Any, tf: Any, place: Place) -> None:
    Path(place / "m.tar.gz").write_text("x")
    hub.load_module_spec(place / "m.tar.gz")


# Damaged folders


@misuse
def tfhub_module_is_garbage(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "tfhub_module.pb").write_bytes(GARBAGE)
    hub.load_module_spec(place / "copy")


@misuse
def tfhub_module_is_a_folder(hub: Any, tf: Any, place: Place) -> None:
    path = Path(place.copy(), "tfhub_module.pb")
    path.unlink()
    path.mkdir()
    hub.load_module_spec(place / "copy")


@misuse
def tfhub_module_is_empty(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(place.defined())


@misuse
def tfhub_module_has_another_format(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(place.defined(format=2))


@misuse
def tfhub_module_wants_features(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(place.defined(format=3, required_features=["teleportation"]))


@misuse
def tfhub_module_alone(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "saved_model.pb").unlink()
    hub.load_module_spec(place / "copy")


@misuse
def saved_model_is_garbage(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "saved_model.pb").write_bytes(GARBAGE)
    hub.load_module_spec(place / "copy")


@misuse
def saved_model_is_cut(hub: Any, tf: Any, place: Place) -> None:
    path = Path(place.copy(), "saved_model.pb")
    path.write_bytes(path.read_bytes()[:-7])
    hub.load_module_spec(place / "copy")


@misuse
def saved_model_is_a_folder(hub: Any, tf: Any, place: Place) -> None:
    path = Path(place.copy(), "saved_model.pb")
    path.unlink()
    path.mkdir()
    hub.load_module_spec(place / "copy")


@misuse
def saved_model_is_empty(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "saved_model.pb").write_bytes(b"")
    hub.Module(place / "copy")


@misuse
def saved_model_without_module_definition_is_garbage(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "saved_model.pb").write_bytes(GARBAGE)
    Path(place / "copy", "tfhub_module.pb").unlink()
    hub.create_module_spec_from_saved_model(place / "copy")


@misuse
def a_spec_of_a_saved_model(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "tfhub_module.pb").unlink()
    hub.load_module_spec(place / "copy")


@misuse
def messages_that_are_garbage(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        graph.collection_def["hub_module_attachments"].bytes_list.value.append(GARBAGE)

    hub.load_module_spec(place.edited(edit)).get_attached_message("x", ModuleDef)


@misuse
def variables_are_gone(hub: Any, tf: Any, place: Place) -> None:
    shutil.rmtree(Path(place.copy(), "variables"))
    run(tf, hub.Module(place / "copy")(["the"]))


@misuse
def an_index_is_garbage(hub: Any, tf: Any, place: Place) -> None:
    Path(place.copy(), "variables", "variables.index").write_bytes(GARBAGE)
    run(tf, hub.Module(place / "copy")(["the"]))


@misuse
def data_of_variables_are_cut(hub: Any, tf: Any, place: Place) -> None:
    (path,) = Path(place.copy(), "variables").glob("*.data-*")
    path.write_bytes(path.read_bytes()[:3])
    run(tf, hub.Module(place / "copy")(["the"]))


@misuse
def a_variable_is_not_in_the_checkpoint(hub: Any, tf: Any, place: Place) -> None:
    shutil.rmtree(Path(place.copy(), "variables"))
    shutil.copytree(Path(HALF, "variables"), Path(place / "copy", "variables"))
    run(tf, hub.Module(place / "copy")(["the"]))


@misuse
def an_asset_is_gone(hub: Any, tf: Any, place: Place) -> None:
    shutil.rmtree(Path(place.copy(), "assets"))
    run(tf, hub.Module(place / "copy")(["the"]))


def set_asset(name: str, tensor: str | None = None) -> Callable[[Any], None]:
    def edit(graph: Any) -> None:
        (value,) = graph.collection_def["saved_model_assets"].any_list.value
        asset = AssetFileDef()
        value.Unpack(asset)
        asset.filename = name
        if tensor is not None:
            asset.tensor_info.name = tensor
        value.Pack(asset)

    return edit


@misuse
def an_asset_lies_outside(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(place.edited(set_asset("../../secret")))


@misuse
def the_tensor_of_an_asset_has_no_number(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(place.edited(set_asset("words.txt", "nothing")))


@misuse
def the_tensor_of_an_asset_is_no_constant(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        names = [node.name for node in graph.graph_def.node if node.op == "Placeholder"]
        set_asset("words.txt", f"{names[0]}:0")(graph)

    hub.load_module_spec(place.edited(edit))


@misuse
def the_tensor_of_an_asset_is_no_text(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        names = [
            node.name
            for node in graph.graph_def.node
            if node.op == "Const" and node.attr["dtype"].type != 7
        ]
        set_asset("words.txt", f"{names[0]}:0")(graph)

    hub.load_module_spec(place.edited(edit))


@misuse
def a_collection_is_unknown(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(
        place.edited(lambda graph: graph.collection_def["odd"].node_list.value.append("x:0"))
    )


@misuse
def tags_are_repeated(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(
        place.edited_model(lambda model: model.meta_graphs.append(model.meta_graphs[0]))
    )


@misuse
def an_op_is_unknown(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        graph.meta_info_def.stripped_op_list.op.add(name="Teleport")
        for node in graph.graph_def.node:
            if node.op.startswith("LookupTableFind"):
                node.op = "Teleport"

    hub.Module(place.edited(edit))(["the"])


@misuse
def attachments_are_no_bytes(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(
        place.edited(
            lambda graph: graph.collection_def[
                "hub_module_attachments"
            ].node_list.value.append("x:0")
        )
    )  # fmt: skip


@misuse
def attachments_are_garbage(hub: Any, tf: Any, place: Place) -> None:
    hub.load_module_spec(
        place.edited(
            lambda graph: graph.collection_def[
                "hub_module_attachments"
            ].bytes_list.value.append(GARBAGE)
        )
    )  # fmt: skip


@misuse
def an_input_has_no_encoding(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        graph.signature_def["default"].inputs["text"].ClearField("name")

    hub.load_module_spec(place.edited(edit)).get_input_info_dict()


@misuse
def an_input_is_of_an_unknown_type(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        graph.signature_def["default"].inputs["text"].dtype = 77

    hub.load_module_spec(place.edited(edit)).get_input_info_dict()


@misuse
def an_input_names_no_tensor(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        graph.signature_def["default"].inputs["text"].name = "nowhere:0"

    hub.Module(place.edited(edit))(["the"])


@misuse
def an_input_names_a_node(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        info = graph.signature_def["default"].inputs["text"]
        info.name = info.name.partition(":")[0]

    hub.Module(place.edited(edit))(["the"])


@misuse
def an_output_names_no_tensor(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        for info in graph.signature_def["default"].outputs.values():
            info.name = "nowhere:0"

    hub.Module(place.edited(edit))(["the"])


# Specs


def spec_of(path: str, ask: Callable[[Any], Any]) -> Callable[[Any, Any, Place], Any]:
    return lambda hub, tf, place: ask(hub.load_module_spec(path))


rows(
    {
        "names_of_an_unknown_graph": spec_of(HALF, lambda s: s.get_signature_names({"x"})),
        "names_of_tags_that_are_a_number": spec_of(HALF, lambda s: s.get_signature_names(5)),
        "inputs_of_an_unknown_graph": spec_of(HALF, lambda s: s.get_input_info_dict(tags={"x"})),
        "outputs_of_an_unknown_graph": spec_of(HALF, lambda s: s.get_output_info_dict(tags={"x"})),
        "inputs_of_an_unknown_signature": spec_of(HALF, lambda s: s.get_input_info_dict("nope")),
        "outputs_of_an_unknown_signature": spec_of(HALF, lambda s: s.get_output_info_dict("nope")),
        "inputs_of_a_signature_that_is_a_number": spec_of(HALF, lambda s: s.get_input_info_dict(5)),
        "inputs_of_an_empty_signature": spec_of(HALF, lambda s: s.get_input_info_dict("")),
        "an_unknown_input": spec_of(HALF, lambda s: s.get_input_info_dict()["nope"]),
        "an_unknown_output": spec_of(HALF, lambda s: s.get_output_info_dict()["nope"]),
        "an_unknown_property_of_an_input": spec_of(IMAGE, lambda s: next(iter(s.get_input_info_dict().values())).nope),
        "a_message_that_is_required": spec_of(HALF, lambda s: s.get_attached_message("x", ModuleDef, required=True)),
        "a_message_of_an_unknown_graph": spec_of(HALF, lambda s: s.get_attached_message("x", ModuleDef, tags={"x"})),
        "a_message_of_no_type": spec_of(IMAGE, lambda s: s.get_attached_message("image_module_info", int)),
        "a_message_of_none": spec_of(IMAGE, lambda s: s.get_attached_message("image_module_info", None)),
        "a_message_without_a_type": spec_of(IMAGE, lambda s: s.get_attached_message("image_module_info")),
        "an_export_without_checkpoint": lambda hub, tf, place: hub.load_module_spec(HALF).export(place / "m"),
        "an_export_with_a_positional_checkpoint": lambda hub, tf, place: hub.load_module_spec(HALF).export(place / "m", place / "c"),
        "an_export_with_an_empty_checkpoint": lambda hub, tf, place: hub.load_module_spec(HALF).export(place / "m", checkpoint_path=""),
        "an_export_of_a_checkpoint_that_is_not_there": lambda hub, tf, place: hub.load_module_spec(HALF).export(place / "m", checkpoint_path=place / "nope"),
        "an_export_with_other_names": lambda hub, tf, place: hub.load_module_spec(HALF).export(
            place / "m", checkpoint_path=f"{HALF}/variables/variables", name_transform_fn=lambda name: "x" + name
        ),
        "an_export_with_a_function_that_is_none": lambda hub, tf, place: hub.load_module_spec(HALF).export(
            place / "m", checkpoint_path=f"{HALF}/variables/variables", name_transform_fn=5
        ),
        "a_method_that_is_not_there": spec_of(HALF, lambda s: s.nope()),
    }
)  # fmt: skip


@misuse
def a_message_of_another_type(hub: Any, tf: Any, place: Place) -> None:
    def edit(graph: Any) -> None:
        from minihub_runtime.protos import ModuleAttachment

        attachment = ModuleAttachment(key="note", value=GARBAGE)
        graph.collection_def["hub_module_attachments"].bytes_list.value.append(
            attachment.SerializeToString()
        )

    hub.load_module_spec(place.edited(edit)).get_attached_message("note", ModuleDef)


@misuse
def an_export_of_another_shape(hub: Any, tf: Any, place: Place) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        for name, variable in hub.Module(HALF).variable_map.items():
            tf.get_variable(name, [size + 1 for size in variable.shape.as_list() or [2]])
        saver = tf.train.Saver([v for v in tf.global_variables() if "module" not in v.name])
        session.run(tf.global_variables_initializer())
        path = saver.save(session, place / "c")
    hub.load_module_spec(HALF).export(place / "m", checkpoint_path=path)


@misuse
def an_export_to_a_file(hub: Any, tf: Any, place: Place) -> None:
    Path(place / "m").write_text("")
    hub.load_module_spec(HALF).export(place / "m", checkpoint_path=f"{HALF}/variables/variables")


# Modules


def run(tf: Any, fetches: Any) -> Any:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetches)


def module_of(
    path: str, ask: Callable[[Any, Any], Any], **given: Any
) -> Callable[[Any, Any, Place], Any]:
    return lambda hub, tf, place: ask(hub.Module(path, **given), tf)


rows(
    {
        "unknown_tags": module_of(HALF, lambda m, tf: m, tags={"x"}),
        "tags_that_are_text": module_of(HALF, lambda m, tf: m, tags="train"),
        "tags_that_are_a_number": module_of(HALF, lambda m, tf: m, tags=5),
        "an_unknown_argument": module_of(HALF, lambda m, tf: m, nope=5),
        "a_name_with_spaces": module_of(HALF, lambda m, tf: m, name="a b"),
        "a_name_that_is_a_number": module_of(HALF, lambda m, tf: m, name=5),
        "a_name_that_is_none": module_of(HALF, lambda m, tf: m, name=None),
        "a_name_that_is_empty": module_of(HALF, lambda m, tf: m, name=""),
        "a_name_with_a_slash": module_of(HALF, lambda m, tf: m, name="a/b"),
        "a_name_that_ends_with_a_slash": module_of(HALF, lambda m, tf: m, name="a/"),
        "a_name_that_begins_with_a_line": module_of(HALF, lambda m, tf: m, name="_a"),
        "a_call_of_an_unknown_signature": module_of(HALF, lambda m, tf: m([1.0], signature="nope")),
        "a_call_of_a_signature_that_is_a_number": module_of(HALF, lambda m, tf: m([1.0], signature=5)),
        "a_call_of_an_empty_signature": module_of(HALF, lambda m, tf: m([1.0], signature="")),
        "a_call_without_inputs": module_of(HALF, lambda m, tf: m()),
        "a_call_with_an_empty_dict": module_of(HALF, lambda m, tf: m({})),
        "a_call_with_another_input": module_of(HALF, lambda m, tf: m({"nope": [1.0]})),
        "a_call_with_an_input_too_many": module_of(HALF, lambda m, tf: m({"x": [1.0], "y": [1.0], "z": [1.0]})),
        "a_call_with_numbers_as_names": module_of(HALF, lambda m, tf: m({1: [1.0]})),
        "a_call_with_mixed_names": module_of(HALF, lambda m, tf: m({1: [1.0], "nope": [1.0]})),
        "a_call_with_an_unknown_argument": module_of(HALF, lambda m, tf: m([1.0], nope=1)),
        "a_call_with_three_positions": module_of(HALF, lambda m, tf: m([1.0], "default", "x", True, 5)),
        "a_call_with_text_for_text_that_is_a_number": module_of(LOOKUP, lambda m, tf: m([1.0])),
        "a_call_with_numbers_that_are_text": module_of(IMAGE, lambda m, tf: m(["x"])),
        "a_call_with_a_tensor_of_another_type": module_of(LOOKUP, lambda m, tf: m(tf.constant([1.0]))),
        "a_call_with_an_array_of_another_type": module_of(LOOKUP, lambda m, tf: m(np.zeros(3))),
        "a_call_with_doubles": module_of(IMAGE, lambda m, tf: m(tf.zeros([1, 8, 8, 3], tf.float64))),
        "a_call_with_another_rank": module_of(LOOKUP, lambda m, tf: m([["the"]])),
        "a_call_with_a_scalar": module_of(LOOKUP, lambda m, tf: m("the")),
        "a_call_with_another_shape": module_of(IMAGE, lambda m, tf: m(np.zeros([1, 3, 3, 7], np.float32))),
        "a_call_with_none_in_a_dict": module_of(LOOKUP, lambda m, tf: m({"text": None})),
        "a_call_with_an_object": module_of(LOOKUP, lambda m, tf: m(object())),
        "a_call_with_a_ragged_list": module_of(LOOKUP, lambda m, tf: m(["a", ["b"]])),
        "a_call_with_a_sparse_tensor": module_of(LOOKUP, lambda m, tf: m(tf.SparseTensor([[0]], ["the"], [1]))),
        "a_call_with_a_ragged_tensor": module_of(LOOKUP, lambda m, tf: m(tf.ragged.constant([["the"]]))),
        "inputs_of_an_unknown_signature_of_a_module": module_of(HALF, lambda m, tf: m.get_input_info_dict("nope")),
        "outputs_of_an_unknown_signature_of_a_module": module_of(HALF, lambda m, tf: m.get_output_info_dict("nope")),
        "a_message_of_a_module_that_is_required": module_of(HALF, lambda m, tf: m.get_attached_message("x", ModuleDef, required=True)),
        "a_message_of_a_module_by_tags": module_of(HALF, lambda m, tf: m.get_attached_message("x", ModuleDef, tags={"x"})),
        "an_unknown_variable": module_of(HALF, lambda m, tf: m.variable_map["nope"]),
        "a_variable_by_number": module_of(HALF, lambda m, tf: m.variables[77]),
        "an_unknown_property": module_of(HALF, lambda m, tf: m.nope),
        "a_property_that_is_set": module_of(HALF, lambda m, tf: setattr(m, "variables", [])),
        "a_run_without_initialisation": module_of(LOOKUP, lambda m, tf: tf.Session().run(m(["the"]))),
        "a_length_of_a_module": module_of(HALF, lambda m, tf: len(m)),
        "an_iteration_over_a_module": module_of(HALF, lambda m, tf: list(m)),
        "a_module_as_a_tensor": module_of(HALF, lambda m, tf: tf.identity(m)),
        "an_export_without_a_session": module_of(HALF, lambda m, tf: m.export("/nowhere/m")),
        "an_export_with_none_for_a_session": module_of(HALF, lambda m, tf: m.export("/nowhere/m", None)),
        "an_export_with_a_session_of_another_graph": module_of(HALF, lambda m, tf: m.export("/nowhere/m", tf.Session(graph=tf.Graph()))),
    }
)  # fmt: skip


@misuse
def a_call_in_another_graph(hub: Any, tf: Any, place: Place) -> None:
    module = hub.Module(LOOKUP)
    with tf.Graph().as_default():
        module(["the"])


@misuse
def an_export_in_another_graph(hub: Any, tf: Any, place: Place) -> None:
    module, session = hub.Module(HALF), tf.Session()
    with tf.Graph().as_default():
        module.export(place / "m", session)


@misuse
def an_export_of_variables_without_values(hub: Any, tf: Any, place: Place) -> None:
    module = hub.Module(HALF)
    with tf.Session() as session:
        module.export(place / "m", session)


@misuse
def an_export_by_a_closed_session(hub: Any, tf: Any, place: Place) -> None:
    module, session = hub.Module(HALF), tf.Session()
    session.close()
    module.export(place / "m", session)


@misuse
def an_export_of_a_module_to_a_file(hub: Any, tf: Any, place: Place) -> None:
    Path(place / "m").write_text("")
    module = hub.Module(HALF)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        module.export(place / "m", session)


@misuse
def an_export_to_a_number(hub: Any, tf: Any, place: Place) -> None:
    module = hub.Module(HALF)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        module.export(5, session)


@misuse
def a_scope_of_names_that_is_taken(hub: Any, tf: Any, place: Place) -> None:
    with tf.name_scope("module"):
        tf.constant(1)
    hub.Module(HALF)


@misuse
def a_finalized_graph(hub: Any, tf: Any, place: Place) -> None:
    tf.get_default_graph().finalize()
    hub.Module(HALF)


@misuse
def a_call_in_a_finalized_graph(hub: Any, tf: Any, place: Place) -> None:
    module = hub.Module(LOOKUP)
    tf.get_default_graph().finalize()
    module(["the"])


@misuse
def tensors_of_another_graph(hub: Any, tf: Any, place: Place) -> None:
    with tf.Graph().as_default():
        words = tf.constant(["the"])
    hub.Module(LOOKUP)(words)


# Definitions


def placeholder(tf: Any, shape: Any = (None,)) -> Any:
    return tf.placeholder(tf.float32, shape)


def made(build: Callable[[Any, Any, Any], Any], **given: Any) -> Callable[[Any, Any, Place], Any]:
    """A definition whose function calls `build` with hub, tf and a placeholder."""

    def misused(hub: Any, tf: Any, place: Place) -> None:
        hub.create_module_spec(lambda **args: build(hub, tf, placeholder(tf)), **given)

    return misused


def two_outputs(hub: Any, tf: Any) -> Any:
    def module_fn() -> None:
        x = placeholder(tf)
        y = tf.placeholder(tf.string, [None])
        hub.add_signature("two", {"x": x, "y": y}, {"a": x, "b": y})
        hub.add_signature("none", {}, {"a": tf.constant(1.0)})
        hub.add_signature("default", x, {"a": x})
        sparse = tf.sparse_placeholder(tf.float32)
        hub.add_signature("sparse", sparse, tf.sparse.to_dense(sparse))

    return hub.Module(hub.create_module_spec(module_fn))


def good(hub: Any, tf: Any, x: Any) -> None:
    hub.add_signature("default", x, x + 1.0)


rows(
    {
        "one_value_for_two_inputs": lambda hub, tf, place: two_outputs(hub, tf)([1.0], signature="two"),
        "one_of_two_inputs": lambda hub, tf, place: two_outputs(hub, tf)({"x": [1.0]}, signature="two"),
        "a_list_for_two_inputs": lambda hub, tf, place: two_outputs(hub, tf)([[1.0], ["a"]], signature="two"),
        "a_value_for_no_inputs": lambda hub, tf, place: two_outputs(hub, tf)([1.0], signature="none"),
        "a_dict_for_no_inputs": lambda hub, tf, place: two_outputs(hub, tf)({"x": [1.0]}, signature="none"),
        "no_default_output": lambda hub, tf, place: two_outputs(hub, tf)([1.0]),
        "an_output_that_is_not_there": lambda hub, tf, place: two_outputs(hub, tf)([1.0], as_dict=True)["default"],
        "a_dense_tensor_for_a_sparse_one": lambda hub, tf, place: two_outputs(hub, tf)(tf.zeros([1]), signature="sparse"),
        "a_list_for_a_sparse_one": lambda hub, tf, place: two_outputs(hub, tf)([1.0], signature="sparse"),
        "a_sparse_tensor_of_another_type": lambda hub, tf, place: two_outputs(hub, tf)(tf.SparseTensor([[0]], ["x"], [1]), signature="sparse"),
        "a_definition_of_nothing": lambda hub, tf, place: hub.create_module_spec(None),
        "a_definition_of_text": lambda hub, tf, place: hub.create_module_spec("f"),
        "a_definition_with_positions": lambda hub, tf, place: hub.create_module_spec(lambda a: None),
        "a_definition_without_signatures": lambda hub, tf, place: hub.create_module_spec(lambda: None),
        "a_definition_that_fails": made(lambda hub, tf, x: {}["nope"]),
        "tags_and_args_that_are_a_number": made(good, tags_and_args=5),
        "tags_and_args_that_are_one_pair": made(good, tags_and_args=(set(), {})),
        "tags_and_args_of_text": made(good, tags_and_args=["train"]),
        "tags_and_args_of_sets": made(good, tags_and_args=[{"train"}]),
        "tags_and_args_without_args": made(good, tags_and_args=[({"train"}, None)]),
        "tags_and_args_with_a_list": made(good, tags_and_args=[({"train"}, [1])]),
        "tags_and_args_with_numbers": made(good, tags_and_args=[({5}, {})]),
        "tags_and_args_with_a_number": made(good, tags_and_args=[(5, {})]),
        "tags_and_args_twice": made(good, tags_and_args=[({"a"}, {}), ({"a"}, {})]),
        "tags_and_args_none": made(good, tags_and_args=[(None, {})]),
        "an_argument_that_the_function_does_not_take": lambda hub, tf, place: hub.create_module_spec(
            lambda: None, tags_and_args=[(set(), {"training": True})]
        ),
        "collections_to_drop_that_are_a_number": made(good, drop_collections=5),
        "a_collection_of_the_function": made(lambda hub, tf, x: (good(hub, tf, x), tf.add_to_collection("mine", x))),
        "a_collection_of_losses": made(lambda hub, tf, x: (good(hub, tf, x), tf.losses.absolute_difference(x, x))),
        "an_output_that_is_a_list": made(lambda hub, tf, x: hub.add_signature("default", x, [x])),
        "an_output_that_is_a_number": made(lambda hub, tf, x: hub.add_signature("default", x, 5)),
        "an_output_that_is_an_array": made(lambda hub, tf, x: hub.add_signature("default", x, np.zeros(3))),
        "an_output_that_is_a_variable": made(lambda hub, tf, x: hub.add_signature("default", x, tf.get_variable("v", [3]))),
        "an_output_that_is_an_operation": made(lambda hub, tf, x: hub.add_signature("default", x, x.op)),
        "an_output_that_is_none": made(lambda hub, tf, x: hub.add_signature("default", x, {"default": None})),
        "an_input_that_is_a_list": made(lambda hub, tf, x: hub.add_signature("default", [x, x], x)),
        "an_input_that_is_a_number": made(lambda hub, tf, x: hub.add_signature("default", {"x": 5}, x)),
        "an_input_that_is_text": made(lambda hub, tf, x: hub.add_signature("default", {"x": "x"}, x)),
        "an_input_that_is_named_by_a_number": made(lambda hub, tf, x: hub.add_signature("default", {5: x}, x)),
        "an_output_that_is_named_by_a_number": made(lambda hub, tf, x: hub.add_signature("default", x, {5: x})),
        "a_signature_that_is_named_by_a_number": made(lambda hub, tf, x: hub.add_signature(5, x, x)),
        "a_signature_that_is_named_by_bytes": made(lambda hub, tf, x: hub.add_signature(b"a", x, x)),
        "a_signature_without_outputs": made(lambda hub, tf, x: hub.add_signature("default", x)),
        "an_input_that_is_placed_with_another": made(lambda hub, tf, x: hub.add_signature("default", placed(tf, x), x)),
        "an_input_of_another_graph": made(lambda hub, tf, x: hub.add_signature("default", elsewhere(tf), x)),
        "an_output_of_another_graph": made(lambda hub, tf, x: hub.add_signature("default", x, elsewhere(tf))),
        "an_unknown_argument_of_a_signature": made(lambda hub, tf, x: hub.add_signature("default", x, x, nope=1)),
        "a_message_under_a_number": made(lambda hub, tf, x: hub.attach_message(5, ModuleDef())),
        "a_message_under_a_malformed_name": made(lambda hub, tf, x: hub.attach_message("a-b", ModuleDef())),
        "a_message_under_an_empty_name": made(lambda hub, tf, x: hub.attach_message("", ModuleDef())),
        "a_message_that_is_text": made(lambda hub, tf, x: hub.attach_message("a", "text")),
        "a_message_that_is_none": made(lambda hub, tf, x: hub.attach_message("a", None)),
        "a_saved_model_that_is_not_there": lambda hub, tf, place: hub.create_module_spec_from_saved_model("/nowhere"),
        "a_saved_model_of_none": lambda hub, tf, place: hub.create_module_spec_from_saved_model(None),
        "a_saved_model_of_a_number": lambda hub, tf, place: hub.create_module_spec_from_saved_model(5),
        "a_saved_model_of_an_empty_folder": lambda hub, tf, place: hub.create_module_spec_from_saved_model(place / ""),
    }
)  # fmt: skip


def placed(tf: Any, x: Any) -> Any:
    with tf.colocate_with(x):
        return placeholder(tf)


def elsewhere(tf: Any) -> Any:
    with tf.Graph().as_default():
        return tf.placeholder(tf.float32, [None])


@misuse
def state_that_is_placed_with_an_input(hub: Any, tf: Any, place: Place) -> None:
    def module_fn() -> None:
        x = placeholder(tf)
        with tf.colocate_with(x):
            v = tf.get_variable("v", [], tf.float32)
        hub.add_signature("default", x, x + v)

    hub.create_module_spec(module_fn)


@misuse
def a_saved_model_with_a_collection(hub: Any, tf: Any, place: Place) -> None:
    x = placeholder(tf)
    tf.add_to_collection("mine", x)
    with tf.Session() as session:
        tf.saved_model.simple_save(session, place / "s", {"x": x}, {"y": x + 1.0})
    hub.create_module_spec_from_saved_model(place / "s")


@misuse
def a_saved_model_by_default_tags(hub: Any, tf: Any, place: Place) -> None:
    x = placeholder(tf)
    with tf.Session() as session:
        tf.saved_model.simple_save(session, place / "s", {"x": x}, {"y": x + 1.0})
    hub.Module(hub.create_module_spec_from_saved_model(place / "s"))


@misuse
def a_saved_model_by_the_default_signature(hub: Any, tf: Any, place: Place) -> None:
    x = placeholder(tf)
    with tf.Session() as session:
        tf.saved_model.simple_save(session, place / "s", {"x": x}, {"y": x + 1.0})
    spec = hub.create_module_spec_from_saved_model(place / "s")
    hub.Module(spec, tags={"serve"})([1.0])


@misuse
def a_function_that_evaluates_nothing(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module("/nowhere") as f:
        f([1.0])


@misuse
def a_function_with_an_unknown_signature(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f(["the"], signature="nope")


@misuse
def a_function_with_an_empty_signature(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f(["the"], signature="")


@misuse
def a_function_with_another_type(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f([1.0])


@misuse
def a_function_with_another_rank(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f([["the"]])


@misuse
def a_function_with_another_input(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f({"nope": ["the"]})


@misuse
def a_function_with_unknown_tags(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP, tags={"x"}) as f:
        f(["the"])


@misuse
def a_function_after_its_end(hub: Any, tf: Any, place: Place) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        f(["the"])
    f(["the"])


# Feature columns and images


def text_layer(column: Any, features: Any) -> Callable[[Any, Any, Place], Any]:
    return lambda hub, tf, place: tf.feature_column.input_layer(features, [column(hub)])


rows(
    {
        "a_text_column_of_an_image_module": lambda hub, tf, place: hub.text_embedding_column("t", IMAGE),
        "a_text_column_of_numbers": lambda hub, tf, place: hub.text_embedding_column("t", HALF),
        "a_text_column_of_nothing": lambda hub, tf, place: hub.text_embedding_column("t", "/nowhere"),
        "a_text_column_of_a_number": lambda hub, tf, place: hub.text_embedding_column("t", 5),
        "a_text_column_without_module": lambda hub, tf, place: hub.text_embedding_column("t"),
        "a_text_column_of_another_input": lambda hub, tf, place: hub.text_embedding_column("t", LOOKUP),
        "an_image_column_of_a_text_module": lambda hub, tf, place: hub.image_embedding_column("i", TEXT),
        "an_image_column_of_numbers": lambda hub, tf, place: hub.image_embedding_column("i", HALF),
        "an_image_column_of_another_signature": lambda hub, tf, place: hub.image_embedding_column("i", IMAGE, "nope"),
        "a_sparse_column_with_an_unknown_combiner": lambda hub, tf, place: hub.sparse_text_embedding_column("t", TEXT, "max", ""),
        "a_sparse_column_without_default": lambda hub, tf, place: hub.sparse_text_embedding_column("t", TEXT, "mean", None),
        "a_sparse_column_of_an_image_module": lambda hub, tf, place: hub.sparse_text_embedding_column("t", IMAGE, "mean", ""),
        "a_feature_that_is_missing": text_layer(lambda hub: hub.text_embedding_column("t", TEXT), {"u": ["a"]}),
        "a_feature_of_another_type": text_layer(lambda hub: hub.text_embedding_column("t", TEXT), {"t": [1.0]}),
        "a_feature_of_two_columns": text_layer(lambda hub: hub.text_embedding_column("t", TEXT), {"t": [["a", "b"]]}),
        "an_image_of_another_type": text_layer(lambda hub: hub.image_embedding_column("i", IMAGE), {"i": [["a"]]}),
        "an_image_of_another_shape": text_layer(lambda hub: hub.image_embedding_column("i", IMAGE), {"i": np.zeros([1, 3, 3, 7], np.float32)}),
        "a_dense_feature_for_a_sparse_column": text_layer(lambda hub: hub.sparse_text_embedding_column("t", TEXT, "mean", ""), {"t": [["a"]]}),
        "a_bucketized_text_column": lambda hub, tf, place: tf.feature_column.bucketized_column(hub.text_embedding_column("t", TEXT), [1.0]),
        "a_crossed_text_column": lambda hub, tf, place: tf.feature_column.crossed_column([hub.text_embedding_column("t", TEXT), "u"], 5),
        "an_indicator_of_a_text_column": lambda hub, tf, place: tf.feature_column.indicator_column(hub.text_embedding_column("t", TEXT)),
        "an_embedding_of_a_text_column": lambda hub, tf, place: tf.feature_column.embedding_column(hub.text_embedding_column("t", TEXT), 3),
        "the_size_of_images_of_a_text_module": lambda hub, tf, place: hub.get_expected_image_size(hub.load_module_spec(TEXT)),
        "the_size_of_images_of_numbers": lambda hub, tf, place: hub.get_expected_image_size(hub.load_module_spec(HALF)),
        "the_size_of_images_of_an_unknown_signature": lambda hub, tf, place: hub.get_expected_image_size(hub.load_module_spec(IMAGE), "nope"),
        "the_size_of_images_of_an_unknown_input": lambda hub, tf, place: hub.get_expected_image_size(hub.load_module_spec(IMAGE), input_name="nope"),
        "the_size_of_images_of_a_path": lambda hub, tf, place: hub.get_expected_image_size(IMAGE),
        "the_channels_of_a_text_module": lambda hub, tf, place: hub.get_num_image_channels(hub.load_module_spec(TEXT)),
        "the_channels_of_an_unknown_input": lambda hub, tf, place: hub.get_num_image_channels(hub.load_module_spec(IMAGE), input_name="nope"),
        "image_module_info_that_is_no_message": lambda hub, tf, place: hub.attach_image_module_info("text"),
    }
)  # fmt: skip


# Exporters


def receive(tf: Any) -> Any:
    x = tf.placeholder(tf.string, [None])
    return tf.estimator.export.ServingInputReceiver({"text": x}, {"text": x})


def estimator_of(hub: Any, tf: Any, place: Place, *, names: tuple[str, ...] = ("text",), steps: int = 1) -> Any:  # fmt: skip
    def model_fn(features: Any, labels: Any, mode: Any) -> Any:
        module = hub.Module(LOOKUP, trainable=True)
        for name in names:
            hub.register_module_for_export(module, name)
        loss = tf.reduce_sum(module(features["text"]))
        step = tf.train.get_or_create_global_step()
        train = tf.group(tf.train.GradientDescentOptimizer(0.1).minimize(loss, step))
        return tf.estimator.EstimatorSpec(mode, predictions=loss, loss=loss, train_op=train)

    estimator = tf.estimator.Estimator(model_fn, place / "model")
    if steps:
        estimator.train(
            lambda: tf.data.Dataset.from_tensors(({"text": ["the"]}, [1.0])).repeat(), steps=steps
        )
    return estimator


rows(
    {
        "an_exporter_that_keeps_none": lambda hub, tf, place: hub.LatestModuleExporter("x", None, exports_to_keep=0),
        "an_exporter_that_keeps_less": lambda hub, tf, place: hub.LatestModuleExporter("x", None, exports_to_keep=-1),
        "an_exporter_that_keeps_text": lambda hub, tf, place: hub.LatestModuleExporter("x", None, exports_to_keep="5"),
        "an_exporter_without_a_function": lambda hub, tf, place: hub.LatestModuleExporter("x"),
        "the_name_of_an_exporter": lambda hub, tf, place: setattr(hub.LatestModuleExporter("x", None), "name", "y"),
        "a_name_for_two_exports": lambda hub, tf, place: [hub.register_module_for_export(hub.Module(HALF), "a") for _ in range(2)],
        "an_export_by_no_estimator": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: receive(tf)).export(None, place / "e"),
        "an_export_of_an_untrained_estimator": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: receive(tf)).export(
            estimator_of(hub, tf, place, steps=0), place / "e"
        ),
        "an_export_of_a_model_that_is_not_there": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: receive(tf)).export(
            estimator_of(hub, tf, place), place / "e", place / "nope"
        ),
        "an_export_without_a_receiver": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: None).export(
            estimator_of(hub, tf, place), place / "e"
        ),
        "an_export_with_none_for_a_receiver": lambda hub, tf, place: hub.LatestModuleExporter("x", None).export(
            estimator_of(hub, tf, place), place / "e"
        ),
        "an_export_with_another_feature": lambda hub, tf, place: hub.LatestModuleExporter(
            "x", lambda: tf.estimator.export.ServingInputReceiver({"u": tf.zeros([1])}, {"u": tf.placeholder(tf.float32)})
        ).export(estimator_of(hub, tf, place), place / "e"),
        "an_export_of_one_name_twice": lambda hub, tf, place: estimator_of(hub, tf, place, names=("a", "a")),
        "an_export_under_a_number": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: receive(tf)).export(
            estimator_of(hub, tf, place, names=(5,)), place / "e"
        ),
        "an_export_below_a_file": lambda hub, tf, place: [
            Path(place / "e").write_text(""),
            hub.LatestModuleExporter("x", lambda: receive(tf)).export(estimator_of(hub, tf, place), place / "e"),
        ],
        "an_export_of_no_module": lambda hub, tf, place: hub.LatestModuleExporter("x", lambda: receive(tf)).export(
            estimator_of(hub, tf, place, names=()), place / "e"
        ),
        "a_registration_of_text": lambda hub, tf, place: hub.register_module_for_export("m", "a"),
    }
)  # fmt: skip
