"""A graph from elsewhere reads the files of its module and no others, ends when it must, and takes no more than it may."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import (
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
)
from minihub_runtime.ops import datasets
from minihub_runtime.ops.registry import REGISTRY

RECORDS = Path(__file__).parents[1] / "data" / "records"


def reading(op: str, path: Path, **more: Any) -> Any:
    """A GraphDef that a stranger could have written, and the name of the tensor to run."""
    with tf.Graph().as_default() as graph:
        arguments = {"filenames": str(path), "compression_type": "", "buffer_size": 0, **more}
        dataset = getattr(tf.raw_ops, op)(**arguments)
        types = {"output_types": [tf.string], "output_shapes": [[]]}
        tf.raw_ops.DatasetToSingleElement(dataset=dataset, **types, name="read")
        return graph.as_graph_def()


def run(graph_def: Any, folder: Path | None = None) -> Any:
    """What a session of an imported graph reads."""
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        if folder is not None:
            graph.allow_reading(str(folder))
        with tf.Session() as session:
            return session.run("read:0")


@pytest.mark.parametrize(
    ("op", "more"),
    [
        ("TextLineDataset", {}),
        ("TFRecordDataset", {}),
        ("FixedLengthRecordDatasetV2", {"header_bytes": 0, "record_bytes": 12, "footer_bytes": 0}),
    ],
)
def test_a_file_of_the_machine_is_refused(op: str, more: Any, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"twelve bytes")
    with pytest.raises(PermissionDeniedError, match="files of its module only"):
        run(reading(op, path, **more))


def test_the_metadata_of_another_graph_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"line")
    for token in ("", "0" * 32):
        with pytest.raises(PermissionDeniedError):
            run(reading("TextLineDataset", path, metadata=f"\n\x20{token}"))


def test_a_file_of_the_module_is_read(tmp_path: Path) -> None:
    path = tmp_path / "asset"
    path.write_bytes(b"line")
    assert run(reading("TextLineDataset", path), tmp_path) == b"line"


def test_a_python_function_of_another_graph_is_not_found() -> None:
    with tf.Graph().as_default() as graph:
        dataset = tf.data.Dataset.from_generator(lambda: [1], tf.int32, [])
        tf.identity(tf.data.experimental.get_single_element(dataset), name="read")
        assert tf.Session().run("read:0") == 1
        written = graph.as_graph_def()
    with pytest.raises(NotFoundError, match="Python function"):
        run(written)


def summed() -> Any:
    """What sums up the elements of each key, which is the element."""
    reducer = tf.data.experimental.Reducer(lambda key: key, lambda s, n: s + n, lambda s: s)
    return tf.data.experimental.group_by_reducer(lambda n: n, reducer)


@pytest.mark.parametrize(
    "endless",
    [
        lambda data: data.range(1).repeat().filter(lambda n: n > 0),
        lambda data: data.range(1).repeat().skip(1 << 60),
        lambda data: data.range(1 << 60).batch(1 << 50),
        lambda data: data.range(1 << 60).shuffle(1 << 50),
        lambda data: data.range(0).shuffle(3).repeat(1 << 50),
        lambda data: data.range(1).repeat().map(lambda n: 1 // n).batch(1 << 50),
        lambda data: (
            data.range(1)
            .repeat()
            .map(lambda n: 1 // n)
            .take(1)
            .window(1 << 50)
            .flat_map(lambda rows: rows)
        ),
        lambda data: data.range(1).repeat().window(1, 1 << 50).skip(1).flat_map(lambda rows: rows),
        lambda data: data.range(1).repeat().shard(1 << 50, 1),
        lambda data: data.range(1).repeat().flat_map(data.range).skip(1),
        lambda data: data.range(1).repeat().interleave(lambda n: data.range(9), 2).skip(1 << 50),
        lambda data: (
            data.range(1)
            .apply(
                tf.data.experimental.group_by_window(
                    lambda n: n, lambda key, rows: data.range(1 // key), 2
                )
            )
            .apply(tf.data.experimental.ignore_errors())
        ),
        lambda data: (
            data.range(1).repeat().map(lambda n: 1 // n).apply(tf.data.experimental.ignore_errors())
        ),
        lambda data: data.range(1).repeat().flat_map(data.range),
        lambda data: (
            data.range(1).repeat().apply(tf.data.experimental.parallel_interleave(data.range, 2))
        ),
        lambda data: data.from_tensors(data.range(1).repeat().reduce(0, lambda a, n: a)),
        lambda data: data.range(1).repeat().apply(summed()),
    ],
)
def test_endless_datasets_obey_deadlines(endless: Any) -> None:
    with tf.Graph().as_default():
        element = tf.data.experimental.get_single_element(endless(tf.data.Dataset))
        options = tf.RunOptions(timeout_in_ms=100)
        with tf.Session() as session, pytest.raises(DeadlineExceededError):
            session.run(element, options=options)


def test_a_batch_of_results_has_the_shape_of_the_first() -> None:
    with tf.Graph().as_default():
        rows = tf.data.Dataset.range(3, 0, -1).map(lambda n: tf.ones([n, 6 // n]))
        batch = tf.data.experimental.get_single_element(rows.batch(3))
        with tf.Session() as session:
            assert session.run(batch).shape == (3, 3, 2)


def test_datasets_that_stand_on_each_other_without_end_are_refused() -> None:
    with tf.Graph().as_default():
        deep = wide = tf.data.Dataset.range(1)
        for _ in range(300):
            deep = deep.skip(1)
        for _ in range(40):
            wide = wide.concatenate(wide)
        with tf.Session() as session:
            for dataset, message in ((deep, "deep"), (wide, "made of at most")):
                iterator = tf.data.make_initializable_iterator(dataset)
                with pytest.raises(tf.errors.ResourceExhaustedError, match=message):
                    session.run(iterator.initializer)


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("buffer", lambda d: d.shuffle(1 << 40)),
        ("batch", lambda d: d.batch(1 << 40)),
        ("window", lambda d: d.window(1 << 40)),
        ("window", lambda d: d.map(lambda n: 1 // (n * 0)).window(1 << 40)),
        ("cache", lambda d: d.cache().skip(1 << 40)),
        ("states", lambda d: d.apply(summed())),
        (
            "cycle",
            lambda d: d.apply(tf.data.experimental.parallel_interleave(lambda n: d, 1 << 40)),
        ),
        (
            "group",
            lambda d: d.apply(
                tf.data.experimental.group_by_window(
                    lambda n: n, lambda key, found: found, window_size=2
                )
            ),
        ),
    ],
)
def test_kept_elements_take_no_more_than_a_result_may(
    what: str, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "MEMORY_LIMIT", 100_000)
    with tf.Graph().as_default():
        dataset = kept(tf.data.Dataset.range(1 << 60))
        following = dataset.make_one_shot_iterator().get_next()
        if what == "window":
            following = tf.data.experimental.cardinality(following)
        with (
            tf.Session() as session,
            pytest.raises(tf.errors.ResourceExhaustedError, match=f"{what}.* at most 100000 bytes"),
        ):
            session.run(following)


def test_other_random_numbers_need_repeat() -> None:
    with tf.Graph().as_default(), pytest.warns(UserWarning, match="repeat-based epochs"):
        tf.data.Dataset.random(3, rerandomize_each_iteration=True)


def test_numbers_of_datasets_at_their_ends_are_left_at_the_deadline() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        sources = [tf.data.Dataset.range(1), tf.data.Dataset.range(2)]
        first = tf.data.Dataset.range(1).repeat()
        dataset = tf.data.experimental.choose_from_datasets(sources, first)
        following = dataset.make_one_shot_iterator().get_next()
        assert session.run(following) == 0
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(following, options=tf.RunOptions(timeout_in_ms=200))


def filling(dataset: Any, **attrs: Any) -> Any:
    """The operation that fills a table from words to numbers."""
    types = {"key_dtype": tf.string, "value_dtype": tf.int64, **attrs}
    table = tf.raw_ops.HashTableV2(**types)
    return tf.raw_ops.InitializeTableFromDataset(
        table_handle=table, dataset=tf.data.experimental.to_variant(dataset)
    )


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (["a"], "must be pairs of a key and a value, not of 1 components"),
        ((["a"], [1.0]), "float32"),
        ((["a"], [1], [2]), "not of 3 components"),
        (([["a"]], [[1]]), "must be scalars, not of shapes"),
    ],
)
def test_a_table_takes_pairs_of_scalars_of_its_types(elements: Any, message: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        kinds = {str: tf.string, int: tf.int64, float: tf.float32}
        parts = [elements] if isinstance(elements, list) else elements
        tensors = tuple(
            tf.constant(part, kinds[type(np.array(part).reshape(-1).tolist()[0])]) for part in parts
        )
        dataset = tf.data.Dataset.from_tensor_slices(tensors if len(tensors) > 1 else tensors[0])
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(filling(dataset))


def test_a_table_is_filled_before_the_deadline() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        words = tf.data.Dataset.from_tensors("a").repeat()
        dataset = tf.data.Dataset.zip((words, tf.data.Dataset.range(1).repeat()))
        with pytest.raises(DeadlineExceededError):
            session.run(filling(dataset), options=tf.RunOptions(timeout_in_ms=100))


def test_something_else_than_a_table_is_not_filled() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.int64])
        dataset = tf.data.experimental.to_variant(tf.data.Dataset.range(1))
        fill = tf.raw_ops.InitializeTableFromDataset(table_handle=queue, dataset=dataset)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be a lookup table"):
            session.run(fill)


@pytest.mark.parametrize("rows", [[1, 2], ["a", "b"]])
def test_features_are_those_of_vectors_of_examples(rows: list[Any]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = tf.data.Dataset.from_tensor_slices(rows)
        parsed = tf.raw_ops.ParseExampleDatasetV2(
            input_dataset=tf.data.experimental.to_variant(dataset),
            num_parallel_calls=1,
            dense_defaults=[],
            sparse_keys=["a"],
            dense_keys=[],
            sparse_types=[tf.int64],
            dense_shapes=[],
            output_types=[tf.variant],
            output_shapes=[None],
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be vectors of serialised"):
            session.run(tf.raw_ops.DatasetCardinality(input_dataset=parsed))


def test_elements_stay_on_a_cpu() -> None:
    for name in ("/gpu:0", "/device:TPU:1"):
        with pytest.raises(ValueError, match="must stay on a CPU"):
            tf.data.experimental.copy_to_device(name)


def test_ragged_batches_have_the_splits_that_are_wanted() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        squares = tf.data.Dataset.range(3).map(lambda n: tf.fill([n, n], n))
        rows = squares.ragged_batch(3, row_splits_dtype=tf.int32)
        found = session.run(tf.data.experimental.get_single_element(rows))
        assert found.to_list() == [[], [[1]], [[2, 2], [2, 2]]]
        assert found.row_splits.dtype == np.int32


def test_a_function_may_return_the_ragged_tensor_it_is_given() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        rows = tf.data.Dataset.range(3).map(tf.range).ragged_batch(3)
        same = rows.map(lambda batch: {"rows": batch})
        found = session.run(tf.data.experimental.get_single_element(same))
        assert found["rows"].to_list() == [[], [0], [0, 1]]


def test_sums_and_zeros_of_optionals() -> None:
    from_value = REGISTRY["OptionalFromValue"].kernel
    some = from_value([np.float32([1, 2]), np.array([b"a"], object)])
    zeros = REGISTRY["ZerosLike"].kernel(some, T=as_dtype("variant"))
    numbers, texts = zeros.item().components
    assert numbers.tolist() == [0, 0]
    assert texts.tolist() == [b""]
    none = REGISTRY["OptionalNone"].kernel()
    assert REGISTRY["ZerosLike"].kernel(none, T=as_dtype("variant")).item().components is None
    add = REGISTRY["AddN"].kernel
    assert add([none, none]).item().components is None
    one = from_value([np.float32([1, 2])])
    (found,) = add([one, one, one]).item().components
    assert found.tolist() == [3, 6]
    for other, what in (
        (none, "one has a value"),
        (some, "1 vs. 2"),
        (np.array(3, object), "to an optional"),
    ):
        with pytest.raises(InvalidArgumentError, match=what):
            add([one, other])


def writing(path: Path, **more: Any) -> Any:
    """A GraphDef that a stranger could have written, which writes a file."""
    with tf.Graph().as_default() as graph:
        dataset = tf.data.Dataset.from_tensors("record")._variant_tensor
        arguments = {"input_dataset": dataset, "filename": str(path), "compression_type": ""}
        made = tf.raw_ops.DatasetToTFRecord(**arguments, name="write")
        if more:
            graph.set_attrs(made.name, **more)
        with tf.control_dependencies([made]):
            tf.constant("written", name="read")
        return graph.as_graph_def()


@pytest.mark.parametrize("more", [{}, {"_program_token": ""}, {"_program_token": "0" * 32}])
def test_a_graph_writes_no_records(more: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(PermissionDeniedError, match="must not write files, such as"):
        run(writing(path, **more), tmp_path)
    assert not path.exists()


def test_a_graph_that_the_program_wrote_out_writes_no_records(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with tf.Graph().as_default() as graph:
        dataset = tf.data.Dataset.from_tensors("record")
        write = tf.data.experimental.TFRecordWriter(str(path)).write(dataset)
        with tf.control_dependencies([write]):
            read = tf.constant("written", name="read")
        assert tf.Session().run(read) == b"written"
        path.unlink()
        out = graph.as_graph_def()
    with pytest.raises(PermissionDeniedError):
        run(out, tmp_path)
    assert not path.exists()


def test_records_are_scalar_strings(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        unknown = tf.placeholder_with_default(["a", "b"], None)
        dataset = tf.data.Dataset.from_tensors(unknown)
        write = tf.data.experimental.TFRecordWriter(str(tmp_path / "file"), "LZ4").write(dataset)
        good = tf.data.experimental.TFRecordWriter(str(tmp_path / "file")).write(dataset)
        with tf.Session() as session:
            with pytest.raises(InvalidArgumentError, match="compression_type"):
                session.run(write)
            with pytest.raises(InvalidArgumentError, match="record must be a scalar"):
                session.run(good)
        pairs = tf.data.Dataset.from_tensors(("a", "b"))
        with pytest.raises(TypeError, match=r"scalar `tf\.string` elements"):
            tf.data.experimental.TFRecordWriter("file").write(pairs)


def test_writing_an_endless_dataset_obeys_deadlines(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        dataset = tf.data.Dataset.from_tensors("record").repeat()
        write = tf.data.experimental.TFRecordWriter(str(tmp_path / "file")).write(dataset)
        with tf.Session() as session, pytest.raises(DeadlineExceededError):
            session.run(write, options=tf.RunOptions(timeout_in_ms=50))


def test_lists_hold_whole_elements_of_their_types() -> None:
    attributes = {"output_types": ["int64", "string"], "output_shapes": [(), (2,)]}
    words = np.array([b"a", b"b"], object)
    listed = REGISTRY["ListDataset"]
    with pytest.raises(InvalidArgumentError, match="elements of 2 components each; there are 1"):
        listed([np.int64(1)], **attributes)
    with pytest.raises(InvalidArgumentError, match="Data type mismatch at component 0"):
        listed([np.array(1.5), words], **attributes)
    with pytest.raises(InvalidArgumentError, match="Incompatible shapes at component 1"):
        listed([np.array(1), words[:1]], **attributes)


@pytest.mark.parametrize("sizes", [[], [2, -1]])
def test_sizes_of_batches_are_some_and_not_below_zero(sizes: list[int]) -> None:
    with tf.Graph().as_default():
        dataset = tf.data.Dataset.range(9).batch(4).rebatch(np.array(sizes, np.int64))
        start = tf.data.make_initializable_iterator(dataset).initializer
        with tf.Session() as session, pytest.raises(InvalidArgumentError, match="none below 0"):
            session.run(start)


def test_what_is_not_supported_says_what_to_do_instead() -> None:
    with tf.Graph().as_default():
        dataset, experimental = tf.data.Dataset.range(3), tf.data.experimental
        for refused in (
            lambda: dataset.save("folder"),
            lambda: tf.data.Dataset.load("folder"),
            lambda: dataset.snapshot("folder"),
            lambda: experimental.snapshot("folder"),
        ):
            with pytest.raises(NotImplementedError, match="TFRecordWriter"):
                refused()
        iterator = tf.data.make_initializable_iterator(dataset)
        for make in (
            experimental.make_saveable_from_iterator,
            experimental.CheckpointInputPipelineHook,
        ):
            with pytest.raises(NotImplementedError, match=r"skip\(count\)"):
                make(iterator)
        with pytest.raises(TypeError, match=r"must be a `tf\.data\.Options`"):
            dataset.with_options(None)


@pytest.mark.parametrize("more", [{}, {"_program_token": ""}, {"_program_token": "0" * 32}])
def test_a_graph_queries_no_database(more: Any, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        types = {"output_types": [tf.string], "output_shapes": [[]]}
        names = {
            "driver_name": "sqlite",
            "data_source_name": str(tmp_path / "db"),
            "query": "SELECT 1",
        }
        dataset = tf.raw_ops.SqlDataset(**names, **types)
        if more:
            graph.set_attrs(dataset.op.name, **more)
        tf.raw_ops.DatasetToSingleElement(dataset=dataset, **types, name="read")
        written = graph.as_graph_def()
    with pytest.raises(PermissionDeniedError, match="must not query databases"):
        run(written, tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "a #?%.db")
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE t (n INTEGER)")
        made.execute("INSERT INTO t VALUES (7)")
    return path


def first_row(path: str, query: str, **options: Any) -> Any:
    with tf.Graph().as_default():
        dataset = tf.data.experimental.SqlDataset("sqlite", path, query, tf.int64)
        following = dataset.make_one_shot_iterator().get_next()
        with tf.Session() as session:
            return session.run(following, **options)


def test_queries_read_only(database: str) -> None:
    assert first_row(database, "SELECT n FROM t") == 7
    for query in ("INSERT INTO t VALUES (8)", "DELETE FROM t RETURNING n"):
        with pytest.raises(FailedPreconditionError, match="readonly"):
            first_row(database, query)
    assert first_row(database, "SELECT count(*) FROM t") == 1
    with pytest.raises(NotFoundError, match="No such file"):
        first_row(database + "x", "SELECT 1")
    assert not Path(database + "x").exists()
    with pytest.raises(OpError, match="one statement"):
        first_row(database, "SELECT 1; SELECT 2")


def test_a_query_without_end_obeys_deadlines(database: str) -> None:
    endless = (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    )
    with pytest.raises(DeadlineExceededError):
        first_row(database, endless, options=tf.RunOptions(timeout_in_ms=100))
