"""Optimisers: the operations, slots and collections they add, and the numbers they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.programs import attempt, message, placement, program, results


def variables(tf: Any, dtype: Any = None) -> list[Any]:
    """A variable of each kind for a dense gradient, and one of each kind for one of rows."""
    dtype = tf.float32 if dtype is None else dtype
    made = []
    for use_resource in (False, True):
        with tf.variable_scope("resource" if use_resource else "reference"):
            made += [
                tf.get_variable(
                    name,
                    initializer=tf.constant(value, dtype),
                    use_resource=use_resource,
                )
                for name, value in (
                    ("whole", [[1.0, -2.0], [3.0, 0.5]]),
                    ("rows", [[0.5, 1.0], [-1.5, 2.0], [0.25, -0.75]]),
                )
            ]
    return made


def gradients(tf: Any, made: list[Any], dtype: Any = None) -> list[tuple[Any, Any]]:
    """A gradient for each of the variables; a row comes twice."""
    dtype = tf.float32 if dtype is None else dtype
    pairs = []
    for variable in made:
        if "rows" in variable.name:
            values = tf.constant([[0.5, -1.0], [0.25, 1.0], [1.5, 0.125]], dtype)
            indices = tf.constant([2, 0, 2], tf.int32)
            pairs.append((tf.IndexedSlices(values, indices, tf.constant([3, 2])), variable))
        else:
            pairs.append((tf.constant([[0.1, -0.2], [1.0, 0.0]], dtype), variable))
    return pairs


def built(tf: Any, make: Callable[[], Any], dtype: Any = None) -> Any:
    """Apply an optimiser to all kinds of variables; what it says of itself."""
    made = variables(tf, dtype)
    pairs = gradients(tf, made, dtype)
    optimizer = make()
    step = tf.train.get_or_create_global_step()
    applied = optimizer.apply_gradients(pairs, step)
    slots = optimizer.get_slot_names()
    return [
        applied.name,
        optimizer.get_name(),
        slots,
        [v.name for v in optimizer.variables()],
        [[optimizer.get_slot(v, slot).name for slot in slots] for v in made],
        [v.name for v in tf.global_variables()],
        [v.name for v in tf.trainable_variables()],
        tf.get_collection(tf.GraphKeys.TRAIN_OP),
        placement(tf.get_default_graph()),
    ]


def trained(tf: Any, make: Callable[[], Any], dtype: Any = None, steps: int = 3) -> Any:
    """The variables after some steps, those of the optimiser included."""
    made = variables(tf, dtype)
    pairs = gradients(tf, made, dtype)
    step = tf.train.get_or_create_global_step()
    applied = make().apply_gradients(pairs, step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(applied)
        return session.run(tf.global_variables())


@program
def gradient_descent(tf: Any) -> Any:
    return built(tf, lambda: tf.train.GradientDescentOptimizer(0.1))


@program
def adagrad(tf: Any) -> Any:
    return built(tf, lambda: tf.train.AdagradOptimizer(0.1, use_locking=True))


@program
def adam(tf: Any) -> Any:
    return built(tf, tf.train.AdamOptimizer)


@results
def adagrad_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.AdagradOptimizer(0.1))


@results
def adam_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.AdamOptimizer(0.1))


@results
def gradient_descent_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.GradientDescentOptimizer(0.1))


@program
def double_numbers(tf: Any) -> Any:
    return built(tf, lambda: tf.train.AdamOptimizer(tf.constant(0.1), name="mine"), tf.float64)


@program
def functions_give_numbers(tf: Any) -> Any:
    return built(
        tf, lambda: tf.train.AdamOptimizer(lambda: 0.1, lambda: 0.8, lambda: 0.9, lambda: 1e-7)
    )


def line(tf: Any) -> Any:
    """The loss of a line, and its variables."""
    w = tf.get_variable("w", initializer=[[0.5], [-1.0]], use_resource=True)
    b = tf.get_variable("b", initializer=[0.25], use_resource=False)
    x = tf.constant([[1.0, 2.0], [3.0, -1.0]])
    y = tf.constant([[0.5], [1.5]])
    return tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y)), w, b


@results
def minimising(tf: Any) -> Any:
    loss, w, b = line(tf)
    step = tf.train.get_or_create_global_step()
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(loss)
    first = optimizer.minimize(loss, step)
    second = optimizer.minimize(loss, var_list=[b], name="only_b")
    third = optimizer.minimize(loss, var_list={"a": w}, gate_gradients=optimizer.GATE_NONE)
    fourth = optimizer.minimize(
        loss, gate_gradients=optimizer.GATE_GRAPH, grad_loss=tf.constant(2.0)
    )
    return [
        [v.name for _, v in pairs],
        [first.name, second.name, third.name, fourth.name],
        tf.get_collection(tf.GraphKeys.TRAIN_OP),
        optimizer.get_slot(w, "momentum"),
        optimizer.get_slot_names(),
        optimizer.variables(),
    ]


@results
def minimising_a_function(tf: Any) -> Any:
    w, b, other = (
        tf.get_variable(name, initializer=1.0, use_resource=True) for name in ("w", "b", "other")
    )
    optimizer = tf.train.AdagradOptimizer(0.1)
    pairs = optimizer.compute_gradients(lambda: tf.square(3.0 * b - w - 0.5))
    applied = optimizer.apply_gradients([*pairs, (None, other)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(applied)
        return [
            sorted(v.name for _, v in pairs),
            session.run(tf.global_variables()),
            optimizer.get_slot(other, "accumulator"),
        ]


@program
def constraints(tf: Any) -> Any:
    made = [
        tf.get_variable(
            f"w{kind}",
            initializer=[1.0, 2.0],
            use_resource=kind,
            constraint=lambda value: tf.clip_by_value(value, 0.0, 1.0),
        )
        for kind in (False, True)
    ]
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    applied = optimizer.apply_gradients([(tf.constant([1.0, 1.0]), v) for v in made])
    rows = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]))
    return applied, [message(lambda v=v: optimizer.apply_gradients([(rows, v)])) for v in made]


@program
def parts_of_variables(tf: Any) -> Any:
    optimizer = tf.train.AdamOptimizer(0.1)
    whole = []
    for kind in (False, True):
        with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)):
            whole.append(
                tf.get_variable(
                    f"w{kind}", [3, 2], use_resource=kind, initializer=tf.ones_initializer()
                )
            )
            parts = [*whole[-1]]
            applied = optimizer.apply_gradients([(tf.ones(p.shape), p) for p in parts])
    slots = [optimizer.get_slot(p, "v") for whole_ in whole for p in whole_]
    infos = [slot._get_save_slice_info() for slot in slots]
    return [
        applied,
        [v.name for v in optimizer.variables()],
        [(info.full_name, info.full_shape, info.var_offset, info.var_shape) for info in infos],
        tf.get_variable_scope().partitioner,
    ]


@results
def what_cannot_be_optimised(tf: Any) -> Any:
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    constant = tf.constant(1.0)
    nothing = message(lambda: optimizer.minimize(constant))
    v = tf.get_variable("v", initializer=1.0)
    whole = tf.get_variable("whole", initializer=1, trainable=True)
    return [
        nothing,
        attempt(lambda: optimizer.minimize(constant, var_list=[v])),
        attempt(lambda: optimizer.minimize(tf.constant(1), var_list=[v])),
        attempt(lambda: optimizer.compute_gradients(v * 1.0, [v], gate_gradients=7)),
        attempt(lambda: optimizer.compute_gradients(v * 1.0, [v], grad_loss=tf.constant(2))),
        message(lambda: optimizer.apply_gradients([])),
        attempt(lambda: optimizer.apply_gradients([(None, v)])),
        attempt(lambda: optimizer.apply_gradients([(object(), v)])),
        attempt(lambda: optimizer.apply_gradients([(constant, constant)])),
        attempt(lambda: optimizer.apply_gradients([(tf.constant(1), whole)])),
        message(lambda: tf.train.AdagradOptimizer(0.1, 0.0)),
        message(lambda: tf.train.GradientDescentOptimizer(0.1, name="")),
        [v.name for _, v in optimizer.compute_gradients(constant * v, constant)],
    ]


@results
def optimisers_of_ones_own(tf: Any) -> Any:
    """A subclass as programs write it."""

    class Halving(tf.train.Optimizer):  # type: ignore[misc]
        def __init__(self, use_locking: bool = False, name: str = "Halving") -> None:
            super().__init__(use_locking, name)

        def _create_slots(self, var_list: Any) -> None:
            for var in var_list:
                self._zeros_slot(var, "seen", self._name)

        def _prepare(self) -> None:
            self._half = tf.convert_to_tensor(self._call_if_callable(lambda: 0.5), name="half")

        def _apply_dense(self, grad: Any, var: Any) -> Any:
            seen = self.get_slot(var, "seen").assign_add(grad)
            with tf.control_dependencies([seen]):
                return tf.assign(var, var * tf.cast(self._half, var.dtype.base_dtype))

        def _resource_apply_dense(self, grad: Any, var: Any) -> Any:
            return var.assign(var * self._half)

        def _apply_sparse(self, grad: Any, var: Any) -> Any:
            return tf.scatter_update(var, grad.indices, grad.values)

        def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any) -> Any:
            return tf.scatter_update(var, indices, grad)

    class Bare(tf.train.Optimizer):  # type: ignore[misc]
        pass

    made = variables(tf)
    bare = Bare(False, "Bare")
    pairs = gradients(tf, made)
    missing = [attempt(lambda p=p: bare.apply_gradients([p])) for p in pairs]
    return missing, trained_with(tf, made, Halving().apply_gradients(pairs), 1)


def trained_with(tf: Any, made: Any, applied: Any, steps: int) -> Any:
    """The variables after some steps."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(applied)
        return session.run(made)


@program
def momentum(tf: Any) -> Any:
    return built(tf, lambda: tf.train.MomentumOptimizer(0.1, lambda: 0.9))


@program
def adadelta(tf: Any) -> Any:
    return built(tf, tf.train.AdadeltaOptimizer)


@program
def adagrad_with_dual_averaging(tf: Any) -> Any:
    return built(
        tf,
        lambda: tf.train.AdagradDAOptimizer(
            0.1, tf.train.get_or_create_global_step(), l1_regularization_strength=0.01
        ),
    )


@program
def rmsprop(tf: Any) -> Any:
    return built(tf, lambda: tf.train.RMSPropOptimizer(0.1))


@program
def centred_rmsprop(tf: Any) -> Any:
    return built(tf, lambda: tf.train.RMSPropOptimizer(0.1, centered=True, name="Mine"))


@program
def ftrl(tf: Any) -> Any:
    return built(tf, lambda: tf.train.FtrlOptimizer(0.1, accum_name="a", linear_name="b"))


@program
def ftrl_with_shrinkage(tf: Any) -> Any:
    return built(
        tf,
        lambda: tf.train.FtrlOptimizer(
            tf.constant(0.1), l2_shrinkage_regularization_strength=0.1, beta=0.5
        ),
    )


@program
def proximal_gradient_descent(tf: Any) -> Any:
    return built(tf, lambda: tf.train.ProximalGradientDescentOptimizer(0.1))


@program
def proximal_adagrad(tf: Any) -> Any:
    return built(tf, lambda: tf.train.ProximalAdagradOptimizer(0.1))


@program
def double_numbers_of_all(tf: Any) -> Any:
    step = tf.train.get_or_create_global_step()
    made = variables(tf, tf.float64)
    pairs = gradients(tf, made, tf.float64)
    return [
        optimizer.apply_gradients(pairs)
        for optimizer in (
            tf.train.GradientDescentOptimizer(0.1),
            tf.train.MomentumOptimizer(0.1, 0.9),
            tf.train.AdadeltaOptimizer(),
            tf.train.AdagradOptimizer(0.1),
            tf.train.AdagradDAOptimizer(0.1, step, l2_regularization_strength=tf.constant(0.1)),
            tf.train.RMSPropOptimizer(0.1),
            tf.train.FtrlOptimizer(0.1),
        )
    ]


@results
def momentum_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.MomentumOptimizer(0.1, 0.9))


@results
def nesterov_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True))


@results
def adadelta_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.AdadeltaOptimizer(1.0, 0.9, 1e-3))


@results
def adagrad_with_dual_averaging_gives_numbers(tf: Any) -> Any:
    def make() -> Any:
        step = tf.train.get_or_create_global_step()
        return tf.train.AdagradDAOptimizer(0.5, step, 0.2, 0.01, 0.1)

    return trained(tf, make)


@results
def rmsprop_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5))


@results
def centred_rmsprop_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.RMSPropOptimizer(0.1, centered=True))


@results
def ftrl_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.FtrlOptimizer(0.5, -0.6, 0.2, 0.01, 0.02))


@results
def ftrl_with_shrinkage_gives_numbers(tf: Any) -> Any:
    return trained(
        tf,
        lambda: tf.train.FtrlOptimizer(0.5, l2_shrinkage_regularization_strength=0.1, beta=0.5),
    )


@results
def proximal_gradient_descent_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.2, 0.1))


@results
def proximal_adagrad_gives_numbers(tf: Any) -> Any:
    return trained(tf, lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 0.3, 0.1))


@results
def numbers_that_optimisers_refuse(tf: Any) -> Any:
    return [
        message(lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.0)),
        message(lambda: tf.train.AdagradDAOptimizer(0.1, None, 0.0)),
        message(lambda: tf.train.FtrlOptimizer(0.1, 0.5)),
        message(lambda: tf.train.FtrlOptimizer(0.1, 0.0, -1.0)),
        message(lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0)),
        message(lambda: tf.train.FtrlOptimizer(0.1, l2_regularization_strength=-1.0)),
        message(lambda: tf.train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=-1.0)),
    ]


@results
def variables_of_unknown_shape(tf: Any) -> Any:
    made = [
        tf.Variable(
            tf.placeholder_with_default([[1.0, 2.0]], [None, 2]),
            validate_shape=False,
            use_resource=kind,
            name="w",
        )
        for kind in (False, True)
    ]
    found = []
    for optimizer in (
        tf.train.AdagradOptimizer(0.1),
        tf.train.MomentumOptimizer(0.1, 0.9),
        tf.train.RMSPropOptimizer(0.1),
    ):
        # Variables by handle check their shapes, so that those of their slots must be known.
        applied = optimizer.apply_gradients([(tf.constant([[0.5, 0.25]]), made[0])])
        with tf.Session() as session:
            session.run(tf.variables_initializer([made[0]]))
            session.run(tf.global_variables_initializer())
            session.run(applied)
            found.append(session.run(made[0]))
    return found


@results
def adam_in_a_branch(tf: Any) -> Any:
    """Gradients that are accumulated are applied in some steps only."""
    weights = tf.get_variable("w", initializer=[[1.0, -2.0], [0.5, 3.0]], use_resource=True)
    optimizer = tf.train.AdamOptimizer(0.1)
    pairs = optimizer.compute_gradients(tf.reduce_sum(weights**2))
    now = tf.placeholder_with_default(True, [])

    def made() -> Any:
        with tf.name_scope("inner"):
            return tf.Variable(1.0, name="v", use_resource=True).read_value()

    applied = tf.cond(now, lambda: optimizer.apply_gradients(pairs), tf.no_op)
    other = tf.cond(now, lambda: tf.cond(now, made, lambda: 0.0), lambda: 0.0, name="other")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for value in (True, False, True):
            session.run(applied, {now: value})
        values = session.run([weights, other])
    return [sorted(variable.name for variable in tf.global_variables()), values]
