"""Samples of `ops/dataset_part.py`."""

from tests.samples import i64
from tests.samples.dataset_source import numbers, of

SAMPLES = [
    of("TakeDataset", "some", 2, count=i64(2)),
    of("TakeDataset", "all", 5, count=i64(-1)),
    of("TakeDataset", "more than there are", 5, count=i64(9)),
    of("TakeDataset", "end", 3, count=i64(2), error="End of sequence"),
    of("SkipDataset", "some", 3, count=i64(2)),
    of("SkipDataset", "all", 1, count=i64(9), error="End of sequence"),
    of("SkipDataset", "a negative number", 1, count=i64(-1), error="End of sequence"),
    of("ShardDataset", "second of three", 3, numbers(8), num_shards=i64(3), index=i64(1)),
    of("ShardDataset", "no such shard", 1, num_shards=i64(3), index=i64(3), error="Index"),
    of("ShardDataset", "no shards", 1, num_shards=i64(0), index=i64(0), error="shards"),
    of("ShardDataset", "end", 3, num_shards=i64(3), index=i64(2), error="End of sequence"),
]
