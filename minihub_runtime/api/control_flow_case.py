"""`tf.case` and `tf.switch_case`: one of several functions runs.

Source: tensorflow/python/ops/control_flow_case.py, control_flow_switch_case.py, cond_v2.py.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.branching import build_branches, trace_branch
from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond, smart_cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, control_dependencies, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.dtypes import bool_, int32
from minihub_runtime.public import public

__all__ = ["case", "smart_case", "switch_case"]

Function = Callable[[], Any]


@public("case")
def case(
    pred_fn_pairs: Any,
    default: Function | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """The results of the first function whose predicate is true.

    Args:
        pred_fn_pairs: pairs of a scalar tensor of type bool and a function, in a list or a dictionary; those of a dictionary
            are taken in the order of the tensors' names, unless it is an OrderedDict.
        default: the function for when no predicate is true; if there is none, that is an error of the run.
        exclusive: whether it is an error of the run that several predicates are true.
        strict: accepted, see `cond`.
        name: name of the scope.

    Raises:
        TypeError: these are no such pairs.
        TypeError, ValueError: as in `cond`.
    """
    return _case(
        functools.partial(cond, strict=strict), pred_fn_pairs, default, exclusive, name, False
    )


def smart_case(
    pred_fn_pairs: Any,
    default: Function | None = None,
    exclusive: bool = False,
    name: str = "smart_case",
) -> Any:
    """As `case`; of predicates that are known now, Python's bools among them, only what they choose is built."""
    return _case(smart_cond, pred_fn_pairs, default, exclusive, name, True)


def _case(
    choose: Callable[..., Any],
    pred_fn_pairs: Any,
    default: Function | None,
    exclusive: bool,
    name: str,
    allow_bools: bool,
) -> Any:
    pairs = _checked_pairs(pred_fn_pairs, allow_bools)
    predicates = [pred for pred, _ in pairs]
    with name_scope(name, "case", predicates):
        function = default
        if function is None:
            function = _last_of_all(pairs)
            pairs = pairs[:-1]
        for pred, action in reversed(pairs):
            function = functools.partial(choose, pred, true_fn=action, false_fn=function)
        if not exclusive:
            return function()
        checked = [pred for pred, _ in pairs]
        with control_dependencies([_at_most(checked, 1, "Input error: exclusive=True")]):
            return function()


def _checked_pairs(pred_fn_pairs: Any, allow_bools: bool) -> list[tuple[Any, Function]]:
    """The pairs in their order.

    Raises:
        TypeError: they are none.
    """
    if not isinstance(pred_fn_pairs, (list, tuple, dict)):
        raise TypeError(
            f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(pred_fn_pairs)}"
        )
    pairs: list[Any] = list(pred_fn_pairs)
    if isinstance(pred_fn_pairs, dict):
        pairs = list(pred_fn_pairs.items())
        if not isinstance(pred_fn_pairs, collections.OrderedDict):
            pairs.sort(key=lambda pair: pair[0].name)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        pred, function = pair
        if isinstance(pred, Tensor):
            if pred.dtype is not bool_:
                raise TypeError(f"pred must be Tensor of type bool: {pred.name}")
        elif not allow_bools:
            raise TypeError(f"pred must be a Tensor, got: {pred}")
        elif not isinstance(pred, bool):
            raise TypeError(f"pred must be a Tensor or bool, got: {pred}")
        if not callable(function):
            raise TypeError(f"fn for pred {getattr(pred, 'name', pred)} must be callable.")
    return pairs


def _at_most(predicates: Sequence[Any], count: int, what: str) -> Operation:
    """An operation that fails if more predicates are true."""
    together = stack(predicates, name="preds_c")
    numbers = build("Cast", x=together, DstT=int32)
    total = build(
        "Sum", name="num_true_conds", input=numbers, reduction_indices=constant([0], int32)
    )
    few = build("LessEqual", x=total, y=constant(count, name="n_true_conds"))
    names = ", ".join(getattr(pred, "name", "?") for pred in predicates)
    text = f"{what}: more than {count} conditions ({names}) evaluated as True:"
    return Assert(few, [text, together], summarize=len(predicates))


def _last_of_all(pairs: Sequence[tuple[Any, Function]]) -> Function:
    """The last function as the default: it fails unless its predicate alone is true."""
    predicates = [pred for pred, _ in pairs]
    last, action = pairs[-1]
    number = len(pairs) - 1

    def default() -> Any:
        others = (
            f"Implementation error: selected default action #{number} was called, but some of other "
            "predicates are True: "
        )
        none = (
            "Input error: None of conditions evaluated as True:",
            stack(predicates, name="preds_c"),
        )
        checks = [_at_most(predicates[:-1], 0, others), Assert(last, data=none)]
        with control_dependencies(checks):
            return action()

    return default


@public("switch_case")
def switch_case(
    branch_index: Any, branch_fns: Any, default: Function | None = None, name: str = "switch_case"
) -> Any:
    """The results of function number `branch_index`.

    Args:
        branch_index: a scalar integer tensor.
        branch_fns: functions in a list, or pairs of an integer and a function in a list or a dictionary; the integers must
            be 0, 1, 2, ….
        default: the function for other numbers; if None, the last one is.
        name: name of the scope.

    Raises:
        TypeError: an argument is not of these types.
        ValueError: there is no function, or the integers are not those.
        TypeError, ValueError: as in `cond`.
    """
    functions = _checked_functions(branch_index, branch_fns)
    if default is not None:
        functions.append(default)
    with name_scope(name, "case", [branch_index]), name_scope("indexed_case") as scope:
        index = convert_to_tensor(branch_index, name="branch_index")
        graphs = [
            trace_branch(scope, f"branch{number}", function, index)
            for number, function in enumerate(functions)
        ]
        names = [f"branches[{number}]" for number in range(len(graphs))]
        return build_branches(index, graphs, names, "switch_case", scope)


def _checked_functions(branch_index: Any, branch_fns: Any) -> list[Function]:
    """The functions in the order of their numbers."""
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {branch_index.dtype!s}")
    if not branch_fns:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if not isinstance(branch_fns, (list, tuple, dict)):
        raise TypeError("'branch_fns' must be a list, tuple, or dict")
    pairs: list[Any] = list(branch_fns.items() if isinstance(branch_fns, Mapping) else branch_fns)
    if all(callable(function) for function in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'branch_fns' must be a 2-tuple. Received {pair}.")
        key, function = pair
        if not isinstance(key, int):
            raise TypeError(f"key must be a Python `int`, got {type(key)}")
        if not callable(function):
            raise TypeError(f"fn for key {key} must be callable.")
    keys = [key for key, _ in pairs]
    if sorted(keys) != list(range(len(keys))):
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(keys)}) but found "
            f"{{{','.join(map(str, sorted(keys)))}}}"
        )
    return [function for _, function in sorted(pairs, key=lambda pair: pair[0])]
