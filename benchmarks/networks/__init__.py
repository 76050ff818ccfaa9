"""The networks that are measured, as real architectures with seeded random weights.

Each is a function that builds a graph with `tensorflow.compat.v1` and returns its inputs and outputs by name; `NETWORKS`
says which there are. They run in the TensorFlow environment only, called by `benchmarks.generate`.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NETWORKS", "Network"]


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that can be built.

    Attributes:
        home: the file of this folder that builds it.
        options: arguments of its function.
        onnx: whether the peers that read ONNX or frozen graphs are given it; text cannot be.
        vocabulary: number of words of its vocabulary file, if it has one.
        trained: whether there is a graph with the tag `train` too, for which `build` gets `training=True`.
    """

    home: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    onnx: bool = True
    vocabulary: int = 0
    trained: bool = False

    def builder(self) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
        """The function that builds it, which wants TensorFlow."""
        found: Callable[..., Any] = importlib.import_module(
            f"benchmarks.networks.{self.home}"
        ).build
        return found


NETWORKS: Mapping[str, Network] = {
    "bilstm": Network("bilstm", {"length": 20}, onnx=False),
    "bert_4x768": Network("bert", {"layers": 4, "width": 768, "length": 128}),
    "efficientnet_b0": Network("keras_image", {"name": "EfficientNetB0", "size": 224}),
    "elmo": Network("elmo", onnx=False),
    "gan_64": Network("gan"),
    "i3d": Network("i3d"),
    "inception_v3": Network("keras_image", {"name": "InceptionV3", "size": 299}),
    "mobilenet_v1_025_128": Network(
        "keras_image", {"name": "MobileNet", "size": 128, "alpha": 0.25}
    ),
    "mobilenet_v2_224": Network("keras_image", {"name": "MobileNetV2", "size": 224}, trained=True),
    "nnlm": Network("nnlm", {"width": 128}, onnx=False, vocabulary=100_000),
    "resnet50_v2": Network("keras_image", {"name": "ResNet50V2", "size": 224}),
    "tables": Network("tables", onnx=False),
    "words_1000": Network("nnlm", {"width": 16}, onnx=False, vocabulary=1000),
    "words_10000": Network("nnlm", {"width": 16}, onnx=False, vocabulary=10_000),
    "words_100000": Network("nnlm", {"width": 16}, onnx=False, vocabulary=100_000),
    "words_1000000": Network("nnlm", {"width": 16}, onnx=False, vocabulary=1_000_000),
}
