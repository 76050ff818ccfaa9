"""`minihub.finetune`: a classifier or regressor on a module, for people who never knew TF1.

    tuned = minihub.finetune(handle, sentences, labels)
    tuned.predict(["another sentence"])
    tuned.export("my_classifier")              # a Hub module: the old signatures and one more, `classification`

Reading order: `tasks` (labels, loss and scores of a classification or a regression), `head` (the layers on top, and the module
that has them), `examples` (features as batches), `network` (module and head in a graph of their own), `course` (epochs and the best of them),
`fingerprints`, `kept_features` and `checkpoints` (a training on disk, to go on with), `trainer` (the loop), `tuning` (what a user calls), `files`,
`image_folders` and `curves` (tables and images on disk, pictures of the course).
"""

from __future__ import annotations

from minihub.finetuning.course import Epoch
from minihub.finetuning.head import Head
from minihub.finetuning.tuning import FineTuned, finetune

__all__ = ["Epoch", "FineTuned", "Head", "finetune"]
