# Written by protos/build.py; do not edit.
from collections.abc import MutableMapping, MutableSequence
from typing import Any, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message as Message

_M = TypeVar("_M", bound=Message)

__all__ = [
    "AssetFileDef",
    "AttrValue",
    "BoundedTensorSpecProto",
    "BundleEntryProto",
    "BundleHeaderProto",
    "BytesList",
    "CollectionDef",
    "DictValue",
    "Example",
    "Feature",
    "FeatureList",
    "FeatureLists",
    "Features",
    "FloatList",
    "FullTypeDef",
    "FunctionDef",
    "FunctionDefLibrary",
    "GradientDef",
    "GraphDef",
    "ImageModuleInfo",
    "Int64List",
    "ListValue",
    "Message",
    "MetaGraphDef",
    "ModelProto",
    "ModuleAttachment",
    "ModuleDef",
    "NameAttrList",
    "NamedTupleValue",
    "NodeDef",
    "NoneValue",
    "NormalizerSpec",
    "OpDef",
    "OpDeprecation",
    "OpList",
    "PairValue",
    "RegisteredGradient",
    "ResourceHandleProto",
    "SaveSliceInfoDef",
    "SavedModel",
    "SaverDef",
    "SequenceExample",
    "SerializedDType",
    "SignatureDef",
    "StructuredValue",
    "TensorInfo",
    "TensorProto",
    "TensorShapeProto",
    "TensorSliceProto",
    "TensorSpecProto",
    "TrainerSpec",
    "TupleValue",
    "TypeSpecProto",
    "VariableDef",
    "VariantTensorDataProto",
    "VersionDef",
    "parse",
]

def parse(message_type: type[_M], data: bytes, what: str) -> _M: ...

class AssetFileDef(Message):
    @property
    def tensor_info(self) -> TensorInfo: ...
    filename: str
    def __init__(self, **fields: Any) -> None: ...

class AttrValue(Message):
    class ListValue(Message):
        @property
        def s(self) -> MutableSequence[bytes]: ...
        @property
        def i(self) -> MutableSequence[int]: ...
        @property
        def f(self) -> MutableSequence[float]: ...
        @property
        def b(self) -> MutableSequence[bool]: ...
        @property
        def type(self) -> MutableSequence[int]: ...
        @property
        def shape(self) -> RepeatedCompositeFieldContainer[TensorShapeProto]: ...
        @property
        def tensor(self) -> RepeatedCompositeFieldContainer[TensorProto]: ...
        @property
        def func(self) -> RepeatedCompositeFieldContainer[NameAttrList]: ...
        def __init__(self, **fields: Any) -> None: ...

    s: bytes
    i: int
    f: float
    b: bool
    type: int
    @property
    def shape(self) -> TensorShapeProto: ...
    @property
    def tensor(self) -> TensorProto: ...
    @property
    def list(self) -> AttrValue.ListValue: ...
    @property
    def func(self) -> NameAttrList: ...
    placeholder: str
    def __init__(self, **fields: Any) -> None: ...

class BoundedTensorSpecProto(Message):
    name: str
    @property
    def shape(self) -> TensorShapeProto: ...
    dtype: int
    @property
    def minimum(self) -> TensorProto: ...
    @property
    def maximum(self) -> TensorProto: ...
    def __init__(self, **fields: Any) -> None: ...

class BundleEntryProto(Message):
    dtype: int
    @property
    def shape(self) -> TensorShapeProto: ...
    shard_id: int
    offset: int
    size: int
    crc32c: int
    @property
    def slices(self) -> RepeatedCompositeFieldContainer[TensorSliceProto]: ...
    def __init__(self, **fields: Any) -> None: ...

class BundleHeaderProto(Message):
    LITTLE: int
    BIG: int
    num_shards: int
    endianness: int
    @property
    def version(self) -> VersionDef: ...
    def __init__(self, **fields: Any) -> None: ...

class BytesList(Message):
    @property
    def value(self) -> MutableSequence[bytes]: ...
    def __init__(self, **fields: Any) -> None: ...

class CollectionDef(Message):
    class NodeList(Message):
        @property
        def value(self) -> MutableSequence[str]: ...
        def __init__(self, **fields: Any) -> None: ...

    class BytesList(Message):
        @property
        def value(self) -> MutableSequence[bytes]: ...
        def __init__(self, **fields: Any) -> None: ...

    class Int64List(Message):
        @property
        def value(self) -> MutableSequence[int]: ...
        def __init__(self, **fields: Any) -> None: ...

    class FloatList(Message):
        @property
        def value(self) -> MutableSequence[float]: ...
        def __init__(self, **fields: Any) -> None: ...

    class AnyList(Message):
        @property
        def value(self) -> RepeatedCompositeFieldContainer[AnyMessage]: ...
        def __init__(self, **fields: Any) -> None: ...

    @property
    def node_list(self) -> CollectionDef.NodeList: ...
    @property
    def bytes_list(self) -> CollectionDef.BytesList: ...
    @property
    def int64_list(self) -> CollectionDef.Int64List: ...
    @property
    def float_list(self) -> CollectionDef.FloatList: ...
    @property
    def any_list(self) -> CollectionDef.AnyList: ...
    def __init__(self, **fields: Any) -> None: ...

class DictValue(Message):
    @property
    def fields(self) -> MutableMapping[str, StructuredValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class Example(Message):
    @property
    def features(self) -> Features: ...
    def __init__(self, **fields: Any) -> None: ...

class Feature(Message):
    @property
    def bytes_list(self) -> BytesList: ...
    @property
    def float_list(self) -> FloatList: ...
    @property
    def int64_list(self) -> Int64List: ...
    def __init__(self, **fields: Any) -> None: ...

class FeatureList(Message):
    @property
    def feature(self) -> RepeatedCompositeFieldContainer[Feature]: ...
    def __init__(self, **fields: Any) -> None: ...

class FeatureLists(Message):
    @property
    def feature_list(self) -> MutableMapping[str, FeatureList]: ...
    def __init__(self, **fields: Any) -> None: ...

class Features(Message):
    @property
    def feature(self) -> MutableMapping[str, Feature]: ...
    def __init__(self, **fields: Any) -> None: ...

class FloatList(Message):
    @property
    def value(self) -> MutableSequence[float]: ...
    def __init__(self, **fields: Any) -> None: ...

class FullTypeDef(Message):
    type_id: int
    @property
    def args(self) -> RepeatedCompositeFieldContainer[FullTypeDef]: ...
    s: str
    i: int
    def __init__(self, **fields: Any) -> None: ...

class FunctionDef(Message):
    class ArgAttrs(Message):
        @property
        def attr(self) -> MutableMapping[str, AttrValue]: ...
        def __init__(self, **fields: Any) -> None: ...

    @property
    def signature(self) -> OpDef: ...
    @property
    def attr(self) -> MutableMapping[str, AttrValue]: ...
    @property
    def arg_attr(self) -> MutableMapping[int, FunctionDef.ArgAttrs]: ...
    @property
    def resource_arg_unique_id(self) -> MutableMapping[int, int]: ...
    @property
    def node_def(self) -> RepeatedCompositeFieldContainer[NodeDef]: ...
    @property
    def ret(self) -> MutableMapping[str, str]: ...
    @property
    def control_ret(self) -> MutableMapping[str, str]: ...
    def __init__(self, **fields: Any) -> None: ...

class FunctionDefLibrary(Message):
    @property
    def function(self) -> RepeatedCompositeFieldContainer[FunctionDef]: ...
    @property
    def gradient(self) -> RepeatedCompositeFieldContainer[GradientDef]: ...
    @property
    def registered_gradients(self) -> RepeatedCompositeFieldContainer[RegisteredGradient]: ...
    def __init__(self, **fields: Any) -> None: ...

class GradientDef(Message):
    function_name: str
    gradient_func: str
    def __init__(self, **fields: Any) -> None: ...

class GraphDef(Message):
    @property
    def node(self) -> RepeatedCompositeFieldContainer[NodeDef]: ...
    @property
    def versions(self) -> VersionDef: ...
    version: int
    @property
    def library(self) -> FunctionDefLibrary: ...
    def __init__(self, **fields: Any) -> None: ...

class ImageModuleInfo(Message):
    class InputSize(Message):
        height: int
        width: int
        def __init__(self, **fields: Any) -> None: ...

    @property
    def default_image_size(self) -> ImageModuleInfo.InputSize: ...
    def __init__(self, **fields: Any) -> None: ...

class Int64List(Message):
    @property
    def value(self) -> MutableSequence[int]: ...
    def __init__(self, **fields: Any) -> None: ...

class ListValue(Message):
    @property
    def values(self) -> RepeatedCompositeFieldContainer[StructuredValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class MetaGraphDef(Message):
    class MetaInfoDef(Message):
        meta_graph_version: str
        @property
        def stripped_op_list(self) -> OpList: ...
        @property
        def any_info(self) -> AnyMessage: ...
        @property
        def tags(self) -> MutableSequence[str]: ...
        tensorflow_version: str
        tensorflow_git_version: str
        stripped_default_attrs: bool
        @property
        def function_aliases(self) -> MutableMapping[str, str]: ...
        def __init__(self, **fields: Any) -> None: ...

    @property
    def meta_info_def(self) -> MetaGraphDef.MetaInfoDef: ...
    @property
    def graph_def(self) -> GraphDef: ...
    @property
    def saver_def(self) -> SaverDef: ...
    @property
    def collection_def(self) -> MutableMapping[str, CollectionDef]: ...
    @property
    def signature_def(self) -> MutableMapping[str, SignatureDef]: ...
    @property
    def asset_file_def(self) -> RepeatedCompositeFieldContainer[AssetFileDef]: ...
    object_graph_def: bytes
    def __init__(self, **fields: Any) -> None: ...

class ModelProto(Message):
    class SentencePiece(Message):
        NORMAL: int
        UNKNOWN: int
        CONTROL: int
        USER_DEFINED: int
        UNUSED: int
        BYTE: int
        piece: bytes
        score: float
        type: int
        def __init__(self, **fields: Any) -> None: ...

    @property
    def pieces(self) -> RepeatedCompositeFieldContainer[ModelProto.SentencePiece]: ...
    @property
    def trainer_spec(self) -> TrainerSpec: ...
    @property
    def normalizer_spec(self) -> NormalizerSpec: ...
    @property
    def denormalizer_spec(self) -> NormalizerSpec: ...
    def __init__(self, **fields: Any) -> None: ...

class ModuleAttachment(Message):
    key: str
    value: bytes
    def __init__(self, **fields: Any) -> None: ...

class ModuleDef(Message):
    FORMAT_UNSPECIFIED: int
    FORMAT_V3: int
    format: int
    @property
    def required_features(self) -> MutableSequence[str]: ...
    def __init__(self, **fields: Any) -> None: ...

class NameAttrList(Message):
    name: str
    @property
    def attr(self) -> MutableMapping[str, AttrValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class NamedTupleValue(Message):
    name: str
    @property
    def values(self) -> RepeatedCompositeFieldContainer[PairValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class NodeDef(Message):
    class ExperimentalDebugInfo(Message):
        @property
        def original_node_names(self) -> MutableSequence[str]: ...
        @property
        def original_func_names(self) -> MutableSequence[str]: ...
        def __init__(self, **fields: Any) -> None: ...

    name: str
    op: str
    @property
    def input(self) -> MutableSequence[str]: ...
    device: str
    @property
    def attr(self) -> MutableMapping[str, AttrValue]: ...
    @property
    def experimental_debug_info(self) -> NodeDef.ExperimentalDebugInfo: ...
    @property
    def experimental_type(self) -> FullTypeDef: ...
    def __init__(self, **fields: Any) -> None: ...

class NoneValue(Message):
    def __init__(self, **fields: Any) -> None: ...

class NormalizerSpec(Message):
    precompiled_charsmap: bytes
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool
    def __init__(self, **fields: Any) -> None: ...

class OpDef(Message):
    class ArgDef(Message):
        name: str
        description: str
        type: int
        type_attr: str
        number_attr: str
        type_list_attr: str
        @property
        def handle_data(
            self,
        ) -> RepeatedCompositeFieldContainer[ResourceHandleProto.DtypeAndShape]: ...
        is_ref: bool
        @property
        def experimental_full_type(self) -> FullTypeDef: ...
        def __init__(self, **fields: Any) -> None: ...

    class AttrDef(Message):
        name: str
        type: str
        @property
        def default_value(self) -> AttrValue: ...
        description: str
        has_minimum: bool
        minimum: int
        @property
        def allowed_values(self) -> AttrValue: ...
        def __init__(self, **fields: Any) -> None: ...

    name: str
    @property
    def input_arg(self) -> RepeatedCompositeFieldContainer[OpDef.ArgDef]: ...
    @property
    def output_arg(self) -> RepeatedCompositeFieldContainer[OpDef.ArgDef]: ...
    @property
    def control_output(self) -> MutableSequence[str]: ...
    @property
    def attr(self) -> RepeatedCompositeFieldContainer[OpDef.AttrDef]: ...
    @property
    def deprecation(self) -> OpDeprecation: ...
    summary: str
    description: str
    is_commutative: bool
    is_aggregate: bool
    is_stateful: bool
    allows_uninitialized_input: bool
    is_distributed_communication: bool
    def __init__(self, **fields: Any) -> None: ...

class OpDeprecation(Message):
    version: int
    explanation: str
    def __init__(self, **fields: Any) -> None: ...

class OpList(Message):
    @property
    def op(self) -> RepeatedCompositeFieldContainer[OpDef]: ...
    def __init__(self, **fields: Any) -> None: ...

class PairValue(Message):
    key: str
    @property
    def value(self) -> StructuredValue: ...
    def __init__(self, **fields: Any) -> None: ...

class RegisteredGradient(Message):
    gradient_func: str
    registered_op_type: str
    def __init__(self, **fields: Any) -> None: ...

class ResourceHandleProto(Message):
    class DtypeAndShape(Message):
        dtype: int
        @property
        def shape(self) -> TensorShapeProto: ...
        def __init__(self, **fields: Any) -> None: ...

    device: str
    container: str
    name: str
    hash_code: int
    maybe_type_name: str
    @property
    def dtypes_and_shapes(
        self,
    ) -> RepeatedCompositeFieldContainer[ResourceHandleProto.DtypeAndShape]: ...
    def __init__(self, **fields: Any) -> None: ...

class SaveSliceInfoDef(Message):
    full_name: str
    @property
    def full_shape(self) -> MutableSequence[int]: ...
    @property
    def var_offset(self) -> MutableSequence[int]: ...
    @property
    def var_shape(self) -> MutableSequence[int]: ...
    def __init__(self, **fields: Any) -> None: ...

class SavedModel(Message):
    saved_model_schema_version: int
    @property
    def meta_graphs(self) -> RepeatedCompositeFieldContainer[MetaGraphDef]: ...
    def __init__(self, **fields: Any) -> None: ...

class SaverDef(Message):
    LEGACY: int
    V1: int
    V2: int
    filename_tensor_name: str
    save_tensor_name: str
    restore_op_name: str
    max_to_keep: int
    sharded: bool
    keep_checkpoint_every_n_hours: float
    version: int
    def __init__(self, **fields: Any) -> None: ...

class SequenceExample(Message):
    @property
    def context(self) -> Features: ...
    @property
    def feature_lists(self) -> FeatureLists: ...
    def __init__(self, **fields: Any) -> None: ...

class SerializedDType(Message):
    datatype: int
    def __init__(self, **fields: Any) -> None: ...

class SignatureDef(Message):
    @property
    def inputs(self) -> MutableMapping[str, TensorInfo]: ...
    @property
    def outputs(self) -> MutableMapping[str, TensorInfo]: ...
    method_name: str
    @property
    def defaults(self) -> MutableMapping[str, TensorProto]: ...
    def __init__(self, **fields: Any) -> None: ...

class StructuredValue(Message):
    @property
    def none_value(self) -> NoneValue: ...
    float64_value: float
    int64_value: int
    string_value: str
    bool_value: bool
    @property
    def tensor_shape_value(self) -> TensorShapeProto: ...
    tensor_dtype_value: int
    @property
    def tensor_spec_value(self) -> TensorSpecProto: ...
    @property
    def type_spec_value(self) -> TypeSpecProto: ...
    @property
    def bounded_tensor_spec_value(self) -> BoundedTensorSpecProto: ...
    @property
    def list_value(self) -> ListValue: ...
    @property
    def tuple_value(self) -> TupleValue: ...
    @property
    def dict_value(self) -> DictValue: ...
    @property
    def named_tuple_value(self) -> NamedTupleValue: ...
    @property
    def tensor_value(self) -> TensorProto: ...
    @property
    def numpy_value(self) -> TensorProto: ...
    def __init__(self, **fields: Any) -> None: ...

class TensorInfo(Message):
    class CooSparse(Message):
        values_tensor_name: str
        indices_tensor_name: str
        dense_shape_tensor_name: str
        def __init__(self, **fields: Any) -> None: ...

    class CompositeTensor(Message):
        @property
        def type_spec(self) -> TypeSpecProto: ...
        @property
        def components(self) -> RepeatedCompositeFieldContainer[TensorInfo]: ...
        def __init__(self, **fields: Any) -> None: ...

    name: str
    @property
    def coo_sparse(self) -> TensorInfo.CooSparse: ...
    @property
    def composite_tensor(self) -> TensorInfo.CompositeTensor: ...
    dtype: int
    @property
    def tensor_shape(self) -> TensorShapeProto: ...
    def __init__(self, **fields: Any) -> None: ...

class TensorProto(Message):
    dtype: int
    @property
    def tensor_shape(self) -> TensorShapeProto: ...
    version_number: int
    tensor_content: bytes
    @property
    def half_val(self) -> MutableSequence[int]: ...
    @property
    def float_val(self) -> MutableSequence[float]: ...
    @property
    def double_val(self) -> MutableSequence[float]: ...
    @property
    def int_val(self) -> MutableSequence[int]: ...
    @property
    def string_val(self) -> MutableSequence[bytes]: ...
    @property
    def scomplex_val(self) -> MutableSequence[float]: ...
    @property
    def int64_val(self) -> MutableSequence[int]: ...
    @property
    def bool_val(self) -> MutableSequence[bool]: ...
    @property
    def dcomplex_val(self) -> MutableSequence[float]: ...
    @property
    def resource_handle_val(self) -> RepeatedCompositeFieldContainer[ResourceHandleProto]: ...
    @property
    def variant_val(self) -> RepeatedCompositeFieldContainer[VariantTensorDataProto]: ...
    @property
    def uint32_val(self) -> MutableSequence[int]: ...
    @property
    def uint64_val(self) -> MutableSequence[int]: ...
    float8_val: bytes
    def __init__(self, **fields: Any) -> None: ...

class TensorShapeProto(Message):
    class Dim(Message):
        size: int
        name: str
        def __init__(self, **fields: Any) -> None: ...

    @property
    def dim(self) -> RepeatedCompositeFieldContainer[TensorShapeProto.Dim]: ...
    unknown_rank: bool
    def __init__(self, **fields: Any) -> None: ...

class TensorSliceProto(Message):
    class Extent(Message):
        start: int
        length: int
        def __init__(self, **fields: Any) -> None: ...

    @property
    def extent(self) -> RepeatedCompositeFieldContainer[TensorSliceProto.Extent]: ...
    def __init__(self, **fields: Any) -> None: ...

class TensorSpecProto(Message):
    name: str
    @property
    def shape(self) -> TensorShapeProto: ...
    dtype: int
    def __init__(self, **fields: Any) -> None: ...

class TrainerSpec(Message):
    UNIGRAM: int
    BPE: int
    WORD: int
    CHAR: int
    model_type: int
    treat_whitespace_as_suffix: bool
    byte_fallback: bool
    unk_surface: bytes
    unk_piece: bytes
    bos_piece: bytes
    eos_piece: bytes
    pad_piece: bytes
    def __init__(self, **fields: Any) -> None: ...

class TupleValue(Message):
    @property
    def values(self) -> RepeatedCompositeFieldContainer[StructuredValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class TypeSpecProto(Message):
    UNKNOWN: int
    SPARSE_TENSOR_SPEC: int
    INDEXED_SLICES_SPEC: int
    RAGGED_TENSOR_SPEC: int
    TENSOR_ARRAY_SPEC: int
    DATA_DATASET_SPEC: int
    DATA_ITERATOR_SPEC: int
    OPTIONAL_SPEC: int
    PER_REPLICA_SPEC: int
    VARIABLE_SPEC: int
    ROW_PARTITION_SPEC: int
    REGISTERED_TYPE_SPEC: int
    EXTENSION_TYPE_SPEC: int
    type_spec_class: int
    @property
    def type_state(self) -> StructuredValue: ...
    type_spec_class_name: str
    num_flat_components: int
    def __init__(self, **fields: Any) -> None: ...

class VariableDef(Message):
    variable_name: str
    initial_value_name: str
    initializer_name: str
    snapshot_name: str
    @property
    def save_slice_info_def(self) -> SaveSliceInfoDef: ...
    is_resource: bool
    trainable: bool
    synchronization: int
    aggregation: int
    def __init__(self, **fields: Any) -> None: ...

class VariantTensorDataProto(Message):
    type_name: str
    metadata: bytes
    @property
    def tensors(self) -> RepeatedCompositeFieldContainer[TensorProto]: ...
    def __init__(self, **fields: Any) -> None: ...

class VersionDef(Message):
    producer: int
    min_consumer: int
    @property
    def bad_consumers(self) -> MutableSequence[int]: ...
    def __init__(self, **fields: Any) -> None: ...
