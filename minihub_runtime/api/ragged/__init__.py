"""Tensors whose rows have different lengths.

Reading order: `row_partition` (how values are divided into rows), `tensor` (RaggedTensor), `elementwise` and the other modules
(what functions of dense tensors do with ragged ones; `api.dispatch` says which).
"""
