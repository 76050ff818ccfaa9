"""SavedModels: signatures, written, loaded."""

from __future__ import annotations

import os
from typing import Any

from tests.api.programs import message, program
from tests.api.programs.files import in_folder


def infos(signature: Any) -> Any:
    """A signature as plain values."""

    def info(proto: Any) -> Any:
        shape = proto.tensor_shape
        return [
            proto.WhichOneof("encoding"),
            proto.name,
            proto.dtype,
            shape.unknown_rank,
            [dim.size for dim in shape.dim],
        ]

    return [
        signature.method_name,
        {key: info(proto) for key, proto in sorted(signature.inputs.items())},
        {key: info(proto) for key, proto in sorted(signature.outputs.items())},
    ]


@program
def signatures(tf: Any) -> Any:
    examples = tf.placeholder(tf.string, [None], name="examples")
    scores = tf.placeholder(tf.float32, [None, 3], name="scores")
    classes = tf.placeholder(tf.string, None, name="classes")
    sparse = tf.sparse_placeholder(tf.int64, [None, 4], name="sparse")
    utils = tf.saved_model.signature_def_utils
    made = [
        utils.predict_signature_def({"a": scores, "s": sparse}, {"b": classes}),
        utils.classification_signature_def(examples, classes, scores),
        utils.classification_signature_def(examples, None, scores),
        utils.regression_signature_def(examples, scores),
        utils.build_signature_def(
            {"x": tf.saved_model.utils.build_tensor_info(scores)}, None, "some/method"
        ),
        utils.build_signature_def(),
    ]
    info = tf.saved_model.utils.build_tensor_info(scores)
    found: list[Any] = [
        [infos(signature), utils.is_valid_signature(signature)] for signature in made
    ]
    found += [
        utils.is_valid_signature(None),
        tf.saved_model.utils.get_tensor_from_tensor_info(info).name,
        tf.saved_model.get_tensor_from_tensor_info(made[0].inputs["s"]).indices.name,
        message(lambda: tf.saved_model.get_tensor_from_tensor_info(info, import_scope="no")),
        message(lambda: utils.predict_signature_def({}, {"b": classes})),
        message(lambda: utils.predict_signature_def({"b": classes}, None)),
        message(lambda: utils.classification_signature_def(examples, None, None)),
        message(lambda: utils.classification_signature_def(None, None, scores)),
        message(lambda: utils.regression_signature_def(None, None)),
    ]
    return found


@program
def constants(tf: Any) -> Any:
    found = {}
    for name in ("constants", "signature_constants", "tag_constants"):
        space = getattr(tf.saved_model, name)
        found[name] = {key: getattr(space, key) for key in sorted(dir(space)) if key.isupper()}
    return [
        found,
        tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY,
        tf.saved_model.SERVING,
        tf.saved_model.MAIN_OP_KEY,
    ]


def model(tf: Any, folder: str) -> Any:
    """A graph with a variable and an asset: input, output, what initialises it."""
    vocabulary = os.path.join(folder, "words.txt")
    with open(vocabulary, "w", encoding="utf-8", newline="") as file:
        file.write("some\nwords\n")
    asset = tf.constant(vocabulary, name="asset")
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", initializer=[[1.0, 2.0], [3.0, 4.0]])
    y = tf.matmul(x, w, name="y")
    content = tf.Variable("", name="content", trainable=False, collections=["local_variables"])
    with tf.control_dependencies([content.initializer]):
        assigned = tf.assign(content, tf.read_file(asset))
    main = tf.group(assigned, name="main")
    return x, y, content, main


@in_folder
def saved_and_loaded(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    with tf.Graph().as_default():
        x, y, content, main = model(tf, folder)
        signature = tf.saved_model.signature_def_utils.predict_signature_def({"x": x}, {"y": y})
        builder = tf.saved_model.builder.SavedModelBuilder(path)
        wrong = [refused_here(lambda: builder.add_meta_graph(["a"]))]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            builder.add_meta_graph_and_variables(
                session,
                ["serve"],
                {"serving_default": signature},
                assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                main_op=main,
                strip_default_attrs=True,
            )
            wrong.append(
                refused_here(lambda: builder.add_meta_graph_and_variables(session, ["serve"]))
            )
            wrong.append(refused_here(lambda: builder.add_meta_graph(["b"], main_op=main)))
            wrong.append(refused_here(lambda: builder.add_meta_graph(["b"], main_op=3)))
            builder.add_meta_graph(["serve", "gpu"])
        saved = [os.path.relpath(os.fsdecode(builder.save()), folder)]
        text = os.path.relpath(os.fsdecode(builder.save(as_text=True)), folder)
        saved.append(text)
    files = sorted(
        os.path.relpath(os.path.join(top, name), path).replace(os.sep, "/")
        for top, _, names in os.walk(path)
        for name in names
    )
    found: list[Any] = [wrong, saved, files]
    os.remove(os.path.join(folder, "words.txt"))
    for scope in (None, "there"):
        with tf.Graph().as_default(), tf.Session() as session:
            proto = tf.saved_model.loader.load(session, ["serve"], path, import_scope=scope)
            signature = proto.signature_def["serving_default"]
            prefix = f"{scope}/" if scope else ""
            x, y = (
                tf.saved_model.utils.get_tensor_from_tensor_info(info, import_scope=scope)
                for info in (signature.inputs["x"], signature.outputs["y"])
            )
            found.append(session.run(y, {x: [[1.0, -1.0]]}))
            (content,) = tf.get_collection("local_variables")
            found.append(session.run(content))
            found.append([content.name.startswith(prefix), sorted(proto.meta_info_def.tags)])
    found.append(tf.saved_model.loader.maybe_saved_model_directory(path))
    found.append(tf.saved_model.contains_saved_model(folder))
    with tf.Graph().as_default(), tf.Session() as session:
        load = tf.saved_model.load
        found.append(refused_here(lambda: load(session, ["no"], path)).partition(", with")[0])
        found.append(refused_here(lambda: load(session, ["serve"], folder)).replace(folder, ""))
    found.append(refused_here(lambda: tf.saved_model.Builder(path)).partition("already")[2])
    return found


@in_folder
def simply_saved(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    with tf.Graph().as_default():
        x, y, _, _ = model(tf, folder)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            tf.saved_model.simple_save(session, path, {"x": x}, {"y": y})
    with tf.Graph().as_default(), tf.Session() as session:
        proto = tf.saved_model.load(session, {"serve"}, path)
        return [
            session.run("y:0", {"x:0": [[1.0, 1.0]]}),
            infos(proto.signature_def["serving_default"]),
            sorted(proto.collection_def),
        ]


@in_folder
def saved_without_variables(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.multiply(x, 3.0, name="y")
        with tf.Session() as session:
            tf.saved_model.simple_save(session, path, {"x": x}, {"y": y})
    with tf.Graph().as_default(), tf.Session() as session:
        tf.saved_model.load(session, {"serve"}, path)
        return [session.run("y:0", {"x:0": 2.0}), sorted(os.listdir(path))]


def refused_here(act: Any) -> str:
    """The text of an error."""
    try:
        return str(act())
    except (AssertionError, ValueError, TypeError, RuntimeError, OSError) as error:
        return str(error)
