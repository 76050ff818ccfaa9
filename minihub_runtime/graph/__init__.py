"""Bytes become a graph.

Reading order: `ir` (what a node and a graph are), `reader` (GraphDef → graph), `functions` (the function library),
`checks` (what must hold of a stranger's graph), `writer` (graph → GraphDef), `text` (one node a line).
"""
