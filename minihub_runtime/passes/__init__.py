"""Graph → graph, one pass per file.

`prune` keeps what the fetches need; `structure_loops` turns TF1 frames into `_Loop` nodes; `read_again` lets what follows a write to
a variable by reference read it anew; `pipeline` lists the passes that make a plan faster, in their order, which rewrite a `region`.
Constants are folded while a plan is made (`engine.compiler`), where each kernel is bound anyway.
"""
