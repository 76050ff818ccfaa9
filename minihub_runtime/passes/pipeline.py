"""The passes in the order in which a plan applies them, each with the reason for its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from minihub_runtime.passes.chain_products import chain_products
from minihub_runtime.passes.drop_idle import drop_idle
from minihub_runtime.passes.fold_shapes import fold_shapes
from minihub_runtime.passes.fold_thresholds import fold_thresholds
from minihub_runtime.passes.fold_uniform import fold_uniform
from minihub_runtime.passes.forward_identities import forward_identities
from minihub_runtime.passes.free_reads import free_reads
from minihub_runtime.passes.fuse_affine import fuse_affine
from minihub_runtime.passes.fuse_attention import fuse_attention
from minihub_runtime.passes.fuse_cells import fuse_cells
from minihub_runtime.passes.fuse_decay import fuse_decay
from minihub_runtime.passes.fuse_embeddings import fuse_embeddings
from minihub_runtime.passes.fuse_expansion import fuse_expansion
from minihub_runtime.passes.fuse_gates import fuse_gates
from minihub_runtime.passes.fuse_normalization import fuse_normalization
from minihub_runtime.passes.fuse_pointwise import fuse_pointwise
from minihub_runtime.passes.fuse_row_updates import fuse_row_updates
from minihub_runtime.passes.fuse_self_attention import fuse_self_attention
from minihub_runtime.passes.fuse_separable import fuse_separable
from minihub_runtime.passes.fuse_unjoining import fuse_unjoining
from minihub_runtime.passes.fuse_word_lookup import fuse_word_lookup
from minihub_runtime.passes.gather_products import gather_products
from minihub_runtime.passes.hoist_products import hoist_products
from minihub_runtime.passes.inline_chosen import inline_chosen
from minihub_runtime.passes.join_products import join_products
from minihub_runtime.passes.join_stacks import join_stacks
from minihub_runtime.passes.lay_out_transposed import lay_out_transposed
from minihub_runtime.passes.mask_gradients import mask_gradients
from minihub_runtime.passes.move_pools import move_pools
from minihub_runtime.passes.narrow_rows import narrow_rows
from minihub_runtime.passes.place_constants import place_constants
from minihub_runtime.passes.prepare_filters import prepare_filters
from minihub_runtime.passes.region import Region
from minihub_runtime.passes.settle_switches import settle_switches
from minihub_runtime.passes.share_equals import share_equals
from minihub_runtime.passes.sum_convolutions import sum_convolutions

__all__ = ["IN_PARTS", "PIPELINE", "Pass", "rewrite"]

Pass = Callable[[Region], None]


def _embeddings(region: Region) -> None:
    region.keep_only(fuse_embeddings(region.nodes, region.feeds))


def _word_lookup(region: Region) -> None:
    region.keep_only(fuse_word_lookup(region.nodes, region.feeds, region.roots))


#: Up to so many nodes of a step of training are looked at for their shapes.
FEW_NODES = 512


def _shapes(region: Region) -> None:
    """In larger graphs kernels take the time of a step, and so does finding out shapes."""
    if region.writes and len(region.live()) <= FEW_NODES:
        fold_shapes(region)


#: Name → pass.
PIPELINE: Mapping[str, Pass] = {
    # Branches that are never taken, and calls of those that are, hide what the other passes look for.
    "inline_chosen": inline_chosen,
    "settle_switches": settle_switches,
    # It looks for the ops that embedding_lookup_sparse adds, so it comes before others change them.
    "fuse_embeddings": _embeddings,
    # The gradients of what the pass before it fuses, and others of that form.
    "fuse_row_updates": fuse_row_updates,
    # Optimisers whose means decay in all rows have no op for that; before their arithmetic is fused.
    "fuse_decay": fuse_decay,
    # After the passes before it what remains of a look-up is its words.
    "fuse_word_lookup": _word_lookup,
    # What the passes before it took out of use, gradients wait for; what is left out is no reader to the passes after it.
    "drop_idle": drop_idle,
    # What is still waited for is there to fail, or has an effect; before all that looks for what is the same in each run.
    "free_reads": free_reads,
    # What waits for something, as all of a loss does for checks of shapes, is no constant; those that are left are real.
    "fold_shapes": _shapes,
    # Constants are known by now, also of shapes; its copies are forwarded.
    "fold_uniform": fold_uniform,
    # Passes that see the bodies of loops see them.
    "place_constants": place_constants,
    # Loops are what they were; before their products take in what follows them.
    "hoist_products": hoist_products,
    "gather_products": gather_products,
    "forward_identities": forward_identities,
    # Scales and masks are part of it, so it comes before what takes in all arithmetic.
    "fuse_attention": fuse_attention,
    "fuse_affine": fuse_affine,
    # What is left of them is of training.
    "fuse_normalization": fuse_normalization,
    # Activations are part of what is normalised by now.
    "fuse_expansion": fuse_expansion,
    # The gradients of what the pass before it fuses are none of convolutions any more.
    "mask_gradients": mask_gradients,
    # Convolutions have their biases and activations by now; thresholds are folded into those that follow.
    "move_pools": move_pools,
    # It changes one op alone, so its place is free.
    "lay_out_transposed": lay_out_transposed,
    # Nothing but loops has any, so its place is free.
    "join_stacks": join_stacks,
    # Shapes are still asked for, each where it is wanted.
    "fuse_unjoining": fuse_unjoining,
    # It takes the biases of gates that no product took, and arithmetic that would be fused otherwise.
    "fuse_cells": fuse_cells,
    # What is left of biases and factors is no part of a convolution, and arithmetic like any other.
    "fuse_pointwise": fuse_pointwise,
    # Activations are part of convolutions by now.
    "fuse_separable": fuse_separable,
    # What a separable convolution begins with stays its own.
    "fuse_gates": fuse_gates,
    # Convolutions that are part of others by now stay as they are; filters are still filters.
    "fold_thresholds": fold_thresholds,
    "prepare_filters": prepare_filters,
    # What several ops read can be part of none of them.
    "share_equals": share_equals,
    # What has several readers has them by now.
    "fuse_self_attention": fuse_self_attention,
    "chain_products": chain_products,
    # What is computed once is one tensor by now.
    "join_products": join_products,
    # What several ops read has several readers by now; activations of sums are programs.
    "sum_convolutions": sum_convolutions,
    # Rows are those of few large steps by now, whose names other passes do not ask for shapes any more.
    "narrow_rows": narrow_rows,
}

#: Names of the passes for runs whose feeds come one after another: there, what waits for a feed waits for more than its turn.
IN_PARTS = frozenset(PIPELINE) - {"drop_idle", "free_reads"}


def rewrite(region: Region, names: Iterable[str] | None = None) -> None:
    """Apply the passes of these names, all by default, in the order of the pipeline."""
    chosen = PIPELINE.keys() if names is None else {*names}
    for name, apply in PIPELINE.items():
        if name in chosen:
            apply(region)
