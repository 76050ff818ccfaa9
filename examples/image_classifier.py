"""An image classifier with the signatures that image modules share.

    python examples/image_classifier.py FOLDER

The features are four convolutions with filters for edges; the classes, horizontal and vertical bars and their crossing, are
told apart by a linear layer whose weights are a least-squares fit on pictures made here.  The module has the signatures
`image_feature_vector`, `image_classification` and a default, and says the size of its images.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import minihub as hub
import minihub_runtime as tf
from minihub.common_signatures import add_image_signatures

SIZE = 16
CLASSES = ("horizontal", "vertical", "both")


def pictures(count: int, seed: int) -> tuple[Any, Any]:
    """Pictures float32 [count, SIZE, SIZE, 3] in [0, 1], and their classes."""
    random = np.random.default_rng(seed)
    images = random.uniform(0, 0.2, (count, SIZE, SIZE, 3)).astype(np.float32)
    labels = random.integers(0, len(CLASSES), count)
    for image, label in zip(images, labels, strict=True):
        row, column = random.integers(2, SIZE - 4, 2)
        if CLASSES[label] != "vertical":
            image[row : row + 2] = 0.9
        if CLASSES[label] != "horizontal":
            image[:, column : column + 2] = 0.9
    return images, labels


def edge_filters() -> Any:
    """Filters [3, 3, 3, 4] that answer to bright and dark lines, lying and standing."""
    line = np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], np.float32) / 18
    kinds = np.stack([line, line.T, -line, -line.T], axis=-1)
    return np.repeat(kinds[:, :, None, :], 3, axis=2)


def classifier() -> None:
    """Edges, their mean strength, and a linear layer."""
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3], name="images")
    net = tf.layers.conv2d(images, 4, 3, padding="same", activation=tf.nn.relu, name="edges")
    features = tf.reduce_mean(tf.square(net), axis=[1, 2])
    logits = tf.layers.dense(features, len(CLASSES), name="logits")

    info = hub.ImageModuleInfo()
    info.default_image_size.height = info.default_image_size.width = SIZE
    hub.attach_image_module_info(info)
    end_points = {"Bars/edges": net}
    add_image_signatures(
        "image_feature_vector", images, features, end_points=end_points, default=False
    )
    add_image_signatures("image_classification", images, logits, end_points=end_points)


def main(folder: str) -> None:
    """Fit the last layer to features the module computes, write the module, and test it."""
    images, labels = pictures(300, seed=1)
    with tf.Graph().as_default():
        module = hub.Module(hub.create_module_spec(classifier))
        variables = module.variable_map
        features = module({"images": images}, signature="image_feature_vector")
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            variables["edges/kernel"].load(edge_filters(), session)
            found = session.run(features)
            scale = found.std(axis=0)
            design = np.hstack([found / scale, np.ones((len(found), 1), np.float32)])
            weights = np.linalg.lstsq(design, np.eye(len(CLASSES))[labels], rcond=None)[0]
            variables["logits/kernel"].load((weights[:-1].T / scale).T.astype(np.float32), session)
            variables["logits/bias"].load(weights[-1].astype(np.float32), session)
            module.export(folder, session)

    classify = hub.load(folder)
    images, labels = pictures(100, seed=2)
    logits = classify(images, signature="image_classification")
    print(f"{np.mean(np.argmax(logits, axis=1) == labels):.0%} of {len(labels)} pictures right")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
