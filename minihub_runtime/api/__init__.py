"""The TF1 way of writing graphs.

Reading order: `graph` (graphs, operations, tensors, scopes), `building` (ops by name), `conversion` (Python values as tensors),
`composite` (sparse and ragged tensors), `variables` and `variable_scope`, `importing` (GraphDef and MetaGraphDef into the
current graph), `session`.  `minihub_runtime` gathers the public names.
"""
