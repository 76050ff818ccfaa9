"""Modules as feature columns: text and images become the numbers a module gives for them.

Source: tensorflow_hub/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from minihub.image_util import IMAGE_INPUT, get_expected_image_size
from minihub.module import Module
from minihub.spec import ModuleSpec, as_module_spec
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.feature_column.base import DenseColumn
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.embedding_sparse import embedding_lookup_sparse
from minihub_runtime.api.parsing.features import FixedLenFeature, VarLenFeature
from minihub_runtime.api.ranges import range as range_of
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.sparse.filling import sparse_fill_empty_rows
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import float32, int32, string
from minihub_runtime.errors import InvalidArgumentError

__all__ = ["image_embedding_column", "sparse_text_embedding_column", "text_embedding_column"]

C = TypeVar("C", bound="_ModuleColumn")

_MODULE = "module"
_OUTPUT = "default"


class _ModuleColumn(DenseColumn):
    """A dense column of what the module of a spec gives for a feature or another column."""

    key: Any
    module_spec: ModuleSpec
    dtype = float32

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        key = self.key if isinstance(self.key, str) else self.key.name
        return f"{key}_hub_module_embedding"

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The feature, or what the other column makes of it."""
        return transformation_cache.get(self.key, state_manager)

    @property
    def variable_shape(self) -> TensorShape:
        """See `DenseColumn`."""
        shape_of_batch: TensorShape = self.module_spec.get_output_info_dict()[_OUTPUT].get_shape()
        return TensorShape(shape_of_batch.as_list()[1:])


class _StoredModuleColumn(_ModuleColumn):
    """A module column that can be written down where its module has a handle."""

    module_spec_path: Any
    _function: str

    def create_state(self, state_manager: Any) -> None:
        """Instantiate the module."""
        state_manager.add_resource(self, _MODULE, self._instantiate(state_manager.trainable))

    def _instantiate(self, trainable: bool) -> Module:
        return Module(self.module_spec)

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`.

        Raises:
            NotImplementedError: the module has no handle.
        """
        if not isinstance(self.module_spec_path, str):
            raise NotImplementedError(
                f"Can only generate a valid config for `hub.{self._function}`that uses a string "
                f"`module_spec`.\n\nGot `type(module_spec)`: {type(self.module_spec_path)}"
            )
        return dict(self._asdict())  # type: ignore[attr-defined]

    @classmethod
    def from_config(
        cls: type[C],
        config: Mapping[str, Any],
        custom_objects: Any = None,
        columns_by_name: Any = None,
    ) -> C:
        """See `FeatureColumn`."""
        return cls(**config)


class _TextFields(NamedTuple):
    key: Any
    module_spec_path: Any
    trainable: bool


# The names of the classes are in configurations, so they are tensorflow_hub's.
class _TextEmbeddingColumn(_StoredModuleColumn, _TextFields):
    """What `text_embedding_column` returns."""

    _function = "text_embedding_column"

    def __init__(self, key: Any, module_spec_path: Any, trainable: bool) -> None:
        self.module_spec = as_module_spec(module_spec_path)
        _check_text_embedding(self.module_spec)

    def _instantiate(self, trainable: bool) -> Module:
        return Module(self.module_spec, trainable=self.trainable and trainable)

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: FixedLenFeature([1], string)}

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`."""
        texts = transformation_cache.get(self, state_manager)
        module = state_manager.get_resource(self, _MODULE)
        return module(reshape(texts, shape=[-1]))


def text_embedding_column(key: Any, module_spec: Any, trainable: bool = False) -> DenseColumn:
    """A dense column of the numbers that a module of text embeddings gives for a text.

        comment = hub.text_embedding_column("comment", "https://tfhub.dev/google/nnlm-en-dim128/1")
        first_layer = tf.feature_column.input_layer({"comment": ["so easy", "much to do"]}, [comment])

    Args:
        key: the key of a feature of strings, one for each example, or a column of them.
        module_spec: a ModuleSpec, or the handle of one; its default signature takes strings `[None]` and gives float32
            `[None, K]`.
        trainable: whether optimisers change the variables of the module.

    Raises:
        ValueError: the module is another.
    """
    return _TextEmbeddingColumn(key, module_spec, trainable)


def _check_text_embedding(spec: ModuleSpec) -> None:
    """Raises ValueError if the default signature does not map strings `[None]` to float32 `[None, K]`."""
    issues = []
    inputs = list(spec.get_input_info_dict().values())
    if len(inputs) != 1:
        issues.append("Module default signature must require only one input")
    elif inputs[0].dtype is not string or _sizes(inputs[0]) != [None]:
        issues.append(
            "Module default signature must have only one input tf.Tensor(shape=(?,), dtype=string)"
        )
    output = spec.get_output_info_dict().get(_OUTPUT)
    if output is None:
        issues.append("Module default signature must have a 'default' output.")
    else:
        sizes = _sizes(output)
        if output.dtype is not float32 or len(sizes or ()) != 2 or sizes[0] or not sizes[1]:
            issues.append(
                "Module default signature must have a 'default' output of "
                "tf.Tensor(shape=(?,K), dtype=float32)."
            )
    if issues:
        raise InvalidArgumentError(f"Module is not a text-embedding: {issues!r}")


def _sizes(info: Any) -> Any:
    """The sizes of the shape of an input or output, None if its rank is not known."""
    known = info.get_shape()
    return None if known.rank is None else known.as_list()


class _SparseTextFields(NamedTuple):
    key: Any
    combiner: str
    module_spec: ModuleSpec
    default_value: str | None
    trainable: bool


class _SparseTextEmbeddingColumn(_ModuleColumn, _SparseTextFields):
    """What `sparse_text_embedding_column` returns."""

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: VarLenFeature(string)}

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`; every call instantiates the module."""
        texts = transformation_cache.get(self, state_manager)
        trainable = self.trainable and (state_manager is None or state_manager.trainable)
        module = Module(self.module_spec, trainable=trainable)
        if self.default_value is not None:
            texts = sparse_fill_empty_rows(texts, self.default_value)[0]
        embedded = module(texts.values)
        places = SparseTensor(
            texts.indices, range_of(shape(texts.indices)[0], dtype=int32), texts.dense_shape
        )
        return embedding_lookup_sparse(embedded, places, None, combiner=self.combiner)


def sparse_text_embedding_column(
    key: Any, module_spec: Any, combiner: str, default_value: str | None, trainable: bool = False
) -> DenseColumn:
    """A dense column of the numbers that a module of text embeddings gives for the words of an example, combined.

    Args:
        key: the key of a feature of strings, a SparseTensor, or a column of them.
        module_spec: a ModuleSpec, or the handle of one; its default signature takes strings `[None]` and gives float32
            `[None, K]`.
        combiner: "mean", "sqrtn" or "sum".
        default_value: what stands for the words of an example that has none; None if every one has.
        trainable: whether optimisers change the variables of the module.

    Raises:
        ValueError: the module or the combiner is another.
    """
    spec = as_module_spec(module_spec)
    _check_text_embedding(spec)
    if combiner not in ("mean", "sqrtn", "sum"):
        raise InvalidArgumentError(f"combiner must be 'mean', 'sqrtn' or 'sum': {combiner!r}")
    return _SparseTextEmbeddingColumn(key, combiner, spec, default_value, trainable)


class _ImageFields(NamedTuple):
    key: Any
    module_spec_path: Any
    image_size: tuple[int, int] | None


class _ImageEmbeddingColumn(_StoredModuleColumn, _ImageFields):
    """What `image_embedding_column` returns."""

    _function = "image_embedding_column"

    def __init__(self, key: Any, module_spec_path: Any, image_size: Any) -> None:
        self.module_spec = as_module_spec(module_spec_path)
        _check_image_embedding(self.module_spec, check_size=image_size is None)

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        height, width = self.image_size or get_expected_image_size(self.module_spec)
        return {self.key: FixedLenFeature([height, width, 3], float32)}

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`."""
        images = transformation_cache.get(self, state_manager)
        module = state_manager.get_resource(self, _MODULE)
        return module({IMAGE_INPUT: images})


def image_embedding_column(key: Any, module_spec: Any, image_size: Any = None) -> DenseColumn:
    """A dense column of the numbers that a module gives for an image; its variables are not trained.

    Args:
        key: the key of a feature of images, float32 `[batch, height, width, 3]` within [0, 1], or a column of them.
        module_spec: a ModuleSpec, or the handle of one; its default signature takes float32 `images` and gives float32
            `[None, K]`.
        image_size: height and width, where the module takes others than it tells.

    Raises:
        ValueError: the module is another, or tells no size and none is given.
    """
    if isinstance(image_size, list):
        image_size = tuple(image_size)
    return _ImageEmbeddingColumn(key, module_spec, image_size)


def _check_image_embedding(spec: ModuleSpec, *, check_size: bool) -> None:
    """Raises ValueError if the default signature does not map `images` to float32 `[_, K]`.

    Args:
        spec: the module.
        check_size: whether it must tell the size of images.
    """
    issues = []
    inputs = spec.get_input_info_dict()
    if list(inputs) != [IMAGE_INPUT] or inputs[IMAGE_INPUT].dtype is not float32:
        issues.append(
            "Module 'default' signature must require a single input, which must have type float32 "
            "and name 'images'."
        )
    elif check_size:
        try:
            get_expected_image_size(spec)
        except ValueError as error:
            issues.append(
                "Module does not support hub.get_expected_image_size(); original error was:\n"
                f"{error}"
            )
    output = spec.get_output_info_dict().get(_OUTPUT)
    if output is None:
        issues.append("Module 'default' signature must have a 'default' output.")
    else:
        sizes = _sizes(output)
        if output.dtype is not float32 or len(sizes or ()) != 2 or not sizes[1]:
            issues.append(
                "Module 'default' signature must have a 'default' output of "
                "tf.Tensor(shape=(_,K), dtype=float32)."
            )
    if issues:
        raise InvalidArgumentError(f"Module is not usable as image embedding: {issues!r}")
