"""Samples of `ops/ragged_variant.py`."""

from typing import Any

from tests.samples import Call, Sample, Step, f32, i32, i64, normal
from tests.samples.ragged import FIVE, ONE, TWO, nested


def decoded(
    splits: Any, values: Any, batched: bool, input_rank: int, output_rank: int, **more: Any
) -> dict[str, Any]:
    """A variant made of a ragged tensor, and the attributes that decode it."""
    return dict(
        inputs=dict(encoded_ragged=Step("encoded")),
        attrs=dict(
            input_ragged_rank=input_rank,
            output_ragged_rank=output_rank,
            **{"Tvalues": "float32", "Tsplits": "int64", **more},
        ),
        before=dict(
            encoded=Call(
                "RaggedTensorToVariant", nested(splits, values), dict(batched_input=batched)
            )
        ),
    )


SAMPLES = [
    Sample("RaggedTensorToVariant", "batched", nested(TWO, FIVE), dict(batched_input=True)),
    Sample("RaggedTensorToVariant", "whole", nested(TWO, FIVE), dict(batched_input=False)),
    Sample(
        "RaggedTensorToVariant",
        "values_rank",
        nested([], f32(1)),
        dict(batched_input=False),
        error="rank >= 1",
    ),
    Sample("RaggedTensorFromVariant", "batched", **decoded(TWO, FIVE, True, 1, 2)),
    Sample("RaggedTensorFromVariant", "one_level", **decoded(ONE, normal(5, 2), True, 0, 1)),
    Sample("RaggedTensorFromVariant", "inferred", **decoded(ONE, FIVE, True, -1, 1)),
    Sample("RaggedTensorFromVariant", "whole", **decoded(TWO, FIVE, False, 2, 2)),
    Sample(
        "RaggedTensorFromVariant",
        "three_levels",
        **decoded([i64([0, 1, 3]), *TWO], FIVE, True, 2, 3),
    ),
    Sample("RaggedTensorFromVariant", "none", **decoded([i64([0])], f32([]), True, 0, 1)),
    Sample(
        "RaggedTensorFromVariant", "rank", **decoded(ONE, FIVE, True, 1, 2), error="ragged rank"
    ),
    Sample(
        "RaggedTensorFromVariant",
        "type",
        **decoded(ONE, FIVE, True, 0, 1, Tvalues="int32"),
        error="must hold",
    ),
    Sample(
        "RaggedTensorFromVariant",
        "splits_type",
        **decoded(TWO, FIVE, True, 1, 2, Tsplits="int32"),
        error="int32",
    ),
    *(
        Sample(
            "RaggedTensorToVariantGradient",
            label,
            dict(
                encoded_ragged_grad=Step("encoded"),
                row_splits=TWO[0] if batched else i64(0),
                dense_values_shape=i32(shape),
            ),
            dict(Tvalues="float32"),
            error,
            before=dict(
                encoded=Call(
                    "RaggedTensorToVariant", nested(TWO, FIVE), dict(batched_input=batched)
                )
            ),
        )
        for label, batched, shape, error in (
            ("batched", True, [5], None),
            ("whole", False, [5], None),
            ("matrix", True, [[5]], "vector"),
        )
    ),
]
