"""Graph → graph, pure functions, one per file.

`prune` keeps what the fetches need; `structure_loops` turns TF1 frames into `_Loop` nodes.  Constants are folded while
a plan is made (`engine.plan`), where each kernel is bound anyway.
"""
