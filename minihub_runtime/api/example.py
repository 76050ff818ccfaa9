"""The messages of training data: `tf.train.Example` and its parts.

Source: tensorflow/core/example/example.proto, feature.proto.
"""

from __future__ import annotations

from minihub_runtime import protos
from minihub_runtime.public import public

__all__ = [
    "BytesList",
    "Example",
    "Feature",
    "FeatureList",
    "FeatureLists",
    "Features",
    "FloatList",
    "Int64List",
    "SequenceExample",
]

BytesList = public("train.BytesList")(protos.BytesList)
Example = public("train.Example")(protos.Example)
Feature = public("train.Feature")(protos.Feature)
FeatureList = public("train.FeatureList")(protos.FeatureList)
FeatureLists = public("train.FeatureLists")(protos.FeatureLists)
Features = public("train.Features")(protos.Features)
FloatList = public("train.FloatList")(protos.FloatList)
Int64List = public("train.Int64List")(protos.Int64List)
SequenceExample = public("train.SequenceExample")(protos.SequenceExample)
