"""Samples of `ops/training.py`: the variable and its slots after each step."""

from __future__ import annotations

from typing import Any

from minihub_runtime.ops.training_rules import RULES
from tests.samples import Call, Sample, Step, f32, i32, i64, normal, typed, uniform

#: Numbers that all optimisers can do with.
NUMBERS = dict(
    lr=0.1,
    alpha=0.3,
    rho=0.9,
    epsilon=1e-3,
    l1=0.05,
    l2=0.2,
    l2_shrinkage=0.1,
    lr_power=-0.5,
    momentum=0.8,
    beta=0.7,
    beta1=0.9,
    beta2=0.99,
    beta1_power=0.8,
    beta2_power=0.9,
    logbase=0.6,
    sign_decay=0.4,
)
SHAPE = (4, 3)


def steps(name: str, value: Any, handle: bool) -> dict[str, Call]:
    """A variable that has a value."""
    kind = dict(
        dtype=value.dtype.name if value.dtype.names is None else "bfloat16", shape=value.shape
    )
    if handle:
        made, put = Call("VarHandleOp", {}, kind | dict(shared_name=name)), "AssignVariableOp"
        return {name: made, f"set_{name}": Call(put, dict(resource=Step(name), value=value))}
    return {
        name: Call("VariableV2", {}, kind),
        f"set_{name}": Call("Assign", dict(ref=Step(name), value=value)),
    }


def step(
    name: str,
    label: str,
    sparse: bool,
    handle: bool,
    dtype: str = "float32",
    error: str | None = None,
    shape: tuple[int, ...] = SHAPE,
    **more: Any,
) -> Sample:
    """One step of an optimiser."""
    rule = RULES[name]
    before: dict[str, Call] = {}
    for place, slot in enumerate(("var", *rule.slots)):
        low = -1 if slot in ("var", "linear", "mom", "mg") else 0.5
        value = more.pop(slot, None)
        if value is None:
            value = uniform(*shape, low=low, high=1.5, seed=place, dtype=dtype)
        before |= steps(slot, value, handle)
    inputs: dict[str, Any] = {slot: Step(slot) for slot in ("var", *rule.slots)}
    indices = more.get("indices", i32([2, 0]))
    for argument in (rule.sparse if sparse else rule.dense).split():
        if argument in ("grad", "delta"):
            rows = (indices.size, *shape[1:]) if sparse else shape
            given = more.pop("grad", None)
            inputs[argument] = normal(*rows, seed=7, dtype=dtype) if given is None else given
        elif argument == "indices":
            inputs[argument] = indices
        elif argument == "global_step":
            inputs[argument] = i64(3)
        else:
            inputs[argument] = typed(more.pop(argument, NUMBERS[argument]), dtype)
    attrs = {key: value for key, value in more.items() if key != "indices"}
    op = f"{'Resource' if handle else ''}{'Sparse' if sparse else ''}Apply{name}"
    after = {}
    if error is None:
        for slot in ("var", *rule.slots):
            read = Call("ReadVariableOp", dict(resource=Step(slot)), dict(dtype=dtype))
            after[f"after_{slot}"] = read if handle else Call("Identity", dict(input=Step(slot)))
    return Sample(op, label, inputs, attrs, error, before, after, loose=10)


def kinds(name: str, sparse: bool) -> list[str]:
    """The types that there are kernels for."""
    without = {("CenteredRMSProp", True): ("bfloat16",), ("RMSProp", True): ("bfloat16",)}
    return [kind for kind in RULES[name].kinds if kind not in without.get((name, sparse), ())]


def samples(name: str, sparse: bool, handle: bool) -> list[Sample]:
    """What all forms of one optimiser are given."""
    rule = RULES[name]
    form = (sparse, handle)
    found = [step(name, kind, *form, dtype=kind) for kind in kinds(name, sparse)]
    if rule.flag:
        flag, default = rule.flag
        found.append(step(name, flag, *form, **{flag: not default}))
    if "l1" in rule.dense:
        found.append(step(name, "no_l1", *form, l1=0))
    if "lr_power" in rule.dense:
        found.append(step(name, "lr_power", *form, lr_power=-0.7))
        found.append(step(name, "lr_power_by_lr", *form, lr_power=-0.7, multiply_linear_by_lr=True))
    number = next(n for n in rule.dense.split() if n in NUMBERS)
    found.append(
        step(
            name, "number", *form, error=f"{number} must be a scalar|compatible", **{number: [1, 2]}
        )
    )
    if rule.slots:
        slot = rule.slots[-1]
        other = uniform(4, 2)
        found.append(step(name, "slot", *form, error="the same shape|compatible", **{slot: other}))
    for limited, limit in rule.limits.items() if sparse or rule.dense_limits else ():
        wrong = 1 if limit == "not positive" else -1
        found.append(
            step(name, f"limit_of_{limited}", *form, error=f"{limited} must be", **{limited: wrong})
        )
    if not sparse:
        found += [
            step(name, "vector", *form, shape=(5,)),
            step(name, "scalar", *form, shape=()),
            step(name, "empty", *form, shape=(0, 2)),
            step(name, "grad", *form, grad=normal(4), error="same shape|compatible"),
        ]
    else:
        found += [
            step(name, "int64", *form, indices=i64([3, 1])),
            step(name, "vector", *form, shape=(5,)),
            step(name, "one_row_twice", *form, indices=i32([2, 0, 2, 2])),
            step(name, "cube", *form, shape=(4, 2, 3)),
            step(name, "no_rows", *form, indices=i32([])),
            step(name, "index", *form, indices=i32([0, 4]), error="must lie in"),
            step(name, "negative_index", *form, indices=i32([-1, 0]), error="must lie in"),
            step(name, "rows", *form, grad=normal(3, 3), error="grad must have shape|compatible"),
            step(name, "inner", *form, grad=normal(2, 2), error="grad must have shape|compatible"),
            step(
                name,
                "matrix_of_indices",
                *form,
                indices=i32([[0, 1]]),
                grad=normal(2, 3),
                error="one-dimensional|compatible",
            ),
        ]
    return found


SAMPLES = [
    sample
    for name, rule in RULES.items()
    for handle in (True, False)
    if handle or rule.reference
    for sparse in (False, True)
    if not sparse or rule.sparse
    for sample in samples(name, sparse, handle)
]
SAMPLES += [
    Sample(
        "ResourceApplyMomentum",
        "uninitialized",
        dict(var=Step("v"), accum=Step("v"), lr=f32(1), grad=f32([1]), momentum=f32(1)),
        error="must be initialized",
        before=dict(v=Call("VarHandleOp", {}, dict(dtype="float32", shape=[1]))),
    ),
    Sample(
        "ResourceApplyAdam",
        "ints",
        dict(
            **{name: Step("v") for name in ("var", "m", "v")},
            **{name: i32(1) for name in RULES["Adam"].dense.split()[:-1]},
            grad=i32([1]),
        ),
        error="CPU kernel",
        before=dict(
            v=Call("VarHandleOp", {}, dict(dtype="int32", shape=[1])),
            set=Call("AssignVariableOp", dict(resource=Step("v"), value=i32([1]))),
        ),
    ),
]
