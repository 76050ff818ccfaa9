"""Modules in ready-made estimators: an image module under a linear model, words and numbers beside each other under both."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

WORDS = ["red", "green", "blue", "small", "large", "old", "new"]


def publish(handle, module_fn):
    spec = hub.create_module_spec(module_fn)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(handle, session)
    return handle


def image_fn():
    images = tf.placeholder(tf.float32, [None, 6, 6, 3])
    corners = tf.concat([images[:, :2, :2], images[:, 4:, 4:]], axis=3)
    scale = tf.get_variable("scale", initializer=np.linspace(0.5, 2.0, 6).astype(np.float32))
    hub.add_signature(inputs={"images": images}, outputs=tf.reduce_mean(corners, axis=[1, 2]) * scale)


def word_fn():
    word = tf.placeholder(tf.string, [None])
    table = tf.get_variable("table", [13, 4], initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=3))
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, 0.01 * tf.nn.l2_loss(table))
    hub.add_signature(
        inputs=word, outputs=tf.gather(table, tf.strings.to_hash_bucket_fast(word, 13))
    )


def config(folder, name):
    return tf.estimator.RunConfig(model_dir=os.path.join(folder, name), tf_random_seed=5)


def summary(prefix, estimator, input_fn):
    """Metrics, logits and variables, by name."""
    metrics = estimator.evaluate(input_fn, steps=1)
    keys = sorted(metrics)
    found = {
        prefix + " keys": np.array(keys),
        prefix + " metrics": np.array([metrics[key] for key in keys], np.float64),
        prefix + " names": np.array(sorted(estimator.get_variable_names())),
    }
    for prediction in estimator.predict(lambda: input_fn()[0], yield_single_examples=False):
        found[prefix + " logits"] = prediction["logits"]
        found[prefix + " classes"] = prediction["classes"]
        break
    return found


def main(folder):
    images = publish(os.path.join(folder, "images"), image_fn)
    words = publish(os.path.join(folder, "words"), word_fn)
    chosen = np.random.RandomState(0)
    results = {}

    column = hub.image_embedding_column("pixels", images)
    height, width = hub.get_expected_image_size(column.module_spec)
    pixels = chosen.uniform(size=[12, height, width, 3]).astype(np.float32)
    bright = (pixels[:, :2, :2].mean(axis=(1, 2, 3)) * 3).astype(np.int64)

    def image_input_fn():
        return {"pixels": tf.constant(pixels)}, tf.constant(bright)

    estimator = tf.estimator.LinearClassifier(
        [column],
        n_classes=3,
        optimizer=tf.train.AdagradOptimizer(0.3),
        config=config(folder, "linear"),
    )
    estimator.train(image_input_fn, steps=25)
    results.update(summary("images", estimator, image_input_fn))

    indices, values = [], []
    for row in range(12):
        for place in range(row % 3):
            indices.append([row, place])
            values.append(WORDS[chosen.randint(len(WORDS))])
    numbers = chosen.normal(size=[12, 2]).astype(np.float32)
    labels = np.where(numbers[:, 0] > 0, b"yes", b"no")

    def word_input_fn():
        features = {
            "words": tf.SparseTensor(indices, values, [12, 2]),
            "first": tf.constant([WORDS[row % 7] for row in range(12)]),
            "numbers": tf.constant(numbers),
        }
        return features, tf.constant(labels)

    several = hub.sparse_text_embedding_column("words", words, "mean", "nothing", trainable=True)
    one = hub.text_embedding_column("first", words, trainable=True)
    estimator = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=[one],
        linear_optimizer=tf.train.GradientDescentOptimizer(0.05),
        dnn_feature_columns=[several, tf.feature_column.numeric_column("numbers", 2)],
        dnn_optimizer="Adam",
        dnn_hidden_units=[5],
        label_vocabulary=["no", "yes"],
        config=config(folder, "both"),
    )
    estimator.train(word_input_fn, steps=25)
    results.update(summary("words", estimator, word_input_fn))
    return results
