"""A graph that calls a function which calls itself: it halves `x` until that is below one, and counts how often."""

from __future__ import annotations

from google.protobuf import text_format

from minihub_runtime.protos import GraphDef

__all__ = ["recursive_graph"]

_GRAPH = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "shape" value { shape { } } } }
node { name: "y" op: "PartitionedCall" input: "x" %(types)s
  attr { key: "f" value { func { name: "halved" } } } }
library {
  function {
    signature { name: "halved" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "turns" type: DT_FLOAT } }
    node_def { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
    node_def { name: "large" op: "GreaterEqual" input: "x" input: "one:output:0"
      attr { key: "T" value { type: DT_FLOAT } } }
    node_def { name: "choice" op: "StatelessIf" input: "large:z:0" input: "x" %(types)s
      attr { key: "Tcond" value { type: DT_BOOL } }
      attr { key: "then_branch" value { func { name: "again" } } }
      attr { key: "else_branch" value { func { name: "over" } } } }
    ret { key: "turns" value: "choice:output:0" }
  }
  function {
    signature { name: "again" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "turns" type: DT_FLOAT } }
    node_def { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
    node_def { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
    node_def { name: "half" op: "RealDiv" input: "x" input: "two:output:0" attr { key: "T" value { type: DT_FLOAT } } }
    node_def { name: "rest" op: "PartitionedCall" input: "half:z:0" %(types)s
      attr { key: "f" value { func { name: "halved" } } } }
    node_def { name: "more" op: "AddV2" input: "rest:output:0" input: "one:output:0"
      attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "turns" value: "more:z:0" }
  }
  function {
    signature { name: "over" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "turns" type: DT_FLOAT } }
    node_def { name: "none" op: "ZerosLike" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "turns" value: "none:y:0" }
  }
}
versions { producer: 1087 }
"""
_TYPES = (
    'attr { key: "Tin" value { list { type: DT_FLOAT } } } '
    'attr { key: "Tout" value { list { type: DT_FLOAT } } }'
)


def recursive_graph() -> bytes:
    """The GraphDef."""
    return bytes(text_format.Parse(_GRAPH % {"types": _TYPES}, GraphDef()).SerializeToString())
