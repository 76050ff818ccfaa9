"""Ratios of what a user waits for: minihub against its peers, measured side by side in one run.

    python -m benchmarks --quick
    python -m benchmarks --only mobilenet --json results.json --plot results.png

Reading order: `workloads` (what is measured and the bars), `networks` and `generate` (the models, written by TensorFlow), `inputs`
(what they are fed), `subjects` (one file per engine, run by `worker` in a process of its own), `processes` and `rounds` (workers
kept alive, interleaved), `report` and `plot`.

Not part of what is installed; TensorFlow and the peers live in environments of their own, see docs/benchmarks.md.
"""
