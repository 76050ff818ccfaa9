"""No op goes unchecked: each has samples with TensorFlow's answers, a shape rule, a source and a docstring.

An op that cannot have one of these stands in a table here with the reason; an entry that is no longer needed fails.
"""

from __future__ import annotations

import collections
import re

import pytest

from minihub_runtime.ops.registry import REGISTRY
from tests.golden import answer, answers
from tests.ops.test_schemas import OP_DEFS
from tests.samples import all_samples

_GPU = "its kernels are for GPUs"
_NO_INPUTS = "it has no inputs"
_HANDLE = "it takes whatever its handle stands for"
_ANYTHING = "it takes every tensor"
_UNFED = "what is not fed is refused, and what is fed does not run"
_NAMED = "its handle is a string of the session; samples of its uses have it as a step"
_DEAD = "one of its outputs has no value; samples of Merge have it as a step"
_READ_ONLY = "no graph writes files here"
_AFFINE = (
    "_Affine",
    "_AffineConv2D",
    "_AffineConv3D",
    "_AffineDepthwiseConv2dNative",
    "_AffineMatMul",
    "_BatchNormFactor",
    "_ScaledFilter",
    "_ShiftedBias",
)
_PREPARED = (
    "_ChainedMatMul",
    "_PreparedConv2D",
    "_PreparedConv3D",
    "_PreparedFilter",
    "_PreparedMatMul",
    "_PreparedMatMuls",
    "_PreparedMatrix",
    "_SelfAttention",
)
_FOLDED = ("_Clamped", "_FoldedBias", "_FoldedFilter", "_Thresholds")
_EXPANDED = ("_ExpandedBatchNorm", "_ExpandedBatchNormGrad")
_GATED = ("_Excitation", "_GatedConv2D")
_MASKED = ("_MaskedConv2DBackpropInput", "_MaskedDepthwiseConv2dNativeBackpropInput")
_SEPARABLE = ("_SeparableConv2D", "_SeparableFilters")
_SUMMED = ("_SummedConv2D", "_SummedSeparableConv2D")
_TRANSPOSED = ("_LaidOutFilter", "_TransposedConv2D")
_HOISTED = ("_ProjectedMatMul", "_RepeatedMatMul")
_GATHERED = ("_AddProductLater", "_AddRowsLater", "_Settled")
_DECAYING = ("_ApplyAdamToRows", "_ResourceApplyAdamToRows")
_TF_SENTENCEPIECE = dict.fromkeys(
    (
        "SentencepieceDecode",
        "SentencepieceEncodeDense",
        "SentencepieceEncodeSparse",
        "SentencepieceGetPieceSize",
        "SentencepieceGetPieceType",
        "SentencepieceIdToPiece",
        "SentencepiecePieceToId",
    ),
    "tf_sentencepiece has no build for TensorFlow 2; see test_sentencepiece_processor.py",
)

#: Op → why TensorFlow has no answer to any sample of it.
UNSAMPLED: dict[str, str] = {
    "BatchFFT": _GPU,
    "BatchFFT2D": _GPU,
    "BatchFFT3D": _GPU,
    "BatchIFFT": _GPU,
    "BatchIFFT2D": _GPU,
    "BatchIFFT3D": _GPU,
    "BoostedTreesBucketize": "its kernel is in no package of TensorFlow 2.15",
    "BucketizeWithInputBoundaries": "an op of tf.contrib, which TensorFlow 2 does not have",
    "CTCLossV2": _GPU,
    "CompareAndBitpack": "TensorFlow 2.15 for CPUs does not have it",
    "GatherTree": "an op of tf.contrib; tensorflow_addons has it as Addons>GatherTree, which is sampled",
    "Resampler": "an op of tf.contrib; tensorflow_addons has it as Addons>Resampler, which is sampled",
    "ResamplerGrad": "an op of tf.contrib; tensorflow_addons has it as Addons>ResamplerGrad, which is sampled",
    "NextIteration": "stands in loops only, which steps in order cannot make",
    "RefNextIteration": "stands in loops only, which steps in order cannot make",
    "TopK": "its kernels want a type attribute that its OpDef does not have",
    **dict.fromkeys(
        ("PyFunc", "PyFuncStateless"),
        "they call what a program left in its graph; see tests/api/programs/python_functions.py",
    ),
    "_PythonDataset": "it calls what a program left in its graph; see tests/api/programs/datasets.py",
    "_Arg": "TensorFlow adds it itself where it calls a function",
    **dict.fromkeys(_AFFINE, "passes.fuse_affine makes it"),
    **dict.fromkeys(_TRANSPOSED, "passes.lay_out_transposed makes it"),
    **dict.fromkeys(_PREPARED, "passes.prepare_filters makes it"),
    **dict.fromkeys(_SUMMED, "passes.sum_convolutions makes it"),
    **dict.fromkeys(_FOLDED, "passes.fold_thresholds makes it"),
    "_Attention": "passes.fuse_attention makes it",
    "_ActivatedBatchNorm": "passes.fuse_normalization makes it",
    **dict.fromkeys(_EXPANDED, "passes.fuse_expansion makes it"),
    **dict.fromkeys(_MASKED, "passes.mask_gradients makes it"),
    "_Cell": "passes.fuse_cells makes it",
    "_Unjoin": "passes.fuse_unjoining makes it",
    **dict.fromkeys(("_PopAll", "_PushAll"), "passes.join_stacks makes it"),
    **dict.fromkeys(_GATHERED, "passes.gather_products makes it"),
    **dict.fromkeys(_DECAYING, "passes.fuse_decay makes it"),
    "_EmbeddingLookupSparse": "passes.fuse_embeddings makes it",
    **dict.fromkeys(_HOISTED, "passes.hoist_products makes it"),
    "_PickRows": "passes.narrow_rows makes it",
    "_Pointwise": "passes.fuse_pointwise makes it",
    "_SparseApplyRows": "passes.fuse_row_updates makes it",
    **dict.fromkeys(_GATED, "passes.fuse_gates makes it"),
    **dict.fromkeys(_SEPARABLE, "passes.fuse_separable makes it"),
    "_SplitAndLookup": "passes.fuse_word_lookup makes it",
    "_FusedDepthwiseConv2dNative": "its kernels are oneDNN's, which give no reference",
    **_TF_SENTENCEPIECE,
    "_Retval": "TensorFlow adds it itself where it calls a function",
}

#: Op → why TensorFlow refuses no sample of it.
NEVER_REFUSED: dict[str, str] = {
    **dict.fromkeys(("BarrierIncompleteSize", "BarrierReadySize"), _HANDLE),
    "ControlTrigger": _NO_INPUTS,
    "DummySeedGenerator": _NO_INPUTS,
    "Enter": _ANYTHING,
    "FakeParam": _NO_INPUTS,
    "IsVariableInitialized": _HANDLE,
    "LookupTableExport": _HANDLE,
    "LookupTableExportV2": _HANDLE,
    "LookupTableSize": _HANDLE,
    "LookupTableSizeV2": _HANDLE,
    "Merge": _ANYTHING,
    "MutexV2": _NO_INPUTS,
    "NoOp": _NO_INPUTS,
    "Print": _ANYTHING,
    **dict.fromkeys(("AccumulatorNumAccumulated", "ResourceAccumulatorNumAccumulated"), _HANDLE),
    **dict.fromkeys(("QueueIsClosed", "QueueIsClosedV2", "QueueSize", "QueueSizeV2"), _HANDLE),
    "RandomShuffle": _ANYTHING,
    "FakeQueue": _HANDLE,
    **dict.fromkeys(
        (
            f"{name}{version}"
            for name in ("IdentityReader", "TFRecordReader", "WholeFileReader")
            for version in ("", "V2")
        ),
        _NO_INPUTS,
    ),
    **dict.fromkeys(
        (
            f"Reader{name}{version}"
            for name in ("NumRecordsProduced", "NumWorkUnitsCompleted", "Reset")
            for version in ("", "V2")
        ),
        _HANDLE,
    ),
    "RefEnter": _ANYTHING,
    "RefMerge": _ANYTHING,
    "Stack": _NO_INPUTS,
    "StackClose": _HANDLE,
    "StackCloseV2": _HANDLE,
    **dict.fromkeys(("StageClear", "StageSize"), _NO_INPUTS),
    **dict.fromkeys(
        (
            f"{prefix}{name}"
            for prefix in ("Map", "OrderedMap")
            for name in ("Clear", "IncompleteSize", "Size")
        ),
        _NO_INPUTS,
    ),
    "StatelessRandomGetAlg": _NO_INPUTS,
    "TensorArrayCloseV3": _HANDLE,
    "Timestamp": _NO_INPUTS,
    "TensorListElementShape": _HANDLE,
    "TensorListLength": _HANDLE,
    "TensorSummary": _ANYTHING,
    "VarHandleOp": _NO_INPUTS,
    "VarIsInitializedOp": _HANDLE,
}

#: Op → why there is no good sample of it.
ALWAYS_REFUSED: dict[str, str] = {
    "Barrier": _NAMED,
    "ConditionalAccumulator": _NAMED,
    **dict.fromkeys(("DatasetToTFRecord", "ExperimentalDatasetToTFRecord"), _READ_ONLY),
    **dict.fromkeys(("ExperimentalSqlDataset", "SqlDataset"), "no graph queries databases here"),
    "FIFOQueue": _NAMED,
    "HashTable": _NAMED,
    "MatchingFiles": "no graph looks into folders here",
    "MergeV2Checkpoints": _READ_ONLY,
    "MutableDenseHashTable": "TensorFlow's kernel refuses every one",
    "MutableHashTable": _NAMED,
    "MutableHashTableOfTensors": _NAMED,
    "PaddingFIFOQueue": _NAMED,
    "Placeholder": _UNFED,
    "PlaceholderV2": _UNFED,
    "PriorityQueue": _NAMED,
    "RandomShuffleQueue": _NAMED,
    "SparseConditionalAccumulator": _NAMED,
    **dict.fromkeys(
        (
            "FakeQueue",
            "FixedLengthRecordReader",
            "IdentityReader",
            "TFRecordReader",
            "TextLineReader",
            "WholeFileReader",
        ),
        _NAMED,
    ),
    "RefSwitch": _DEAD,
    "Save": _READ_ONLY,
    "SaveSlices": _READ_ONLY,
    "SaveV2": _READ_ONLY,
    "Stack": _NAMED,
    "Switch": _DEAD,
    "WriteFile": _READ_ONLY,
}

#: Op → why its schema cannot be compared.
WITHOUT_OP_DEF: dict[str, str] = {
    "BucketizeWithInputBoundaries": "an op of tf.contrib, which TensorFlow 2 does not have",
    "CompareAndBitpack": "TensorFlow 2.15 for CPUs does not have it",
    "GatherTree": "an op of tf.contrib, which TensorFlow 2 does not have",
    **dict.fromkeys(
        ("Resampler", "ResamplerGrad"), "an op of tf.contrib, which TensorFlow 2 does not have"
    ),
    **dict.fromkeys(
        (*_AFFINE, *_EXPANDED, *_FOLDED, *_GATED, *_MASKED, *_PREPARED, *_SUMMED, *_TRANSPOSED),
        "TensorFlow has no such op",
    ),
    "_Attention": "TensorFlow has no such op",
    "_ActivatedBatchNorm": "TensorFlow has no such op",
    "_Cell": "TensorFlow has no such op",
    "_Unjoin": "TensorFlow has no such op",
    **dict.fromkeys(("_PopAll", "_PushAll"), "TensorFlow has no such op"),
    **dict.fromkeys(_GATHERED, "TensorFlow has no such op"),
    **dict.fromkeys(_DECAYING, "TensorFlow has no such op"),
    "_EmbeddingLookupSparse": "TensorFlow has no such op",
    **dict.fromkeys(_HOISTED, "TensorFlow has no such op"),
    "_PickRows": "TensorFlow has no such op",
    "_Pointwise": "TensorFlow has no such op",
    "_PythonDataset": "TensorFlow has no such op",
    "_SparseApplyRows": "TensorFlow has no such op",
    **dict.fromkeys(_SEPARABLE, "TensorFlow has no such op"),
    "_SplitAndLookup": "TensorFlow has no such op",
    **_TF_SENTENCEPIECE,
}

OPS = sorted(REGISTRY)
GOOD = collections.Counter(sample.op for sample in all_samples() if sample.error is None)
REFUSED = collections.Counter(sample.op for sample in all_samples() if sample.error is not None)

#: A path below `tensorflow/`, of TF.Text or of SentencePiece, with or without a symbol.
SOURCE = re.compile(
    r"((compiler|contrib|core|python)/|tensorflow_text/|tf_sentencepiece/|Eigen/|kernels/)[\w/.-]+\.(cc|h|py|cpp|pbtxt)(:[\w:.]+)?"
)


def faults(name: str) -> list[str]:
    """What an op lacks, and the entries of the tables that it no longer needs."""
    found = []
    good, refused, compared = bool(GOOD[name]), bool(REFUSED[name]), name in OP_DEFS
    if not good and name not in UNSAMPLED and name not in ALWAYS_REFUSED:
        found.append("tests/samples must have a sample of it")
    if not refused and name not in UNSAMPLED and name not in NEVER_REFUSED:
        found.append("tests/samples must have a sample of it with `error`")
    if not compared and name not in WITHOUT_OP_DEF:
        found.append("tests/golden must have its OpDef")
    if (good or refused) and name in UNSAMPLED:
        found.append("it has samples, so it must not stand in UNSAMPLED")
    if refused and name in NEVER_REFUSED:
        found.append("it has a refused sample, so it must not stand in NEVER_REFUSED")
    if good and name in ALWAYS_REFUSED:
        found.append("it has a good sample, so it must not stand in ALWAYS_REFUSED")
    if compared and name in WITHOUT_OP_DEF:
        found.append("it has an OpDef, so it must not stand in WITHOUT_OP_DEF")
    op = REGISTRY[name]
    if op.shape_rule is None:
        found.append("it must have a shape rule; `unknown` says that values decide")
    if not SOURCE.fullmatch(op.source):
        found.append(f"its source must be a path below tensorflow/, not {op.source!r}")
    if not op.kernel.__doc__:
        found.append("its kernel must have a docstring")
    return found


@pytest.mark.parametrize("name", OPS)
def test_op_is_guarded(name: str) -> None:
    assert faults(name) == []


def test_tables_name_registered_ops() -> None:
    assert {*UNSAMPLED, *NEVER_REFUSED, *ALWAYS_REFUSED, *WITHOUT_OP_DEF} <= set(OPS)


def test_samples_and_answers_are_the_same_set() -> None:
    keys = [sample.key for sample in all_samples()]
    twice = [key for key, count in collections.Counter(keys).items() if count > 1]
    assert not twice, "a label must be used once an op"
    assert sorted(set(keys) - set(answers())) == [], "run `python -m tests.golden.generate`"
    assert sorted(set(answers()) - set(keys)) == [], "answers without a sample"
    for sample in all_samples():
        assert ("error" in answer(sample.key)) == (sample.error is not None), sample.key


def test_samples_are_of_registered_ops() -> None:
    assert {sample.op for sample in all_samples()} <= set(OPS)
