"""A new last layer on an image module: features computed once, the layer trained on them, tried, and served."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

CLASSES = ["horizontal", "vertical", "plain"]


def write_images(folder, count=8, seed=4):
    """PNG files of stripes that run one way or the other, or not at all, a folder for each class."""
    chosen = np.random.RandomState(seed)
    with tf.Graph().as_default(), tf.Session() as session:
        pixels = tf.placeholder(tf.uint8, [None, None, 3])
        encoded = tf.image.encode_png(pixels)
        for label in CLASSES:
            os.makedirs(os.path.join(folder, label))
            for number in range(count):
                image = chosen.randint(0, 60, [18, 14, 3]).astype(np.uint8)
                start = chosen.randint(2, 5)
                if label == "horizontal":
                    image[start::4] += 150
                elif label == "vertical":
                    image[:, start::4] += 150
                with open(os.path.join(folder, label, "%02d.png" % number), "wb") as f:
                    f.write(session.run(encoded, {pixels: image}))


def publish_module(handle):
    """Writes a module of image features with one convolution, that takes images of 16 by 16."""

    def module_fn():
        images = tf.placeholder(tf.float32, [None, 16, 16, 3])
        across = np.zeros([3, 3, 3, 4], np.float32)
        across[:, 0, :, 0], across[:, 2, :, 0] = -1, 1
        across[0, :, :, 1], across[2, :, :, 1] = -1, 1
        across[:, :, :, 2], across[1, 1, :, 3] = 1 / 9, 1
        kernel = tf.get_variable("kernel", initializer=across)
        features = tf.abs(tf.nn.conv2d(images, kernel, [1, 1, 1, 1], "SAME"))
        hub.add_signature(inputs={"images": images}, outputs=tf.reduce_mean(features, axis=[1, 2]))

    spec = hub.create_module_spec(module_fn)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(handle, session)


def decoded_image(module_spec):
    """The bytes of a file, and the image as the module wants it, in a batch of one."""
    height, width = hub.get_expected_image_size(module_spec)
    data = tf.placeholder(tf.string, name="data")
    image = tf.image.decode_png(data, channels=hub.get_num_image_channels(module_spec))
    image = tf.image.convert_image_dtype(image, tf.float32)
    return data, tf.image.resize_bilinear(tf.expand_dims(image, 0), [height, width])


def cached_features(session, folder, data, resized, images, features):
    """The features of all images, computed once, and their classes."""
    found, labels = [], []
    for label, name in enumerate(CLASSES):
        for file in sorted(os.listdir(os.path.join(folder, name))):
            with open(os.path.join(folder, name, file), "rb") as f:
                image = session.run(resized, {data: f.read()})
            found.append(session.run(features, {images: image})[0])
            labels.append(label)
    return np.array(found), np.array(labels)


def add_last_layer(features, labels):
    """The new layer, its loss, and a step that trains it."""
    with tf.name_scope("input"):
        cached = tf.placeholder_with_default(features, [None, features.shape[1]], name="features")
    with tf.name_scope("last"):
        weights = tf.Variable(tf.truncated_normal([features.shape[1], len(CLASSES)], stddev=0.001, seed=5), name="w")
        bias = tf.Variable(tf.zeros([len(CLASSES)]), name="b")
        logits = tf.matmul(cached, weights) + bias
        tf.summary.histogram("logits", logits)
    final = tf.nn.softmax(logits, name="final_result")
    with tf.name_scope("train"):
        loss = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
        tf.summary.scalar("loss", loss)
        step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    correct = tf.equal(tf.argmax(final, 1), labels)
    return cached, final, loss, step, tf.reduce_mean(tf.cast(correct, tf.float32))


def main(folder):
    images_folder, handle = os.path.join(folder, "images"), os.path.join(folder, "module")
    os.makedirs(images_folder)
    write_images(images_folder)
    publish_module(handle)
    module_spec = hub.load_module_spec(handle)
    results = {}
    with tf.Graph().as_default():
        height, width = hub.get_expected_image_size(module_spec)
        images = tf.placeholder(tf.float32, [None, height, width, 3])
        features = hub.Module(module_spec)(images)
        data, resized = decoded_image(module_spec)
        labels = tf.placeholder(tf.int64, [None])
        cached, final, loss, step, accuracy = add_last_layer(features, labels)
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values, truth = cached_features(session, images_folder, data, resized, images, features)
            training = np.arange(len(truth)) % 4 != 0
            merged = tf.summary.merge_all()
            writer = tf.summary.FileWriter(os.path.join(folder, "logs"), session.graph)
            losses = []
            for number in range(40):
                feeds = {cached: values[training], labels: truth[training]}
                summary, value, _ = session.run([merged, loss, step], feeds)
                writer.add_summary(summary, number)
                losses.append(value)
            writer.close()
            held_out = {cached: values[~training], labels: truth[~training]}
            results["accuracy"] = session.run(accuracy, held_out)
            results["features"], results["losses"] = values, np.array(losses)
            results["held out"] = session.run(final, held_out)
            saver.save(session, os.path.join(folder, "trained"))

    served = os.path.join(folder, "served")
    with tf.Graph().as_default():
        data, resized = decoded_image(module_spec)
        _, final, _, _, _ = add_last_layer(hub.Module(module_spec)(resized), tf.constant([0], tf.int64))
        with tf.Session() as session:
            tf.train.Saver().restore(session, os.path.join(folder, "trained"))
            tf.saved_model.simple_save(session, served, {"image": data}, {"prediction": final})
    with tf.Graph().as_default(), tf.Session() as session:
        model = tf.saved_model.load(session, ["serve"], served)
        signature = model.signature_def["serving_default"]
        answers = []
        for name in CLASSES:
            with open(os.path.join(images_folder, name, "00.png"), "rb") as f:
                feeds = {signature.inputs["image"].name: f.read()}
            answers.append(session.run(signature.outputs["prediction"].name, feeds)[0])
        results["served"] = np.array(answers)
    return results
