# Written by protos/build.py; do not edit.
from collections.abc import MutableMapping, MutableSequence
from typing import Any, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message as Message
from google.protobuf.wrappers_pb2 import BoolValue as BoolValueMessage

_M = TypeVar("_M", bound=Message)

__all__ = [
    "AssetFileDef",
    "AttrValue",
    "AutoParallelOptions",
    "BoundedTensorSpecProto",
    "BundleEntryProto",
    "BundleHeaderProto",
    "BytesList",
    "CheckpointState",
    "ClusterDef",
    "CollectionDef",
    "CondContextDef",
    "ConfigProto",
    "ControlFlowContextDef",
    "DeviceStepStats",
    "DictValue",
    "Event",
    "Example",
    "Feature",
    "FeatureList",
    "FeatureLists",
    "Features",
    "FloatList",
    "FullTypeDef",
    "FunctionDef",
    "FunctionDefLibrary",
    "GPUOptions",
    "GradientDef",
    "GraphDef",
    "GraphNodeProto",
    "GraphOptions",
    "HistogramProto",
    "ImageModuleInfo",
    "Int64List",
    "JobDef",
    "ListValue",
    "LogMessage",
    "Message",
    "MetaGraphDef",
    "ModelProto",
    "ModuleAttachment",
    "ModuleDef",
    "MultiGraphNodeProto",
    "NameAttrList",
    "NamedTupleValue",
    "NodeDef",
    "NodeExecStats",
    "NoneValue",
    "NormalizerSpec",
    "OpDef",
    "OpDeprecation",
    "OpList",
    "OptimizerOptions",
    "PairValue",
    "QueueRunnerDef",
    "RPCOptions",
    "RegisteredGradient",
    "ResourceHandleProto",
    "RewriterConfig",
    "RunMetadata",
    "RunOptions",
    "SaveSliceInfoDef",
    "SavedModel",
    "SavedSlice",
    "SavedSliceMeta",
    "SavedTensorSliceMeta",
    "SavedTensorSlices",
    "SaverDef",
    "ScopedAllocatorOptions",
    "SequenceExample",
    "SerializedDType",
    "SessionLog",
    "SessionMetadata",
    "SignatureDef",
    "SourceMetadata",
    "StepStats",
    "StructuredValue",
    "Summary",
    "SummaryDescription",
    "SummaryMetadata",
    "TaggedRunMetadata",
    "TensorInfo",
    "TensorProto",
    "TensorShapeProto",
    "TensorSliceProto",
    "TensorSpecProto",
    "ThreadPoolOptionProto",
    "TrackableObjectGraph",
    "TrainerSpec",
    "TupleValue",
    "TypeSpecProto",
    "ValuesDef",
    "VariableDef",
    "VariantTensorDataProto",
    "VersionDef",
    "WhileContextDef",
    "parse",
    "parse_text",
]

def parse(message_type: type[_M], data: bytes, what: str) -> _M: ...
def parse_text(message_type: type[_M], data: bytes, what: str) -> _M: ...

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

class AutoParallelOptions(Message):
    enable: bool
    num_replicas: int
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

class CheckpointState(Message):
    model_checkpoint_path: str
    @property
    def all_model_checkpoint_paths(self) -> MutableSequence[str]: ...
    @property
    def all_model_checkpoint_timestamps(self) -> MutableSequence[float]: ...
    last_preserved_timestamp: float
    def __init__(self, **fields: Any) -> None: ...

class ClusterDef(Message):
    @property
    def job(self) -> RepeatedCompositeFieldContainer[JobDef]: ...
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

class CondContextDef(Message):
    context_name: str
    pred_name: str
    pivot_name: str
    branch: int
    @property
    def values_def(self) -> ValuesDef: ...
    @property
    def nested_contexts(self) -> RepeatedCompositeFieldContainer[ControlFlowContextDef]: ...
    def __init__(self, **fields: Any) -> None: ...

class ConfigProto(Message):
    class Experimental(Message):
        collective_group_leader: str
        executor_type: str
        recv_buf_max_chunk: int
        use_numa_affinity: bool
        collective_deterministic_sequential_execution: bool
        collective_nccl: bool
        share_session_state_in_clusterspec_propagation: bool
        disable_thread_spinning: bool
        share_cluster_devices_in_session: bool
        @property
        def session_metadata(self) -> SessionMetadata: ...
        optimize_for_static_graph: bool
        enable_mlir_bridge: bool
        enable_mlir_graph_optimization: bool
        disable_output_partition_graphs: bool
        xla_fusion_autotuner_thresh: int
        def __init__(self, **fields: Any) -> None: ...
    @property
    def device_count(self) -> MutableMapping[str, int]: ...
    intra_op_parallelism_threads: int
    inter_op_parallelism_threads: int
    use_per_session_threads: bool
    @property
    def session_inter_op_thread_pool(self) -> RepeatedCompositeFieldContainer[ThreadPoolOptionProto]: ...
    placement_period: int
    @property
    def device_filters(self) -> MutableSequence[str]: ...
    @property
    def gpu_options(self) -> GPUOptions: ...
    allow_soft_placement: bool
    log_device_placement: bool
    @property
    def graph_options(self) -> GraphOptions: ...
    operation_timeout_in_ms: int
    @property
    def rpc_options(self) -> RPCOptions: ...
    @property
    def cluster_def(self) -> ClusterDef: ...
    isolate_session_state: bool
    share_cluster_devices_in_session: bool
    @property
    def experimental(self) -> ConfigProto.Experimental: ...
    def __init__(self, **fields: Any) -> None: ...

class ControlFlowContextDef(Message):
    @property
    def cond_ctxt(self) -> CondContextDef: ...
    @property
    def while_ctxt(self) -> WhileContextDef: ...
    def __init__(self, **fields: Any) -> None: ...

class DeviceStepStats(Message):
    device: str
    @property
    def node_stats(self) -> RepeatedCompositeFieldContainer[NodeExecStats]: ...
    def __init__(self, **fields: Any) -> None: ...

class DictValue(Message):
    @property
    def fields(self) -> MutableMapping[str, StructuredValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class Event(Message):
    wall_time: float
    step: int
    file_version: str
    graph_def: bytes
    @property
    def summary(self) -> Summary: ...
    @property
    def log_message(self) -> LogMessage: ...
    @property
    def session_log(self) -> SessionLog: ...
    @property
    def tagged_run_metadata(self) -> TaggedRunMetadata: ...
    meta_graph_def: bytes
    @property
    def source_metadata(self) -> SourceMetadata: ...
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

class GPUOptions(Message):
    class Experimental(Message):
        class VirtualDevices(Message):
            @property
            def memory_limit_mb(self) -> MutableSequence[float]: ...
            @property
            def priority(self) -> MutableSequence[int]: ...
            def __init__(self, **fields: Any) -> None: ...
        @property
        def virtual_devices(self) -> RepeatedCompositeFieldContainer[GPUOptions.Experimental.VirtualDevices]: ...
        use_unified_memory: bool
        num_dev_to_dev_copy_streams: int
        collective_ring_order: str
        timestamped_allocator: bool
        def __init__(self, **fields: Any) -> None: ...
    per_process_gpu_memory_fraction: float
    allow_growth: bool
    allocator_type: str
    deferred_deletion_bytes: int
    visible_device_list: str
    polling_active_delay_usecs: int
    polling_inactive_delay_msecs: int
    force_gpu_compatible: bool
    @property
    def experimental(self) -> GPUOptions.Experimental: ...
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

class GraphNodeProto(Message):
    name: str
    run_count: int
    exec_micros: int
    accelerator_exec_micros: int
    cpu_exec_micros: int
    requested_bytes: int
    peak_bytes: int
    residual_bytes: int
    output_bytes: int
    parameters: int
    float_ops: int
    @property
    def devices(self) -> MutableSequence[str]: ...
    total_definition_count: int
    total_run_count: int
    total_exec_micros: int
    total_accelerator_exec_micros: int
    total_cpu_exec_micros: int
    total_requested_bytes: int
    total_peak_bytes: int
    total_residual_bytes: int
    total_output_bytes: int
    total_parameters: int
    total_float_ops: int
    @property
    def shapes(self) -> RepeatedCompositeFieldContainer[TensorShapeProto]: ...
    @property
    def input_shapes(self) -> MutableMapping[int, TensorShapeProto]: ...
    @property
    def children(self) -> RepeatedCompositeFieldContainer[GraphNodeProto]: ...
    def __init__(self, **fields: Any) -> None: ...

class GraphOptions(Message):
    enable_recv_scheduling: bool
    @property
    def optimizer_options(self) -> OptimizerOptions: ...
    build_cost_model: int
    build_cost_model_after: int
    infer_shapes: bool
    place_pruned_graph: bool
    enable_bfloat16_sendrecv: bool
    timeline_step: int
    @property
    def rewrite_options(self) -> RewriterConfig: ...
    def __init__(self, **fields: Any) -> None: ...

class HistogramProto(Message):
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    @property
    def bucket_limit(self) -> MutableSequence[float]: ...
    @property
    def bucket(self) -> MutableSequence[float]: ...
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

class JobDef(Message):
    name: str
    @property
    def tasks(self) -> MutableMapping[int, str]: ...
    def __init__(self, **fields: Any) -> None: ...

class ListValue(Message):
    @property
    def values(self) -> RepeatedCompositeFieldContainer[StructuredValue]: ...
    def __init__(self, **fields: Any) -> None: ...

class LogMessage(Message):
    UNKNOWN: int
    DEBUGGING: int
    INFO: int
    WARN: int
    ERROR: int
    FATAL: int
    level: int
    message: str
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

class MultiGraphNodeProto(Message):
    name: str
    exec_micros: int
    accelerator_exec_micros: int
    cpu_exec_micros: int
    requested_bytes: int
    peak_bytes: int
    residual_bytes: int
    output_bytes: int
    parameters: int
    float_ops: int
    total_exec_micros: int
    total_accelerator_exec_micros: int
    total_cpu_exec_micros: int
    total_requested_bytes: int
    total_peak_bytes: int
    total_residual_bytes: int
    total_output_bytes: int
    total_parameters: int
    total_float_ops: int
    @property
    def graph_nodes(self) -> RepeatedCompositeFieldContainer[GraphNodeProto]: ...
    @property
    def children(self) -> RepeatedCompositeFieldContainer[MultiGraphNodeProto]: ...
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

class NodeExecStats(Message):
    node_name: str
    all_start_micros: int
    op_start_rel_micros: int
    op_end_rel_micros: int
    all_end_rel_micros: int
    timeline_label: str
    scheduled_micros: int
    thread_id: int
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
        def handle_data(self) -> RepeatedCompositeFieldContainer[ResourceHandleProto.DtypeAndShape]: ...
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

class OptimizerOptions(Message):
    L1: int
    L0: int
    DEFAULT: int
    OFF: int
    ON_1: int
    ON_2: int
    do_common_subexpression_elimination: bool
    do_constant_folding: bool
    max_folded_constant_in_bytes: int
    do_function_inlining: bool
    opt_level: int
    global_jit_level: int
    cpu_global_jit: bool
    def __init__(self, **fields: Any) -> None: ...

class PairValue(Message):
    key: str
    @property
    def value(self) -> StructuredValue: ...
    def __init__(self, **fields: Any) -> None: ...

class QueueRunnerDef(Message):
    queue_name: str
    @property
    def enqueue_op_name(self) -> MutableSequence[str]: ...
    close_op_name: str
    cancel_op_name: str
    @property
    def queue_closed_exception_types(self) -> MutableSequence[int]: ...
    def __init__(self, **fields: Any) -> None: ...

class RPCOptions(Message):
    use_rpc_for_inprocess_master: bool
    compression_algorithm: str
    compression_level: int
    cache_rpc_response: bool
    disable_session_connection_sharing: bool
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
    def dtypes_and_shapes(self) -> RepeatedCompositeFieldContainer[ResourceHandleProto.DtypeAndShape]: ...
    def __init__(self, **fields: Any) -> None: ...

class RewriterConfig(Message):
    DEFAULT: int
    ON: int
    OFF: int
    AGGRESSIVE: int
    EXPERIMENTAL_MLIR: int
    EXPERIMENTAL_BOTH: int
    NO_CONVERSION_ON_CPU: int
    NCHW_TO_NHWC: int
    NHWC_TO_NCHW: int
    DEFAULT_NUM_ITERS: int
    ONE: int
    TWO: int
    DEFAULT_MEM_OPT: int
    NO_MEM_OPT: int
    MANUAL: int
    HEURISTICS: int
    SWAPPING_HEURISTICS: int
    RECOMPUTATION_HEURISTICS: int
    SCHEDULING_HEURISTICS: int
    class CustomGraphOptimizer(Message):
        name: str
        @property
        def parameter_map(self) -> MutableMapping[str, AttrValue]: ...
        def __init__(self, **fields: Any) -> None: ...
    cpu_layout_conversion: int
    layout_optimizer: int
    constant_folding: int
    shape_optimization: int
    remapping: int
    common_subgraph_elimination: int
    arithmetic_optimization: int
    dependency_optimization: int
    loop_optimization: int
    function_optimization: int
    debug_stripper: int
    disable_model_pruning: bool
    scoped_allocator_optimization: int
    pin_to_host_optimization: int
    implementation_selector: int
    auto_mixed_precision: int
    auto_mixed_precision_mkl: int
    disable_meta_optimizer: bool
    meta_optimizer_iterations: int
    min_graph_nodes: int
    memory_optimization: int
    memory_optimizer_target_node_name_scope: str
    meta_optimizer_timeout_ms: int
    @property
    def auto_parallel(self) -> AutoParallelOptions: ...
    fail_on_optimizer_errors: bool
    @property
    def scoped_allocator_opts(self) -> ScopedAllocatorOptions: ...
    @property
    def optimizers(self) -> MutableSequence[str]: ...
    @property
    def custom_optimizers(self) -> RepeatedCompositeFieldContainer[RewriterConfig.CustomGraphOptimizer]: ...
    def __init__(self, **fields: Any) -> None: ...

class RunMetadata(Message):
    @property
    def step_stats(self) -> StepStats: ...
    @property
    def partition_graphs(self) -> RepeatedCompositeFieldContainer[GraphDef]: ...
    @property
    def session_metadata(self) -> SessionMetadata: ...
    def __init__(self, **fields: Any) -> None: ...

class RunOptions(Message):
    NO_TRACE: int
    SOFTWARE_TRACE: int
    HARDWARE_TRACE: int
    FULL_TRACE: int
    class Experimental(Message):
        class RunHandlerPoolOptions(Message):
            priority: int
            def __init__(self, **fields: Any) -> None: ...
        collective_graph_key: int
        use_run_handler_pool: bool
        @property
        def run_handler_pool_options(self) -> RunOptions.Experimental.RunHandlerPoolOptions: ...
        def __init__(self, **fields: Any) -> None: ...
    trace_level: int
    timeout_in_ms: int
    inter_op_thread_pool: int
    output_partition_graphs: bool
    report_tensor_allocations_upon_oom: bool
    @property
    def experimental(self) -> RunOptions.Experimental: ...
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

class SavedSlice(Message):
    name: str
    @property
    def slice(self) -> TensorSliceProto: ...
    @property
    def data(self) -> TensorProto: ...
    def __init__(self, **fields: Any) -> None: ...

class SavedSliceMeta(Message):
    name: str
    @property
    def shape(self) -> TensorShapeProto: ...
    type: int
    @property
    def slice(self) -> RepeatedCompositeFieldContainer[TensorSliceProto]: ...
    def __init__(self, **fields: Any) -> None: ...

class SavedTensorSliceMeta(Message):
    @property
    def tensor(self) -> RepeatedCompositeFieldContainer[SavedSliceMeta]: ...
    @property
    def versions(self) -> VersionDef: ...
    def __init__(self, **fields: Any) -> None: ...

class SavedTensorSlices(Message):
    @property
    def meta(self) -> SavedTensorSliceMeta: ...
    @property
    def data(self) -> SavedSlice: ...
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

class ScopedAllocatorOptions(Message):
    @property
    def enable_op(self) -> MutableSequence[str]: ...
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

class SessionLog(Message):
    STATUS_UNSPECIFIED: int
    START: int
    STOP: int
    CHECKPOINT: int
    status: int
    checkpoint_path: str
    msg: str
    def __init__(self, **fields: Any) -> None: ...

class SessionMetadata(Message):
    name: str
    version: int
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

class SourceMetadata(Message):
    writer: str
    def __init__(self, **fields: Any) -> None: ...

class StepStats(Message):
    @property
    def dev_stats(self) -> RepeatedCompositeFieldContainer[DeviceStepStats]: ...
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

class Summary(Message):
    class Image(Message):
        height: int
        width: int
        colorspace: int
        encoded_image_string: bytes
        def __init__(self, **fields: Any) -> None: ...
    class Audio(Message):
        sample_rate: float
        num_channels: int
        length_frames: int
        encoded_audio_string: bytes
        content_type: str
        def __init__(self, **fields: Any) -> None: ...
    class Value(Message):
        node_name: str
        tag: str
        @property
        def metadata(self) -> SummaryMetadata: ...
        simple_value: float
        obsolete_old_style_histogram: bytes
        @property
        def image(self) -> Summary.Image: ...
        @property
        def histo(self) -> HistogramProto: ...
        @property
        def audio(self) -> Summary.Audio: ...
        @property
        def tensor(self) -> TensorProto: ...
        def __init__(self, **fields: Any) -> None: ...
    @property
    def value(self) -> RepeatedCompositeFieldContainer[Summary.Value]: ...
    def __init__(self, **fields: Any) -> None: ...

class SummaryDescription(Message):
    type_hint: str
    def __init__(self, **fields: Any) -> None: ...

class SummaryMetadata(Message):
    class PluginData(Message):
        plugin_name: str
        content: bytes
        def __init__(self, **fields: Any) -> None: ...
    @property
    def plugin_data(self) -> SummaryMetadata.PluginData: ...
    display_name: str
    summary_description: str
    data_class: int
    def __init__(self, **fields: Any) -> None: ...

class TaggedRunMetadata(Message):
    tag: str
    run_metadata: bytes
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

class ThreadPoolOptionProto(Message):
    num_threads: int
    global_name: str
    def __init__(self, **fields: Any) -> None: ...

class TrackableObjectGraph(Message):
    class TrackableObject(Message):
        class ObjectReference(Message):
            node_id: int
            local_name: str
            def __init__(self, **fields: Any) -> None: ...
        class SerializedTensor(Message):
            name: str
            full_name: str
            checkpoint_key: str
            def __init__(self, **fields: Any) -> None: ...
        class SlotVariableReference(Message):
            original_variable_node_id: int
            slot_name: str
            slot_variable_node_id: int
            def __init__(self, **fields: Any) -> None: ...
        @property
        def children(self) -> RepeatedCompositeFieldContainer[TrackableObjectGraph.TrackableObject.ObjectReference]: ...
        @property
        def attributes(self) -> RepeatedCompositeFieldContainer[TrackableObjectGraph.TrackableObject.SerializedTensor]: ...
        @property
        def slot_variables(self) -> RepeatedCompositeFieldContainer[TrackableObjectGraph.TrackableObject.SlotVariableReference]: ...
        @property
        def has_checkpoint_values(self) -> BoolValueMessage: ...
        def __init__(self, **fields: Any) -> None: ...
    @property
    def nodes(self) -> RepeatedCompositeFieldContainer[TrackableObjectGraph.TrackableObject]: ...
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

class ValuesDef(Message):
    @property
    def values(self) -> MutableSequence[str]: ...
    @property
    def external_values(self) -> MutableMapping[str, str]: ...
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

class WhileContextDef(Message):
    context_name: str
    parallel_iterations: int
    back_prop: bool
    swap_memory: bool
    pivot_name: str
    pivot_for_pred_name: str
    pivot_for_body_name: str
    @property
    def loop_exit_names(self) -> MutableSequence[str]: ...
    @property
    def loop_enter_names(self) -> MutableSequence[str]: ...
    @property
    def values_def(self) -> ValuesDef: ...
    maximum_iterations_name: str
    @property
    def nested_contexts(self) -> RepeatedCompositeFieldContainer[ControlFlowContextDef]: ...
    def __init__(self, **fields: Any) -> None: ...
