"""Classes drawn as examples of those that are not right, and losses that use them.

Source: tensorflow/python/ops/candidate_sampling_ops.py, nn_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.filling import ones, ones_like, zeros_like
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
)
from minihub_runtime.api.nn.embedding import embedding_lookup, partitions
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = [
    "all_candidate_sampler",
    "compute_accidental_hits",
    "fixed_unigram_candidate_sampler",
    "learned_unigram_candidate_sampler",
    "log_uniform_candidate_sampler",
    "nce_loss",
    "sampled_softmax_loss",
    "uniform_candidate_sampler",
]


def _seeded(op: str, name: str | None, seed: int | None, **arguments: Any) -> Any:
    seed1, seed2 = get_seed(seed)
    return build(op, name=name, seed=seed1, seed2=seed2, **arguments)


@public("random.uniform_candidate_sampler", "nn.uniform_candidate_sampler")
def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Classes of which each is as likely as the others.

    Args:
        true_classes: int64 [batch, num_true].
        num_true: how many right classes an example has.
        num_sampled: how many classes are drawn.
        unique: whether each is drawn once at most.
        range_max: the number of classes.
        seed: the seed of the op.
        name: wanted name.

    Returns:
        The classes, int64 [num_sampled]; how often the true ones are expected among them, float32
        [batch, num_true]; and how often each drawn one is, float32 [num_sampled].
    """
    return _seeded(
        "UniformCandidateSampler",
        name,
        seed,
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
    )


@public("random.log_uniform_candidate_sampler", "nn.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Classes of which the first are the likeliest, as words sorted by frequency; else as `uniform_candidate_sampler`."""
    return _seeded(
        "LogUniformCandidateSampler",
        name,
        seed,
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
    )


@public("random.learned_unigram_candidate_sampler", "nn.learned_unigram_candidate_sampler")
def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Classes as likely as they have been true ones so far; else as `uniform_candidate_sampler`.

    Raises:
        ValueError: `range_max` does not fit into an int32.
    """
    seeds = get_seed(seed)
    if range_max > int32.max:
        raise ValueError(f"Value of range_max:{range_max} is too large to handle")
    return build(
        "LearnedUnigramCandidateSampler",
        name=name,
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        seed=seeds[0],
        seed2=seeds[1],
    )


@public("random.fixed_unigram_candidate_sampler", "nn.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: Any = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Classes as likely as given counts say; else as `uniform_candidate_sampler`.

    Args:
        true_classes: int64 [batch, num_true].
        num_true: how many right classes an example has.
        num_sampled: how many classes are drawn.
        unique: whether each is drawn once at most.
        range_max: the number of classes.
        vocab_file: a file whose lines end with a comma and a count.
        distortion: the power to which counts are raised.
        num_reserved_ids: how many classes before the first count have none.
        num_shards: only every so-manieth class is drawn,
        shard: starting with this.
        unigrams: the counts, if there is no file.
        seed: the seed of the op.
        name: wanted name.
    """
    return _seeded(
        "FixedUnigramCandidateSampler",
        name,
        seed,
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=unigrams,
    )


@public("random.all_candidate_sampler", "nn.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """All classes, `num_sampled` of them, each expected once; else as `uniform_candidate_sampler`."""
    return _seeded(
        "AllCandidateSampler",
        name,
        seed,
        true_classes=true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
    )


@public("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Where drawn classes are true ones of an example.

    Args:
        true_classes: int64 [batch, num_true].
        sampled_candidates: int64 [num_sampled].
        num_true: how many right classes an example has.
        seed: has no effect.
        name: wanted name.

    Returns:
        The examples, int32 [hits]; the places of the drawn classes, int64 [hits]; and for each hit the lowest
        float32.
    """
    return _seeded(
        "ComputeAccidentalHits",
        name,
        seed,
        true_classes=true_classes,
        sampled_candidates=sampled_candidates,
        num_true=num_true,
    )


@public("nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """The noise-contrastive loss: right classes are told from drawn ones.

    Args:
        weights: `[num_classes, dim]`, or its partitions.
        biases: `[num_classes]`.
        labels: int64 [batch, num_true].
        inputs: `[batch, dim]`.
        num_sampled: how many classes are drawn for the batch.
        num_classes: the number of classes.
        num_true: how many right classes an example has.
        sampled_values: what a candidate sampler returned; by default that of `log_uniform_candidate_sampler`.
        remove_accidental_hits: whether drawn classes that are right count as neither.
        partition_strategy: "mod" or "div".
        name: wanted name.

    Returns:
        `[batch]`.
    """
    logits, targets = _sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        name,
    )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return _sum_rows(losses)


@public("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """The softmax loss over right and drawn classes only; arguments as of `nce_loss`, and the seed of the drawing."""
    logits, targets = _sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        name,
        seed,
    )
    targets = build("StopGradient", name="labels_stop_gradient", input=targets)
    return softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits)


def _sum_rows(x: Tensor) -> Tensor:
    """The sums of rows, by a product, which is fast."""
    width = shape(x)[1]
    return reshape(matmul(x, ones(stack([width, 1]), x.dtype)), [-1])


def _sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    partition_strategy: str,
    name: str,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits of right and drawn classes, `[batch, num_true + num_sampled]`, and their targets."""
    tables = partitions(weights)
    with name_scope(name, "compute_sampled_logits", [*tables, biases, inputs, labels]):
        if labels.dtype is not int64:
            labels = cast(labels, int64)
        flat = reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(
                true_classes=labels,
                num_true=num_true,
                num_sampled=num_sampled,
                unique=True,
                range_max=num_classes,
                seed=seed,
            )
        sampled, true_count, sampled_count = (
            build("StopGradient", input=value) for value in sampled_values
        )
        sampled = cast(sampled, int64)
        ids = concat([flat, sampled], 0)
        rows = embedding_lookup(tables, ids, partition_strategy=partition_strategy)
        if rows.dtype is not inputs.dtype:
            rows = cast(rows, inputs.dtype)
        true_rows = slice(rows, [0, 0], stack([shape(flat)[0], -1]))
        sampled_rows = slice(rows, stack([shape(flat)[0], 0]), [-1, -1])
        sampled_logits = matmul(inputs, sampled_rows, transpose_b=True)
        all_biases = embedding_lookup(biases, ids, partition_strategy=partition_strategy)
        if all_biases.dtype is not inputs.dtype:
            all_biases = cast(all_biases, inputs.dtype)
        true_biases = slice(all_biases, [0], shape(flat))
        sampled_biases = slice(all_biases, shape(flat), [-1])
        dim = shape(true_rows)[1:2]
        by_example = concat([[-1, num_true], dim], 0)
        products = build("Mul", x=expand_dims(inputs, 1), y=reshape(true_rows, by_example))
        dots = reshape(products, concat([[-1], dim], 0))
        true_logits = reshape(_sum_rows(dots), [-1, num_true])
        true_biases = reshape(true_biases, [-1, num_true])
        true_logits += true_biases
        sampled_logits += sampled_biases
        if remove_accidental_hits:
            sampled_logits += _hits(labels, sampled, num_true, num_sampled, sampled_logits)
        true_logits -= build("Log", x=true_count)
        sampled_logits -= build("Log", x=sampled_count)
        logits = concat([true_logits, sampled_logits], 1)
        targets = concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1)
        return logits, targets


def _hits(
    labels: Tensor, sampled: Tensor, num_true: int, num_sampled: int, logits: Tensor
) -> Tensor:
    """The lowest number where a drawn class is right, zero elsewhere."""
    examples, ids, lowest = compute_accidental_hits(labels, sampled, num_true=num_true)
    rows = reshape(examples, [-1, 1])
    columns = reshape(cast(ids, int32), [-1, 1])
    indices = concat([rows, columns], 1, "sparse_indices")
    sizes = concat([shape(labels)[:1], expand_dims(num_sampled, 0)], 0)
    if logits.dtype is not lowest.dtype:
        lowest = cast(lowest, logits.dtype)
    made: Tensor = build(
        "SparseToDense",
        sparse_indices=indices,
        output_shape=sizes,
        sparse_values=lowest,
        default_value=0.0,
        validate_indices=False,
    )
    return made
