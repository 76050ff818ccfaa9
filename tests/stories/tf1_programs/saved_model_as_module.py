"""A SavedModel written with the builder, loaded with the loader, and turned into a module."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def build():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    scale = tf.get_variable("scale", initializer=tf.constant([2.0, 3.0]))
    words = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["low", "high"], tf.constant([0, 1], tf.int64)), -1
    )
    label = tf.placeholder(tf.string, [None], name="label")
    y = tf.identity(x * scale, name="y")
    n = tf.identity(words.lookup(label), name="n")
    return {"x": x, "label": label}, {"y": y, "n": n}


def main(folder):
    results = {}
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    path = os.path.join(folder, "saved")
    with tf.Graph().as_default():
        inputs, outputs = build()
        signature = tf.saved_model.signature_def_utils.build_signature_def(
            {k: tf.saved_model.utils.build_tensor_info(v) for k, v in inputs.items()},
            {k: tf.saved_model.utils.build_tensor_info(v) for k, v in outputs.items()},
            tf.saved_model.signature_constants.PREDICT_METHOD_NAME,
        )
        builder = tf.saved_model.builder.SavedModelBuilder(path)
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            builder.add_meta_graph_and_variables(
                sess,
                [tf.saved_model.tag_constants.SERVING],
                signature_def_map={"serving_default": signature},
                main_op=tf.tables_initializer(),
                strip_default_attrs=True,
            )
        builder.save()

    with tf.Graph().as_default(), tf.Session() as sess:
        meta_graph = tf.saved_model.loader.load(sess, ["serve"], path)
        names = meta_graph.signature_def["serving_default"]
        feeds = {names.inputs["x"].name: x, names.inputs["label"].name: ["high", "none"]}
        fetches = {key: info.name for key, info in names.outputs.items()}
        for key, value in sess.run(fetches, feeds).items():
            results["loaded " + key] = value
        results["method"] = np.array(names.method_name)

    spec = hub.create_module_spec_from_saved_model(path)
    results["tags"] = np.array([sorted(tags) for tags in spec.get_tags()])
    module_path = os.path.join(folder, "module")
    with tf.Graph().as_default():
        m = hub.Module(spec, tags={"serve"})
        outputs = m({"x": x, "label": ["low", "high"]}, signature="serving_default", as_dict=True)
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for key, value in sess.run(outputs).items():
                results["module " + key] = value
            m.export(module_path, sess)
    with tf.Graph().as_default():
        m = hub.Module(module_path, tags={"serve"})
        outputs = m({"x": x, "label": ["low", "high"]}, signature="serving_default", as_dict=True)
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for key, value in sess.run(outputs).items():
                results["again " + key] = value
    return results
