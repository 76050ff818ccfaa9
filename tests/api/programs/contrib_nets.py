"""`tf.contrib.slim.nets`: names, sizes and collections, which published checkpoints must fit, and results of small parts.

Of a large network the answer is a digest: its text would be some hundred kilobytes.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, results
from tests.api.programs.contrib import run, slim


def nets(tf: Any, name: str) -> Any:
    """A module of `tf.contrib.slim.nets`, or the one of tf_slim that took its place."""
    s = slim(tf)
    if hasattr(tf, "contrib"):
        return getattr(s.nets, name)
    return importlib.import_module(f"tf_slim.nets.{name}")


def told(tf: Any, network: Callable[..., Any], sizes: Any, defaults: Any, **options: Any) -> Any:
    """The shape of the logits, numbers of end points and variables, and a digest of these with all operations and collections."""
    with tf.Graph().as_default() as graph, slim(tf).arg_scope(defaults):
        logits, end_points = network(tf.placeholder(tf.float32, sizes), **options)
        variables = [(v.name, str(v.shape)) for v in tf.global_variables()]
        points = [(name, t.name, str(t.shape)) for name, t in end_points.items()]
        collections = [
            (key, [each.name for each in graph.get_collection(key) if hasattr(each, "name")])
            for key in sorted(graph.get_all_collection_keys())
            if "cond" not in key
        ]
        names = [(op.name, op.type) for op in graph.get_operations()]
    text = json.dumps([variables, points, collections, names])
    return [
        logits.name,
        str(logits.shape),
        getattr(network, "default_image_size", None),
        len(points),
        len(variables),
        hashlib.sha256(text.encode()).hexdigest(),
    ]


@results
def plain_networks(tf: Any) -> Any:
    alexnet, overfeat, vgg = (nets(tf, name) for name in ("alexnet", "overfeat", "vgg"))
    large: dict[str, Any] = {"spatial_squeeze": False, "is_training": False, "num_classes": 3}
    return [
        told(tf, alexnet.alexnet_v2, [2, 224, 224, 3], alexnet.alexnet_v2_arg_scope()),
        told(tf, alexnet.alexnet_v2, [2, 300, 400, 3], {}, **large),
        told(tf, overfeat.overfeat, [2, 231, 231, 3], overfeat.overfeat_arg_scope(0.1)),
        told(tf, vgg.vgg_a, [2, 224, 224, 3], vgg.vgg_arg_scope(), scope="mine"),
        told(tf, vgg.vgg_16, [None, 256, 256, 3], vgg.vgg_arg_scope(), **large),
        told(tf, vgg.vgg_e, [1, 224, 224, 3], {}, dropout_keep_prob=0.3),
        vgg.vgg_d is vgg.vgg_16,
        attempt(lambda: told(tf, vgg.vgg_a, [2, 256, 256, 3], {})),
    ]


@results
def residual_networks(tf: Any) -> Any:
    one, two = nets(tf, "resnet_v1"), nets(tf, "resnet_v2")
    sizes: list[int | None] = [None, None, None, 3]
    return [
        told(tf, one.resnet_v1_50, [2, 224, 224, 3], one.resnet_arg_scope(), num_classes=5),
        told(tf, two.resnet_v2_101, sizes, {}, global_pool=False, output_stride=8),
        [one.resnet_v1.default_image_size, two.resnet_v2.default_image_size],
    ]


@results
def inceptions(tf: Any) -> Any:
    inception = nets(tf, "inception")
    v1, v2, v3 = inception.inception_v1, inception.inception_v2, inception.inception_v3
    inner = inception.inception_v3_arg_scope(0.1, "moving", 0.9, 0.01, None, False)
    small = {"depth_multiplier": 0.25, "min_depth": 4, "spatial_squeeze": False}
    plain = inception.inception_v1_arg_scope(use_batch_norm=False)
    return [
        told(tf, v1, [2, 224, 224, 3], inception.inception_v1_arg_scope(), is_training=False),
        told(tf, v1, [2, 224, 224, 3], plain, num_classes=5, dropout_keep_prob=0.3),
        told(tf, v2, [2, 100, 160, 3], inception.inception_v2_arg_scope(), **small),
        told(tf, v3, [2, 299, 299, 3], {}, dropout_keep_prob=0.3),
        told(tf, v3, [1, 150, 170, 3], inner, scope="mine", is_training=False, **small),
        [attempt(lambda each=each: each(None, depth_multiplier=0)) for each in (v2, v3)],
    ]


@results
def small_residual_networks(tf: Any) -> Any:
    utils = nets(tf, "resnet_utils")
    tf.set_random_seed(5)
    value = np.arange(2.0 * 13 * 15 * 3, dtype=np.float32).reshape(2, 13, 15, 3) % 11 / 11
    x = tf.placeholder(tf.float32, [2, 13, 15, 3])
    found, points = [], []
    with slim(tf).arg_scope(utils.resnet_arg_scope(0.1, 0.9, 0.01)):
        for version in (1, 2):
            resnet = nets(tf, f"resnet_v{version}")
            network = getattr(resnet, f"resnet_v{version}")
            block = getattr(resnet, f"resnet_v{version}_block")
            blocks = [block("first", 2, 2, 2), block("second", 2, 1, 2), block("third", 1, 2, 1)]
            for stride, reuse in ((None, None), (2, True)):
                net, ends = network(
                    x, blocks, 3, False, False, stride, False, reuse, f"small{version}"
                )
                found.append(net)
                points.append([(name, t.name, str(t.shape)) for name, t in ends.items()])
            found.append(
                network(x, blocks[:1], None, False, output_stride=8, scope=f"root{version}")[0]
            )
    return [
        points,
        run(tf, {x: value}, *found),
        [message(lambda s=s: network(x, blocks, output_stride=s)) for s in (6, 12, 64)],
        message(lambda: utils.stack_blocks_dense(x, blocks, 3)),
        str(utils.subsample(x, 3).shape),
        utils.subsample(x, 1) is x,
        str(utils.conv2d_same(x, 2, 4, 2, rate=1).shape),
        [list(each)[::2] for each in blocks],
    ]


@results
def parts_of_inceptions(tf: Any) -> Any:
    inception = nets(tf, "inception")
    tf.set_random_seed(7)
    value = np.arange(2.0 * 32 * 29 * 3, dtype=np.float32).reshape(2, 32, 29, 3) % 13 / 13
    x = tf.placeholder(tf.float32, [2, 32, 29, 3])
    small = {"depth_multiplier": 0.04, "min_depth": 4}
    s = slim(tf)
    # The statistics of such small batches would tell roundings apart.
    with (
        s.arg_scope(inception.inception_v2_arg_scope()),
        s.arg_scope([s.batch_norm], is_training=False),
    ):
        two, ends = inception.inception_v2_base(x, "Mixed_4a", **small)
    one, _ = inception.inception_v1_base(x, "MaxPool_2a_3x3", scope="mine")
    three, _ = inception.inception_v3_base(x, "MaxPool_3a_3x3", scope="other", **small)
    return [
        [(name, t.name, str(t.shape)) for name, t in ends.items()],
        [str(t.shape) for t in (one, three)],
        run(tf, {x: value}, two, tf.reduce_mean(one, [1, 2]), three),
        message(lambda: inception.inception_v1_base(x, "Mixed_9z", scope="wrong")),
        message(lambda: inception.inception_v3_base(x, depth_multiplier=-1)),
    ]
