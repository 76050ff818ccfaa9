"""Symbolic gradients: nodes that compute the derivatives of nodes.

Reading order: `site` (where the nodes go), `rules` (which rule differentiates a node), `nodes` (the gradient of one node),
`aggregation` (several gradients of one tensor), `reverse` (the pass backwards), `region` (a layer over a graph), `frames`, `stacks`
and `loops` (TF1 loops), `symbolic` (a function as a whole).  The rules
themselves stand beside the ops, in `ops/<family>.py`; what they compute with is in `ops.terms`.
"""
