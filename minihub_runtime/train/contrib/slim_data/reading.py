"""`tf.contrib.slim.parallel_reader`, `dataset_data_provider`: records of files that several readers read in turn.

Source: tf_slim/data/parallel_reader.py, dataset_data_provider.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.gfile import matching
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.queues import FIFOQueue, QueueBase, RandomShuffleQueue
from minihub_runtime.api.record_readers import ReaderBase
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.dtypes import float32, string
from minihub_runtime.public import public
from minihub_runtime.train.contrib.slim_data.specifications import DataProvider, Dataset
from minihub_runtime.train.input_producers import string_input_producer
from minihub_runtime.train.queue_runners import QueueRunner, add_queue_runner

__all__ = [
    "DatasetDataProvider",
    "ParallelReader",
    "get_data_files",
    "parallel_read",
    "single_pass_read",
    "summarize_fill",
]


def summarize_fill(queue: QueueBase, capacity: int) -> None:
    """Add a summary of the part of a queue that is full."""
    part = cast(queue.size(), float32) * (1.0 / capacity)
    scalar(f"fraction_of_{capacity}_full", part)


@public("contrib.slim.parallel_reader.ParallelReader")
class ParallelReader(ReaderBase):
    """Several readers, whose records enter one queue.

    Args:
        reader_class: makes a reader.
        common_queue: a queue of keys and values, both strings.
        num_readers: how many readers there are.
        reader_kwargs: what they are made with.

    Raises:
        TypeError: the queue has elements of another kind.
    """

    def __init__(
        self,
        reader_class: Callable[..., ReaderBase],
        common_queue: QueueBase,
        num_readers: int = 4,
        reader_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        types = common_queue.dtypes
        if len(types) != 2 or not all(dtype.is_compatible_with(string) for dtype in types):
            raise TypeError("common_queue.dtypes must be [tf.string, tf.string]")
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    @property
    def num_readers(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def common_queue(self) -> QueueBase:
        """The queue of records."""
        return self._common_queue

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Key and value of the next record; a queue runner is added, which lets the readers work.

        Args:
            queue: a queue of names of files.
            name: wanted name.
        """
        self._configure_readers_by(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Keys and values of the next records, `num_records` at most; see `read`."""
        self._configure_readers_by(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _configure_readers_by(self, queue: Any) -> None:
        enqueue_ops = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        add_queue_runner(QueueRunner(self._common_queue, enqueue_ops))

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records the readers gave."""
        total: Tensor = add_n([one.num_records_produced() for one in self._readers], name=name)
        return total

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many files the readers are done with."""
        total: Tensor = add_n([one.num_work_units_completed() for one in self._readers], name=name)
        return total


@public("contrib.slim.parallel_reader.parallel_read")
def parallel_read(
    data_sources: Any,
    reader_class: Callable[..., ReaderBase],
    num_epochs: int | None = None,
    num_readers: int = 4,
    reader_kwargs: Mapping[str, Any] | None = None,
    shuffle: bool = True,
    dtypes: Any = None,
    capacity: int = 256,
    min_after_dequeue: int = 128,
    seed: int | None = None,
    scope: str | None = None,
) -> Any:
    """Key and value of the next record of files that several readers read.

    Args:
        data_sources: a file, a pattern, or a list of them.
        reader_class: makes a reader.
        num_epochs: how many times each file is read; for ever if None.
        num_readers: how many readers there are.
        reader_kwargs: what they are made with.
        shuffle: whether files and records are mixed.
        dtypes: types of key and value; strings by default.
        capacity: how many records the queue takes.
        min_after_dequeue: how many stay in it, so that they are mixed.
        seed: seed of the mixing.
        scope: name of the scope.

    Raises:
        ValueError: there is no such file.
    """
    data_files = get_data_files(data_sources)
    with name_scope(scope, "parallel_read"):
        filename_queue = string_input_producer(
            data_files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames"
        )
        common_queue: QueueBase
        dtypes = dtypes or [string, string]
        if shuffle:
            common_queue = RandomShuffleQueue(
                capacity=capacity,
                min_after_dequeue=min_after_dequeue,
                dtypes=dtypes,
                seed=seed,
                name="common_queue",
            )
        else:
            common_queue = FIFOQueue(capacity=capacity, dtypes=dtypes, name="common_queue")
        summarize_fill(common_queue, capacity)
        reader = ParallelReader(reader_class, common_queue, num_readers, reader_kwargs)
        return reader.read(filename_queue)


@public("contrib.slim.parallel_reader.single_pass_read")
def single_pass_read(
    data_sources: Any,
    reader_class: Callable[..., ReaderBase],
    reader_kwargs: Mapping[str, Any] | None = None,
    scope: str | None = None,
) -> Any:
    """Key and value of the next record of files that are read once, in order; see `parallel_read`."""
    data_files = get_data_files(data_sources)
    with name_scope(scope, "single_pass_read"):
        filename_queue = string_input_producer(
            data_files, num_epochs=1, shuffle=False, capacity=1, name="filenames"
        )
        return reader_class(**(reader_kwargs or {})).read(filename_queue)


@public("contrib.slim.parallel_reader.get_data_files")
def get_data_files(data_sources: Any) -> list[Any]:
    """The files of a name, a pattern, or a list or tuple of them.

    Raises:
        ValueError: there are none.
    """
    found: list[Any]
    if isinstance(data_sources, (list, tuple)):
        found = [file for source in data_sources for file in get_data_files(source)]
    elif any(sign in data_sources for sign in "*?["):
        found = matching(data_sources)
    else:
        found = [data_sources]
    if not found:
        raise ValueError(f"No data files found in {data_sources}")
    return found


@public("contrib.slim.dataset_data_provider.DatasetDataProvider")
class DatasetDataProvider(DataProvider):
    """Gives the items of a dataset's examples.

        provider = slim.dataset_data_provider.DatasetDataProvider(dataset, shuffle=False)
        image, label = provider.get(["image", "label"])

    Args:
        dataset: a Dataset.
        num_readers, reader_kwargs, shuffle, num_epochs, seed, scope: see `parallel_read`.
        common_queue_capacity: how many records the queue takes.
        common_queue_min: how many stay in it.
        record_key: the item that is the key of a record.

    Raises:
        ValueError: an item is called like `record_key`, or there is no file.
    """

    def __init__(
        self,
        dataset: Dataset,
        num_readers: int = 1,
        reader_kwargs: Mapping[str, Any] | None = None,
        shuffle: bool = True,
        num_epochs: int | None = None,
        common_queue_capacity: int = 256,
        common_queue_min: int = 128,
        record_key: str = "record_key",
        seed: int | None = None,
        scope: str | None = None,
    ) -> None:
        key, data = parallel_read(
            dataset.data_sources,
            reader_class=dataset.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = dataset.decoder.list_items()
        tensors = dataset.decoder.decode(data, items)
        items_to_tensors = dict(zip(items, tensors, strict=False))
        if record_key in items_to_tensors:
            raise ValueError(
                "The item name used for `record_key` cannot also be used for a dataset item: "
                f"{record_key}"
            )
        items_to_tensors[record_key] = key
        super().__init__(items_to_tensors, dataset.num_samples)
