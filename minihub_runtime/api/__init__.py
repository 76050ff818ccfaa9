"""The TF1 way of writing graphs.

Reading order: `elements` (operations and tensors), `graph` (graphs and scopes), `defaults` (the default graph and session),
`building` (ops by name), `conversion` (Python values as tensors), `composite` (sparse and ragged tensors), `variables` (variables
and their scopes), `importing` (GraphDef and MetaGraphDef into the current graph), `session`.  `minihub_runtime` gathers the
public names.
"""
