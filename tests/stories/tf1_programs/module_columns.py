"""Modules as feature columns: texts, words and images in input_layer and linear_model, frozen and trainable."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

TEXTS = ["a good film", "bad", "no words known"]


def text_fn(dimension=3, batch=None):
    def module_fn():
        text = tf.placeholder(tf.string, [batch], name="text")
        buckets = tf.strings.to_hash_bucket_fast(text, 11)
        table = tf.get_variable("table", [11, dimension], initializer=tf.random_normal_initializer(seed=5))
        tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.nn.l2_loss(table, name="loss"))
        hub.add_signature(inputs=text, outputs=tf.nn.embedding_lookup(table, buckets))

    return module_fn


def image_fn(height=4, channels=3, name="images"):
    def module_fn():
        images = tf.placeholder(tf.float32, [None, height, 5, channels])
        kernel = tf.get_variable("kernel", [3, 3, channels, 2], initializer=tf.random_normal_initializer(seed=2))
        made = tf.nn.conv2d(images, kernel, strides=[1, 1, 1, 1], padding="SAME")
        hub.add_signature(inputs={name: images}, outputs=tf.reduce_mean(made, axis=[1, 2]))

    return module_fn


def other_fn(inputs, outputs, dtype=tf.string):
    """A module that is neither."""

    def module_fn():
        given = {name: tf.placeholder(dtype, shape) for name, shape in inputs.items()}
        hub.add_signature(
            inputs=given,
            outputs={name: tf.placeholder_with_default(value, shape) for name, (value, shape) in outputs.items()},
        )

    return module_fn


def written(spec, folder):
    """The folder of an exported module."""
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(folder, session)
    return folder


def error_of(function):
    try:
        return "no error: %r" % (function(),)
    except (ValueError, NotImplementedError) as error:
        return str(error)


def names():
    keys = [
        tf.GraphKeys.GLOBAL_VARIABLES,
        tf.GraphKeys.TRAINABLE_VARIABLES,
        tf.GraphKeys.REGULARIZATION_LOSSES,
        tf.GraphKeys.MODEL_VARIABLES,
    ]
    return np.array(["%s %s" % (key, item.name) for key in keys for item in tf.get_collection(key)])


def outputs_of(build):
    """What a graph gives, and the names of its variables and operations."""
    with tf.Graph().as_default() as graph:
        fetches = build()
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            values = session.run(fetches)
        # How variables are restored is the libraries' own business.
        operations = [op.name for op in graph.get_operations() if "/save/" not in op.name]
        return values, names(), np.array(operations)


def main(folder):
    text_module = written(hub.create_module_spec(text_fn()), os.path.join(folder, "text"))
    image_module = written(hub.create_module_spec(image_fn()), os.path.join(folder, "image"))
    columns = tf.feature_column
    results = {}

    text = hub.text_embedding_column("text", text_module)
    trained = hub.text_embedding_column("other", text_module, trainable=True)

    def texts():
        features = {"text": tf.constant(TEXTS), "other": tf.constant([[word] for word in TEXTS])}
        both = columns.input_layer(features, [trained, text])
        variables = {}
        with tf.variable_scope("frozen"):
            frozen = columns.input_layer(features, [trained], trainable=False, cols_to_vars=variables)
        linear = columns.linear_model(features, [text, trained])
        assert [v.op.name.split("/")[0] for v in variables[trained]] == ["frozen"]
        return [both, frozen, linear]

    results["texts"], results["text_names"], results["text_operations"] = outputs_of(texts)
    results["texts"] = np.concatenate(results["texts"], axis=1)

    def words():
        given = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], ["good", "film", "bad"], [3, 3])
        made = []
        for combiner in ("mean", "sqrtn", "sum"):
            column = hub.sparse_text_embedding_column(
                "words", text_module, combiner, "nothing", trainable=combiner == "sum"
            )
            made.append(columns.input_layer({"words": given}, [column]))
        full = tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["good", "film", "bad"], [2, 2])
        column = hub.sparse_text_embedding_column("words", text_module, "mean", None)
        made.append(columns.input_layer({"words": full}, [column])[:1] + tf.zeros([3, 1]))
        return made

    results["words"], results["word_names"], results["word_operations"] = outputs_of(words)
    results["words"] = np.concatenate(results["words"], axis=1)

    image = hub.image_embedding_column("image", image_module)
    pixels = (np.arange(2 * 4 * 5 * 3).reshape([2, 4, 5, 3]) % 17 / 16).astype(np.float32)

    def images():
        features = {"image": tf.constant(pixels), "text": tf.constant(TEXTS[:2])}
        pixel_column = columns.numeric_column("image", shape=[4, 5, 3])
        nested = hub.image_embedding_column(pixel_column, image_module)
        nested_text = hub.text_embedding_column(text, text_module)
        assert nested.name == image.name and nested_text.parents == [text]
        return [
            columns.input_layer(features, [image, text]),
            columns.input_layer(features, [nested]),
            columns.linear_model(features, [image]),
        ]

    results["images"], results["image_names"], results["image_operations"] = outputs_of(images)
    results["images"] = np.concatenate(results["images"], axis=1)

    sized = hub.image_embedding_column("sized", image_module, image_size=[6, 7])
    sparse = hub.sparse_text_embedding_column("words", text_module, "mean", "")
    spec = columns.make_parse_example_spec([text, sparse, image, sized])
    results["parsing"] = np.array(sorted("%s %s" % (key, tuple(value)) for key, value in spec.items()))
    results["shapes"] = np.array([str(c.variable_shape) for c in (text, sparse, image, sized)])
    results["columns"] = np.array(
        [c.name for c in (text, sparse, image, sized)] + [str(c).replace(folder, "") for c in (text, image, sized)]
    )
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[word.encode()])),
                    "words": tf.train.Feature(
                        bytes_list=tf.train.BytesList(value=[part.encode() for part in word.split()])
                    ),
                }
            )
        ).SerializeToString()
        for word in TEXTS
    ]

    def parsed():
        features = tf.parse_example(examples, columns.make_parse_example_spec([text, sparse]))
        return columns.input_layer(features, [text, sparse])

    results["parsed"], _, _ = outputs_of(parsed)

    config = trained.get_config()
    again = type(trained).from_config(config)
    assert again == trained and hash(again) == hash(trained)
    assert type(sized).from_config(sized.get_config()) == sized
    results["configuration"] = np.array(
        [str(sorted(config.items())), str(sorted(sized.get_config().items())), type(text).__name__]
    )
    results["configuration"] = np.char.replace(results["configuration"], folder, "")

    text_spec = hub.create_module_spec(text_fn())
    image_spec = hub.create_module_spec(image_fn())
    vector = (np.zeros([2, 3], np.float32), [None, 3])
    two_inputs = hub.create_module_spec(other_fn({"a": [None], "b": [None]}, {"default": vector}))
    two_sizes = hub.create_module_spec(other_fn({"default": [None, 1]}, {"default": vector}))
    no_default = hub.create_module_spec(other_fn({"default": [None]}, {"other": vector}))
    no_size = hub.create_module_spec(other_fn({"default": [None]}, {"default": (vector[0], [None, None])}))
    one_batch = hub.create_module_spec(other_fn({"default": [None]}, {"default": (vector[0], [2, 3])}))
    no_shape = hub.create_module_spec(other_fn({"default": None}, {"default": (vector[0], None)}))
    no_float = hub.create_module_spec(other_fn({"default": [None]}, {"default": (np.zeros([2, 3]), [None, 3])}))
    image_without_size = hub.create_module_spec(
        other_fn({"images": [None, None, 5, 3]}, {"default": vector}, tf.float32)
    )
    image_without_default = hub.create_module_spec(
        other_fn({"images": [None, 4, 5, 3]}, {"other": vector}, tf.float32)
    )
    image_of_no_size = hub.create_module_spec(
        other_fn({"images": [None, 4, 5, 3]}, {"default": (vector[0], None)}, tf.float32)
    )
    results["errors"] = np.array(
        [
            error_of(lambda: hub.text_embedding_column("x", spec))
            for spec in (
                image_spec, two_inputs, two_sizes, no_default, no_size, one_batch, no_shape, no_float,
                hub.create_module_spec(text_fn(batch=4)),
            )
        ]
        + [
            error_of(lambda: hub.sparse_text_embedding_column("x", image_spec, "mean", "")),
            error_of(lambda: hub.sparse_text_embedding_column("x", text_spec, "max", "")),
            error_of(lambda: hub.sparse_text_embedding_column("x", text_spec, None, "")),
            error_of(lambda: hub.sparse_text_embedding_column("x", text_spec, "mean", "").get_config()),
        ]
        + [
            error_of(lambda: hub.image_embedding_column("x", spec))
            for spec in (
                text_spec, image_without_size, image_without_default, image_of_no_size,
                hub.create_module_spec(image_fn(name="pixels")),
            )
        ]
        + [
            error_of(lambda: str(hub.image_embedding_column("x", image_without_size, (4, 4)).image_size)),
            error_of(lambda: hub.text_embedding_column("x", text_spec).get_config()).split("Got")[0],
            error_of(lambda: hub.image_embedding_column("x", image_spec).get_config()).split("Got")[0],
            error_of(lambda: columns.input_layer({"no": tf.constant(["a"])}, [text])),
        ]
    )  # fmt: skip
    return results
