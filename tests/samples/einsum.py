"""Samples of `ops/einsum.py`."""

from tests.samples import Sample, bf16, boolean, c64, f16, f32, f64, i32, i64, normal

A = normal(2, 3)
B = normal(3, 4, seed=1)


def good(label, equation, *inputs):
    return Sample("Einsum", label, dict(inputs=list(inputs)), dict(equation=equation))


def bad(label, equation, error, *inputs):
    return Sample("Einsum", label, dict(inputs=list(inputs)), dict(equation=equation), error=error)


SAMPLES = [
    good("matmul", "ij,jk->ik", A, B),
    good("matmul_transposed", "ij,jk->ki", A, B),
    good("transpose", "ij->ji", A),
    good("identity", "ij->ij", A),
    good("ellipsis_identity", "...->...", A),
    good("sum_all", "ij->", A),
    good("sum_axis", "ij->j", A),
    good("trace", "ii->", normal(3, 3)),
    good("diagonal", "ii->i", normal(3, 3)),
    good("diagonal_in_batch", "...ii->...i", normal(2, 3, 3)),
    good("two_diagonals", "iijj->ij", normal(2, 2, 3, 3)),
    good("inflate", "i->ii", f32([1, 2, 3])),
    good("inflate_twice", "ij->iji", A),
    good("outer", "ij,kl->ijkl", A, B),
    good("elementwise", "ij,ij->ij", A, normal(2, 3, seed=2)),
    good("dot", "i,i->", f32([1, 2, 3]), f32([4, 5, 6])),
    good("batch", "bij,bjk->bik", normal(2, 3, 4), normal(2, 4, 2)),
    good("batch_ellipsis", "...ij,...jk->...ik", normal(2, 1, 3, 4), normal(5, 4, 2)),
    good("ellipsis_ranks", "...ij,...jk->...ik", normal(1, 2, 3), B),
    good("attention", "BTNH,BSNH->BNTS", normal(2, 3, 2, 4), normal(2, 2, 2, 4)),
    good("attention_values", "BNTS,BSNH->BTNH", normal(2, 2, 3, 2), normal(2, 2, 2, 4)),
    good("two_contracted", "abc,bcd->ad", normal(2, 3, 4), normal(3, 4, 2)),
    good("contracted_in_another_order", "abc,cbd->ad", normal(2, 3, 4), normal(4, 3, 2)),
    good("summed_only_left", "ijx,jk->ik", normal(2, 3, 2), B),
    good("summed_both_sides", "ijx,jky->ik", normal(2, 3, 2), normal(3, 4, 2)),
    good("repeated_and_contracted", "iij,jk->ik", normal(2, 2, 3), B),
    good("scalars", ",->", f32(2), f32(3)),
    good("scalar", "->", f32(2)),
    good("scalar_factor", "ij,->ij", A, f32(3)),
    good("capital_letters", "iI->Ii", A),
    good("broadcast_ones", "...,...->...", A, normal(1, 3)),
    good("ellipsis_in_the_middle", "a...b,b...->a...", normal(2, 3, 4), normal(4, 3)),
    good("nothing_contracted_empty", "ij,jk->ik", f32([]).reshape(2, 0), f32([]).reshape(0, 3)),
    good("empty_result", "ij,jk->ik", f32([]).reshape(0, 3), B),
    good("double", "ij,jk->ik", f64([[1, 2]]), f64([[3], [4]])),
    good("bfloat16", "ij,jk->ik", bf16([[1, 2]]), bf16([[3], [4]])),
    good("half", "ij,jk->ik", f16([[1, 2]]), f16([[3], [4]])),
    good("int32", "ij,jk->ik", i32([[1, 2]]), i32([[3], [4]])),
    good("int64", "ij->i", i64([[1, 2]])),
    good("complex_is_not_conjugated", "ij,jk->ik", c64([[1j, 2]]), c64([[3j], [4]])),
    bad("no_arrow", "ij,jk", "exactly one '->'", A, B),
    bad("two_arrows", "ij->ji->ij", "exactly one '->'", A),
    bad("three_inputs", "ab,bc,cd->ad", "1 or 2 input", A, B, normal(4, 2)),
    bad("sizes", "ij,jk->ik", "compatible", A, A),
    bad("rank", "i,j->ij", "must have rank 1", A, A),
    bad("rank_of_blanks", "ij, jk -> ik", "must", A, B),
    bad("ellipsis_lost", "i...,...->", "must have an ellipsis", A, A),
    bad("broadcast", "...i,...i->...", "broadcast", normal(2, 3), normal(3, 3)),
    bad("bool", "ij,ij->ij", "CPU kernel", boolean([[True]]), boolean([[True]])),
]
