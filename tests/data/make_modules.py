"""Write the small modules of the tests and the examples with real TensorFlow and tensorflow_hub.

    python -m tests.data.make_modules                   all of them
    python -m tests.data.make_modules lookup frozen     some of them

Runs in the environment of `tests/golden/generate.py`. `tests/data/modules/*` hold every feature that modules can have.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"


def relative(path: Path) -> str:
    """A path as graphs may hold it: names of tables contain those of their files, and nothing shall tell where this ran."""
    return os.path.relpath(path, DATA)


def export(
    folder: Path,
    module_fn: Callable[..., None],
    values: dict[str, Any] | None = None,
    tags_and_args: Any = None,
) -> None:
    """Write a module whose variables have the given values, or those of its initialisers."""
    shutil.rmtree(folder, ignore_errors=True)
    spec = hub.create_module_spec(module_fn, tags_and_args)
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        tags = max((tags for tags, _ in tags_and_args or [(set(), {})]), key=len)
        module = hub.Module(spec, tags=tags, trainable=bool(tags))
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for name, value in (values or {}).items():
                found = module.variable_map[name]
                parts = found if isinstance(found, list) else [found]
                pieces = np.split(np.asarray(value), len(parts))
                for part, piece in zip(parts, pieces if len(parts) > 1 else [value]):
                    part.load(piece, session)
            module.export(str(folder), session)
    print(folder.relative_to(ROOT))


def half_plus_two() -> None:
    """y = x / 2 + 2."""
    a = tf.get_variable("a", initializer=0.5)
    b = tf.get_variable("b", initializer=2.0)
    x = tf.placeholder(tf.float32, [None], "x")
    hub.add_signature(inputs=x, outputs=a * x + b)


def text(vocabulary: str, size: int, width: int) -> None:
    """A partitioned embedding looked up by a vocabulary file; dense, sparse and ragged signatures."""
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        num_oov_buckets=1,
    )
    embeddings = tf.get_variable(
        "embeddings",
        [size + 1, width],
        initializer=tf.zeros_initializer(),
        partitioner=tf.fixed_size_partitioner(3),
    )

    def embed(tokens: tf.SparseTensor) -> Any:
        ids = tf.SparseTensor(tokens.indices, table.lookup(tokens.values), tokens.dense_shape)
        return tf.nn.safe_embedding_lookup_sparse(embeddings, ids, combiner="sqrtn")

    sentences = tf.placeholder(tf.string, [None], "sentences")
    plain = tf.strings.regex_replace(tf.strings.lower(sentences), r"[^a-z0-9 ]", "")
    hub.add_signature(inputs=sentences, outputs=embed(tf.string_split(plain, " ")))
    tokens = tf.sparse_placeholder(tf.string, [None, None], "tokens")
    hub.add_signature("tokens", {"tokens": tokens}, {"default": embed(tokens), "tokens": tokens})
    rows = tf.ragged.placeholder(tf.string, 1, name="rows")
    hub.add_signature(
        "rows",
        {"rows": rows},
        {
            "ids": tf.ragged.map_flat_values(table.lookup, rows),
            "default": embed(rows.to_sparse()),
        },
    )


def image(training: bool) -> None:
    """Batch norm in both modes, regularisation, several outputs, an attached message, dropout."""
    images = tf.placeholder(tf.float32, [None, 8, 8, 3], "images")
    scale = tf.placeholder_with_default(1.0, [], "scale")
    kernel = tf.get_variable(
        "conv/kernel",
        [3, 3, 3, 4],
        initializer=tf.glorot_uniform_initializer(seed=1),
        regularizer=lambda v: tf.multiply(0.01, tf.nn.l2_loss(v), name="l2"),
    )
    net = tf.nn.conv2d(images * scale, kernel, strides=[1, 2, 2, 1], padding="SAME")
    net = tf.layers.batch_normalization(net, training=training, fused=True, name="norm")
    net = tf.nn.relu(net)
    features = tf.reduce_mean(net, [1, 2])
    if training:
        features = tf.nn.dropout(features, rate=0.5, seed=3)
    logits = tf.layers.dense(features, 5, kernel_initializer=tf.glorot_uniform_initializer(seed=2))
    hub.add_signature(inputs={"images": images}, outputs=features)
    hub.add_signature(
        "classes:top",
        {"images": images, "scale": scale},
        {"logits": logits, "top": tf.nn.top_k(logits, 2).indices, "same": images},
    )
    info = hub.ImageModuleInfo()
    info.default_image_size.height, info.default_image_size.width = 8, 8
    hub.attach_image_module_info(info)


def lookup(vocabulary: str) -> None:
    """Rows of a table by words, of which the fourth is the one of all unknown words."""
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        num_oov_buckets=1,
    )
    embeddings = tf.get_variable(
        "emb", initializer=np.arange(1.0, 9.0, dtype=np.float32).reshape(4, 2)
    )
    words = tf.placeholder(tf.string, [None], "text")
    hub.add_signature(inputs={"text": words}, outputs=tf.gather(embeddings, table.lookup(words)))
    hub.attach_message("note", tf.train.BytesList(value=[b"three words"]))


def saved_models() -> None:
    """SavedModels of TF1 with what modules have not, and one of TF2."""
    folder = DATA / "saved_models"
    shutil.rmtree(folder, ignore_errors=True)
    words = DATA / "vocab.txt"
    words.write_text("the\ncat\nsat\n")
    for name, resource, as_text in (("served", True, False), ("legacy", False, True)):
        with (
            tf.Graph().as_default(),
            tf.Session() as session,
            tf.variable_scope("", use_resource=resource),
        ):
            path = tf.constant(relative(words))
            tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, path)
            table = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(
                    path,
                    tf.string,
                    tf.lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64,
                    tf.lookup.TextFileIndex.LINE_NUMBER,
                ),
                default_value=3,
            )
            embeddings = tf.get_variable(
                "emb",
                [4, 2],
                initializer=tf.zeros_initializer(),
                partitioner=tf.fixed_size_partitioner(2),
            )
            count = tf.get_variable("count", initializer=np.int64(0), trainable=False)
            tf.train.get_or_create_global_step()
            text = tf.placeholder(tf.string, [None], "text")
            found = tf.nn.embedding_lookup(list(embeddings), table.lookup(text), "div")
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for i, part in enumerate(embeddings):
                part.load(np.arange(1.0, 9.0, dtype=np.float32).reshape(2, 2, 2)[i], session)
            with tf.control_dependencies([tf.tables_initializer()]):
                start = tf.assign(count, 7)
            builder = tf.saved_model.Builder(str(folder / name))
            signature = tf.saved_model.build_signature_def(
                {"text": tf.saved_model.build_tensor_info(text)},
                {
                    "vectors": tf.saved_model.build_tensor_info(found),
                    "count": tf.saved_model.build_tensor_info(tf.identity(count)),
                },
                "tensorflow/serving/predict",
            )
            builder.add_meta_graph_and_variables(
                session,
                ["serve"],
                {"serving_default": signature},
                assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                **({"main_op": start.op} if resource else {"legacy_init_op": start.op}),
            )
            builder.save(as_text)
        print((folder / name).relative_to(ROOT))
    # As releases before 1.14 wrote it; this one has but one collection for both ways.
    old = folder / "legacy" / "saved_model.pbtxt"
    old.write_text(old.read_text().replace("saved_model_main_op", "legacy_init_op"))
    words.unlink()

    class Doubling(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, x: Any) -> Any:
            return 2 * x

    tensorflow.saved_model.save(Doubling(), str(folder / "tf2"))


def frozen() -> None:
    """A GraphDef without variables, in both encodings."""
    folder = DATA / "graphs"
    folder.mkdir(exist_ok=True)
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        scale = tf.placeholder_with_default(2.0, [], "scale")
        scaled = tf.multiply(x, scale, "scaled")
        tf.matmul(scaled, tf.constant([[1.0], [10.0]]), name="y")
        tf.nn.top_k(x, 1, name="best")
    definition = graph.as_graph_def()
    (folder / "frozen.pb").write_bytes(definition.SerializeToString(deterministic=True))
    (folder / "frozen.pbtxt").write_text(str(definition))
    print(folder.relative_to(ROOT))


def frozen_loops() -> None:
    """A GraphDef of Enter, Exit, Switch and Merge nodes, some of which nothing reads: a loop in a loop, and one on a branch."""
    tf.disable_control_flow_v2()
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], "x")

        def turn(i: Any, total: Any) -> Any:
            more = [0, total]
            _, summed = tf.while_loop(
                lambda j, _: j < 3, lambda j, s: (j + 1, s + total), more, name="inner"
            )
            return i + 1, summed

        _, total = tf.while_loop(lambda i, _: i < 2, turn, [0, x], name="outer")
        tf.identity(total, "y")
        chosen = tf.cond(
            x > 0,
            lambda: tf.while_loop(lambda k: k < 5.0, lambda k: k + x, [x], name="counted"),
            lambda: x,
            name="choice",
        )
        tf.identity(chosen, "z")
    definition = graph.as_graph_def()
    path = DATA / "graphs" / "frozen_loops.pb"
    path.write_bytes(definition.SerializeToString(deterministic=True))
    print(path.relative_to(ROOT))


def make_lookup() -> None:
    """The module that the fault corpus describes."""
    words = DATA / "vocab.txt"
    words.write_text("the\ncat\nsat\n")
    export(DATA / "modules" / "lookup", lambda: lookup(relative(words)))
    words.unlink()


def modules() -> None:
    """The other modules."""
    export(DATA / "modules" / "half_plus_two", half_plus_two)
    words = (DATA / "words.txt").read_text().split()
    drawn = np.random.default_rng(0).standard_normal((len(words) + 1, 6)).astype(np.float32)
    export(
        DATA / "modules" / "text",
        lambda: text(relative(DATA / "words.txt"), len(words), 6),
        {"embeddings": drawn},
    )
    export(
        DATA / "modules" / "image",
        image,
        tags_and_args=[(set(), {"training": False}), ({"train"}, {"training": True})],
    )


MAKERS = {
    "modules": modules,
    "lookup": make_lookup,
    "saved_models": saved_models,
    "frozen": frozen,
    "frozen_loops": frozen_loops,
}


if __name__ == "__main__":
    os.chdir(DATA)
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
