"""`tf.distributions`: chances, moments and samples of random variables, and what subclasses of one's own get."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.operators import run

#: Functions of a distribution alone.
MOMENTS = ("mean", "variance", "stddev", "covariance", "mode", "entropy")
#: Functions of a value.
CHANCES = (
    "log_prob",
    "prob",
    "log_cdf",
    "cdf",
    "log_survival_function",
    "survival_function",
)


def attempted(function: Callable[[], Any]) -> Any:
    """The result, or nothing where a distribution has not the function."""
    try:
        return function()
    except NotImplementedError:
        return None


def told(tf: Any, d: Any) -> list[Any]:
    """What a distribution tells without a run."""
    return [
        [d.name, tf.as_dtype(d.dtype).name, str(d), repr(d), repr(d.reparameterization_type)],
        [d.batch_shape.ndims, d.event_shape.ndims, str(d.batch_shape), str(d.event_shape)],
        [d.validate_args, d.allow_nan_stats, list(d.parameters)],
    ]


def everything(tf: Any, d: Any, value: Any, chance: Any = 0.3, feeds: Any = None) -> Any:
    """All that a distribution has, of a value, and which of it there is."""
    made = [attempted(getattr(d, name)) for name in MOMENTS]
    made += [attempted(functools.partial(getattr(d, name), value)) for name in CHANCES]
    made.append(attempted(lambda: d.quantile(chance)))
    made += [
        d.batch_shape_tensor(),
        d.event_shape_tensor(),
        d.is_scalar_event(),
        d.is_scalar_batch(),
    ]
    made += [d.sample(2, seed=4), d.sample([2, 1], seed=5, name="drawn")]
    known = [None if tensor is None else str(tensor.shape) for tensor in made]
    return [told(tf, d), known, run(tf, [tensor for tensor in made if tensor is not None], feeds)]


def slopes(tf: Any, y: Any, parameters: list[Any]) -> Any:
    """Gradients, and which of them there are."""
    found = tf.gradients(y, parameters)
    return [[g is None for g in found], run(tf, [g for g in found if g is not None])]


@program
def normal(tf: Any) -> Any:
    d = tf.distributions
    x = d.Normal([0.0, 1.5], [1.0, 0.5])
    values = [[-12.0, 0.3], [-4.0, 7.0], [0.2, 1.5]]
    return everything(tf, x, values, [0.001, 0.7])


@results
def normal_of_doubles(tf: Any) -> Any:
    x = tf.distributions.Normal(
        tf.constant(1.0, tf.float64), tf.constant([[2.0], [3.0]], tf.float64), name="wide"
    )
    values = np.array([[-70.0, 0.3], [9.0, 40.0]])
    return everything(tf, x, values, np.array([[0.0, 0.5], [1.0, 1e-20]]))


@program
def laplace(tf: Any) -> Any:
    x = tf.distributions.Laplace([0.0, 1.5], [1.0, 0.5])
    return everything(tf, x, [[-12.0, 0.3], [4.0, 7.0]])


@program
def uniform(tf: Any) -> Any:
    x = tf.distributions.Uniform([0.0, 1.5], [[1.0], [2.5]], name="flat")
    values = [[-12.0, 2.3], [0.5, np.nan]]
    plain = tf.distributions.Uniform()
    return [
        everything(tf, x, values),
        run(tf, [x.range(), plain.sample(2, seed=1), plain.cdf(0.3)]),
    ]


@program
def gamma(tf: Any) -> Any:
    x = tf.distributions.Gamma([0.7, 3.5], [[1.0], [2.5]])
    return everything(tf, x, [[2.0, 0.3], [0.5, 4.0]])


@program
def exponential(tf: Any) -> Any:
    x = tf.distributions.Exponential(tf.constant([0.5, 2.0], tf.float64))
    return everything(tf, x, np.array([[2.0, 0.3], [0.5, 4.0]]))


@program
def beta(tf: Any) -> Any:
    x = tf.distributions.Beta([0.7, 3.5], [1.0, 2.5])
    wide = tf.distributions.Beta([0.7, 3.5], [[1.0], [2.5]])
    made = [wide.sample(2, seed=1), wide.mode(), wide.log_prob([0.2, 0.3])]
    return [everything(tf, x, [0.2, 0.9]), run(tf, made)]


@program
def student_t(tf: Any) -> Any:
    x = tf.distributions.StudentT([0.7, 1.5, 4.0], 0.5, [1.0, -2.5, 3.0])
    wide = tf.distributions.StudentT([0.7, 1.5, 4.0], 0.5, [[1.0], [-2.5]])
    made = [wide.sample(2, seed=1), wide.variance(), wide.log_prob(0.2), wide.entropy()]
    return [everything(tf, x, [0.2, -3.9, 0.5]), run(tf, made)]


@program
def bernoulli(tf: Any) -> Any:
    d = tf.distributions
    x, y = (
        d.Bernoulli([-1.0, 0.5, 2.0]),
        d.Bernoulli(probs=[0.2, 0.9], dtype=tf.float32, name="chances"),
    )
    return [
        everything(tf, x, [[0, 1, 1], [1, 0, 0]]),
        everything(tf, y, [0.0, 1.0]),
    ]


@program
def categorical(tf: Any) -> Any:
    return everything(tf, tf.distributions.Categorical([[-1.0, 0.5, 2.0], [0.0, 0.0, 1.0]]), [1, 2])


@results
def categorical_of_types(tf: Any) -> Any:
    d = tf.distributions
    x = d.Categorical([[-1.0, 0.5, 2.0], [0.0, 0.0, 1.0]])
    y = d.Categorical(probs=[0.2, 0.5, 0.3], dtype=tf.int64)
    z = d.Categorical(tf.zeros([2, 1, 4]), dtype=tf.float32)
    return [
        everything(tf, y, [[0, 1], [2, 2]]),
        everything(tf, z, [[1.0], [3.0]]),
        run(tf, [x.event_size, x.log_prob(1), x.cdf(2), y.prob(0)]),
    ]


@program
def dirichlet(tf: Any) -> Any:
    x = tf.distributions.Dirichlet([[0.7, 3.5, 1.0], [2.0, 2.0, 3.0]])
    made = [x.mean(), x.variance(), x.stddev(), x.covariance(), x.entropy(), x.sample(3, seed=1)]
    values = [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]
    return [told(tf, x), run(tf, [*made, x.log_prob(values), x.prob(values)])]


@results
def modes_of_dirichlet(tf: Any) -> Any:
    d = tf.distributions.Dirichlet
    return run(tf, [d([2.0, 3.0]).mode(), d([2.0, 1.0]).mode()])


@program
def dirichlet_multinomial(tf: Any) -> Any:
    x = tf.distributions.DirichletMultinomial(5.0, [[0.7, 3.5, 1.0], [2.0, 2.0, 3.0]])
    return everything(tf, x, [[2.0, 0.0, 3.0], [1.0, 1.0, 3.0]])


@program
def multinomial(tf: Any) -> Any:
    d = tf.distributions
    x = d.Multinomial([4.0, 2.0], probs=[[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
    y = d.Multinomial(3.0, logits=tf.constant([0.0, 1.0], tf.float32), name="pairs")
    made = [f(x) for f in (d.Multinomial.mean, d.Multinomial.variance, d.Multinomial.covariance)]
    made += [x.log_prob([[1.0, 1.0, 2.0], [0.0, 2.0, 0.0]]), y.prob([[1.0, 2.0], [3.0, 0.0]])]
    made += [y.covariance(), y.total_count, y.logits, y.probs]
    return [told(tf, x), told(tf, y), run(tf, made)]


@results
def counts_that_are_drawn(tf: Any) -> Any:
    d = tf.distributions
    x = d.Multinomial([4.0, 2.0], probs=[[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
    y = d.Multinomial(3.0, logits=[0.0, 1.0])
    # Which row is drawn first is left to chance in TensorFlow.
    made = [tf.reduce_sum(x.sample([2, 2], seed=2), -1), y.sample(3, seed=3)]
    return [[str(tensor.shape) for tensor in made], run(tf, made)]


@program
def seeds_of_the_graph(tf: Any) -> Any:
    tf.set_random_seed(11)
    d = tf.distributions
    drawn = [
        d.Normal(0.0, 1.0).sample(3),
        d.Beta(2.0, 3.0).sample(2),
        d.StudentT(3.0, 0.0, 1.0).sample(2),
        d.Categorical([0.0, 1.0]).sample(5),
        d.DirichletMultinomial(4.0, [1.0, 2.0]).sample(2),
        d.Normal(0.0, 1.0).sample(3, seed=0),
    ]
    return run(tf, drawn)


@program
def shapes_known_in_a_run(tf: Any) -> Any:
    d = tf.distributions
    loc, logits = tf.placeholder(tf.float32), tf.placeholder(tf.float32, [None, None])
    concentration, count = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32)
    feeds = {
        loc: [[1.0], [2.0]],
        logits: [[0.0, 1.0], [1.0, 0.0]],
        concentration: [[0.5, 1.0, 2.0]],
        count: [2, 1],
    }
    given = [
        (d.Normal(loc, [1.0, 2.0]), 0.5),
        (d.Categorical(logits), [0, 1]),
        (d.Categorical(probs=loc), [0, 0]),
        (d.Bernoulli(logits), 1),
        (d.Dirichlet(concentration), [0.5, 0.2, 0.3]),
        (d.StudentT(2.5, loc, 1.0), 0.5),
    ]
    made = [[x.sample(count, seed=1), x.sample(3, seed=2), x.prob(value)] for x, value in given]
    known = [[str(tensor.shape) for tensor in row] for row in made]
    sizes = [
        [x.batch_shape_tensor(), x.event_shape_tensor(), x.is_scalar_batch(), x.is_scalar_event()]
        for x, _ in given
    ]
    one = d.Normal(0.0, 1.0).sample(tf.placeholder_with_default(2, []), seed=1)
    return [
        [told(tf, x) for x, _ in given],
        known,
        str(one.shape),
        run(tf, [made, sizes, one], feeds),
        attempt(lambda: d.Normal(0.0, 1.0).sample([[1]])),
    ]


@program
def divergences(tf: Any) -> Any:
    d = tf.distributions
    pairs = [
        (d.Normal(0.0, 1.0), d.Normal([1.0, 0.0], [2.0, 1.0])),
        (d.Bernoulli([0.5, -1.0]), d.Bernoulli(probs=0.3)),
        (d.Beta(1.0, 2.0), d.Beta([2.0, 1.0], 3.0)),
        (d.Categorical([[0.0, 1.0]]), d.Categorical(probs=[0.3, 0.7])),
        (d.Dirichlet([1.0, 2.0]), d.Dirichlet([[2.0, 1.0]])),
        (d.Gamma(1.0, 2.0), d.Gamma([2.0, 1.0], 3.0)),
        (d.Exponential(2.0), d.Exponential([2.0, 1.0])),
    ]
    made = [d.kl_divergence(x, y) for x, y in pairs]
    made += [d.kl_divergence(x, y, name="named") for x, y in pairs[:3]]
    made += [x.kl_divergence(y) for x, y in pairs]
    made += [x.cross_entropy(y) for x, y in pairs]
    strict = d.Normal(0.0, 1.0, allow_nan_stats=False)
    made += [strict.kl_divergence(pairs[0][1]), strict.cross_entropy(pairs[0][1])]
    missing = attempt(lambda: attempted(lambda: d.kl_divergence(pairs[0][0], pairs[1][0])))
    return [run(tf, made), missing]


@program
def moments_that_must_exist(tf: Any) -> Any:
    d = tf.distributions
    strict = [
        d.Beta([2.0, 3.0], 2.0, allow_nan_stats=False),
        d.Gamma([2.0, 3.0], 2.0, allow_nan_stats=False),
        d.Dirichlet([2.0, 3.0], allow_nan_stats=False),
    ]
    t = d.StudentT(3.0, [1.0, 2.0], 2.0, allow_nan_stats=False)
    return run(tf, [*(x.mode() for x in strict), t.mean(), t.variance()])


@results
def moments_that_do_not_exist(tf: Any) -> Any:
    d, small = tf.distributions, tf.placeholder_with_default([0.5, 3.0], [2])
    t = d.StudentT(small, 0.0, 1.0, allow_nan_stats=False)
    x = d.Normal(small, np.float32(np.nan), allow_nan_stats=False)
    made = [
        d.Beta(small, 2.0, allow_nan_stats=False).mode(),
        d.Beta(2.0, small, allow_nan_stats=False).mode(),
        d.Gamma(small, 2.0, allow_nan_stats=False).mode(),
        d.Dirichlet(small, allow_nan_stats=False).mode(),
        t.mean(),
        t.variance(),
        x.kl_divergence(d.Normal(0.0, 1.0)),
    ]
    return refused(tf, made)


def refused(tf: Any, made: list[Any]) -> list[bool]:
    """Which tensors a run refuses."""
    found = []
    with tf.Session() as session:
        for tensor in made:
            try:
                session.run(tensor)
            except tf.errors.InvalidArgumentError:
                found.append(True)
            else:
                found.append(False)
    return found


@program
def checked_arguments(tf: Any) -> Any:
    d, yes = tf.distributions, {"validate_args": True}
    made = [
        d.Normal(0.0, 1.0, **yes).log_prob(0.5),
        d.Laplace(0.0, 1.0, **yes).log_prob(0.5),
        d.Uniform(0.0, 1.0, **yes).prob(0.5),
        d.Gamma(0.5, 1.0, **yes).log_prob(0.5),
        d.Exponential(0.5, **yes).cdf(0.5),
        d.Beta(0.5, 1.0, **yes).log_prob(0.5),
        d.StudentT(0.5, 1.0, 2.0, **yes).log_prob(0.5),
        d.Dirichlet([0.5, 1.0], **yes).log_prob([0.5, 0.5]),
        d.Dirichlet(tf.placeholder_with_default([0.5, 1.0], [None]), **yes).log_prob([0.5, 0.5]),
        d.Bernoulli(0.5, **yes).log_prob(1),
        d.Bernoulli(probs=0.5, **yes).log_prob(1.0),
        d.Categorical([0.5, 1.0], **yes).log_prob(1),
        d.Categorical(probs=[0.5, 0.5], **yes).cdf(1.0),
        d.Categorical(probs=tf.placeholder_with_default([0.5, 0.5], [None]), **yes).log_prob(1),
        d.Categorical(tf.placeholder_with_default([0.5, 0.5], None), **yes).prob(np.int64(1)),
    ]
    return run(tf, made)


@results
def checked_counts(tf: Any) -> Any:
    """Messages of these checks have the names of tensors in them."""
    d, yes = tf.distributions, {"validate_args": True}
    x = d.Multinomial(2.0, probs=[0.5, 0.5], **yes)
    y = d.DirichletMultinomial(2.0, [0.5, 0.5], **yes)
    z = d.DirichletMultinomial(tf.placeholder_with_default(2.0, []), [0.5, 0.5], **yes)
    made = [x.log_prob([1.0, 1.0]), y.log_prob([1.0, 1.0])]
    fed = [
        tf.placeholder_with_default(value, [2]) for value in ([1.5, 0.5], [1.0, 2.0], [-1.0, 3.0])
    ]
    return [run(tf, made), refused(tf, [each.prob(value) for each in (x, y, z) for value in fed])]


@results
def wrong_arguments(tf: Any) -> Any:
    d, yes = tf.distributions, {"validate_args": True}

    def fed(value: Any) -> Any:
        return tf.placeholder_with_default(np.array(value, np.float32), np.shape(value))

    in_runs = [
        d.Normal(0.0, fed(-1.0), **yes).sample(),
        d.Laplace(0.0, fed(0.0), **yes).sample(),
        d.Uniform(fed(1.0), 1.0, **yes).sample(),
        d.Gamma(fed(-1.0), 1.0, **yes).mean(),
        d.Gamma(1.0, 1.0, **yes).prob(fed(-1.0)),
        d.Exponential(fed(-1.0), **yes).mean(),
        d.Beta(fed(-1.0), 1.0, **yes).mean(),
        d.Beta(1.0, 1.0, **yes).prob(fed(1.5)),
        d.StudentT(fed(-1.0), 1.0, 1.0, **yes).sample(),
        d.Dirichlet(fed([-1.0, 1.0]), **yes).mean(),
        d.Dirichlet([1.0, 1.0], **yes).prob(fed([0.2, 0.3])),
        d.Bernoulli(probs=fed(1.5), **yes).mean(),
        d.Bernoulli(0.5, **yes).prob(fed(0.5)),
        d.Bernoulli(0.5, **yes).prob(tf.placeholder_with_default(2, [])),
        d.Categorical(probs=fed([0.2, 0.2]), **yes).sample(),
        d.Categorical(fed([0.2, 0.2]), **yes).prob(fed(-1.0)),
        d.Normal(0.0, fed(-1.0)).sample(),
    ]
    f = tf.constant
    when_built = [
        lambda: d.Normal(0.0, f(1.0, tf.float64)),
        lambda: d.Normal(0, 1),
        lambda: d.Gamma(1, 1),
        lambda: d.Gamma(1.0, 1.0).prob(f(1.0, tf.float64)),
        lambda: d.Beta(1, 1),
        lambda: d.Beta(1.0),
        d.Bernoulli,
        lambda: d.Bernoulli(0.5, 0.5),
        lambda: d.Bernoulli(1),
        lambda: d.Bernoulli(probs=1),
        lambda: d.Categorical(1.0),
        lambda: d.Categorical([1.0], **yes),
        lambda: d.Categorical([0.0, 1.0]).log_prob(True),
        lambda: d.Categorical([0.0, 1.0]).log_prob("a"),
        lambda: d.Bernoulli(0.5, **yes).log_prob("a"),
        lambda: d.Multinomial(2.0),
        lambda: d.Multinomial(2, probs=[0.5, 0.5]),
        lambda: d.DirichletMultinomial(2.0, 1.0, **yes),
        lambda: d.Dirichlet(1.0),
        lambda: d.Normal(f(0.0), f([1.0])).quantile(f([1, 2])),
        lambda: d.Normal(f(0.0, tf.float16), f(1.0, tf.float16)).cdf(f(0.5, tf.float16)),
        lambda: d.Normal(tf.zeros([2]), tf.ones([3])).batch_shape,
        lambda: d.Normal(tf.zeros([2]), tf.ones([3])).sample(),
        lambda: d.Distribution(tf.float32, None, False, True, graph_parents=[3]),
    ]
    outcomes = [repr(attempt(act)) for act in when_built]
    return [refused(tf, in_runs), outcomes]


@program
def copies_and_shapes_of_parameters(tf: Any) -> Any:
    d = tf.distributions
    x = d.Normal(0.0, [1.0, 2.0], name="mine")
    y = x.copy(loc=3.0)
    z = d.Exponential(2.0).copy(name="other")
    kinds = [
        d.Normal,
        d.Laplace,
        d.Uniform,
        d.Gamma,
        d.Exponential,
        d.Beta,
        d.StudentT,
        d.Bernoulli,
    ]
    known = [kind.param_static_shapes([2, 3]) for kind in kinds]
    known.append(d.Normal.param_static_shapes(tf.TensorShape([4])))
    return [
        [each.name for each in (x, y, z)],
        [x.parameters["loc"], x.parameters["name"], y.parameters["loc"], sorted(z.parameters)],
        run(tf, [x.mean(), y.mean(), z.mean(), d.Beta.param_shapes([2])]),
        [{name: shape.as_list() for name, shape in sorted(each.items())} for each in known],
        attempt(lambda: d.Normal.param_static_shapes(tf.TensorShape([None]))),
        attempt(lambda: d.Normal.param_static_shapes(tf.placeholder(tf.int32, [1]))),
        attempted(lambda: d.Categorical.param_shapes([2])),
        x.reparameterization_type == d.FULLY_REPARAMETERIZED,
        d.FULLY_REPARAMETERIZED == d.NOT_REPARAMETERIZED,
        repr(d.ReparameterizationType("mine")),
    ]


@results
def slopes_of_chances(tf: Any) -> Any:
    d = tf.distributions
    loc, scale = tf.constant([0.0, 1.5]), tf.constant([1.0, 0.5])
    values = tf.constant([[-12.0, 0.3], [4.0, 7.0]])
    x = d.Normal(loc, scale)
    y = x.sample(3, seed=1)
    b, c = d.Bernoulli(loc), d.Categorical(loc)
    g, t = d.Gamma(scale, loc + 0.5), d.StudentT(scale, loc, 2.0)
    return [
        slopes(tf, x.log_prob(y), [loc, scale]),
        slopes(tf, x.log_cdf(values), [loc, scale, values]),
        slopes(tf, x.survival_function(values), [loc, scale, values]),
        slopes(tf, x.quantile([0.2, 0.9]), [loc, scale]),
        slopes(tf, x.entropy(), [loc, scale]),
        slopes(tf, b.log_prob([1, 0]), [loc]),
        slopes(tf, b.sample(seed=1), [loc]),
        slopes(tf, c.log_prob([1, 0]), [loc]),
        slopes(tf, c.kl_divergence(d.Categorical(scale)), [loc, scale]),
        slopes(tf, g.log_prob([0.5, 2.0]), [loc, scale]),
        slopes(tf, t.log_prob([0.5, 2.0]), [loc, scale]),
        slopes(tf, d.Uniform(loc, scale + 2.0).prob([0.5, 2.0]), [loc, scale]),
    ]


@results
def slopes_of_samples(tf: Any) -> Any:
    d = tf.distributions
    a, b = tf.constant([0.7, 3.5]), tf.constant([[1.0], [2.5]])
    wide = tf.constant([0.5, 2.0], tf.float64)
    drawn = [
        (d.Normal(a, b), [a, b]),
        (d.Laplace(a, b), [a, b]),
        (d.Uniform(a, b), [a, b]),
        (d.Gamma(a, b), [a, b]),
        (d.Exponential(wide), [wide]),
        (d.Beta(a, b), [a, b]),
        (d.StudentT(a, 0.5, b), [a, b]),
        (d.Dirichlet(a), [a]),
    ]
    return [slopes(tf, x.sample(3, seed=1) ** 2, parameters) for x, parameters in drawn]


@program
def scopes_of_distributions(tf: Any) -> Any:
    with tf.name_scope("outer"):
        x = tf.distributions.Normal(0.0, 1.0)
        y = tf.distributions.Normal(0.0, 1.0)
        with tf.name_scope("inner"):
            made = [x.mean(), y.log_prob(0.5, name="chance"), x.mean()]
    made.append(tf.distributions.Gamma(1.0, 2.0, name="outer").sample(seed=1))
    return [x.name, y.name, [tensor.name for tensor in made]]


@program
def distributions_of_variables(tf: Any) -> Any:
    loc = tf.get_variable("loc", initializer=[0.5, 1.0])
    rate = tf.get_variable("rate", initializer=[0.5, 1.0], use_resource=True)
    d = tf.distributions
    x, y, z = d.Normal(loc, rate), d.Beta(loc, rate), d.Categorical(loc)
    made = [x.sample(seed=1), y.sample(seed=2), z.sample(seed=3), x.log_prob(loc), z.entropy()]
    return run(tf, made)


def points(tf: Any) -> Any:
    """A class of one's own, of a distribution that always gives the same point."""
    kind = tf.distributions.FULLY_REPARAMETERIZED

    class Point(tf.distributions.Distribution):  # type: ignore[misc]
        def __init__(self, loc: Any, name: str = "Point") -> None:
            parameters = {"loc": loc, "name": name}
            with tf.name_scope(name, values=[loc]) as scope:
                self.loc = tf.convert_to_tensor(loc, name="loc")
            super().__init__(self.loc.dtype, kind, False, True, parameters, [self.loc], scope)

        def _sample_n(self, n: Any, seed: Any = None) -> Any:
            return tf.tile(self.loc[None], [n, 1])

        def _prob(self, value: Any) -> Any:
            return tf.cast(tf.equal(value, self.loc), self.dtype)

        def _cdf(self, value: Any) -> Any:
            return tf.cast(value >= self.loc, self.dtype)

        def _stddev(self) -> Any:
            return tf.zeros_like(self.loc)

    return Point


@program
def classes_of_ones_own(tf: Any) -> Any:
    x = points(tf)([1.0, 2.0])
    made = [
        x.sample([2, 2]),
        x.log_prob([1.0, 3.0]),
        x.log_cdf([1.0, 1.0]),
        x.log_survival_function([0.0, 4.0]),
        x.survival_function([0.0, 4.0]),
        x.variance(),
        x.copy(loc=[3.0]).prob([3.0]),
    ]
    lacking = [
        x.mean,
        x.entropy,
        x.mode,
        x.covariance,
        lambda: x.quantile(0.5),
        x.event_shape_tensor,
        x.batch_shape_tensor,
        lambda: type(x).param_shapes([1]),
    ]
    texts = []
    for act in lacking:
        try:
            act()
        except NotImplementedError as error:
            texts.append(str(error))
    known = [str(tensor.shape) for tensor in made]
    return [told(tf, x), known, texts, run(tf, made)]


@program
def divergences_of_ones_own(tf: Any) -> Any:
    d = tf.distributions
    point = points(tf)

    class Sub(point):  # type: ignore[misc, valid-type]
        pass

    @d.RegisterKL(point, d.Normal)
    def kl(a: Any, b: Any, name: Any = None) -> Any:
        with tf.name_scope(name, "kl_point"):
            return -b.log_prob(a.loc)

    @d.RegisterKL(d.Distribution, d.Normal)
    def other(a: Any, b: Any, name: Any = None) -> Any:
        return tf.constant(7.0)

    normal = d.Normal(0.0, 1.0)
    register = d.RegisterKL(d.Distribution, d.Normal)
    made = [
        Sub([1.0]).kl_divergence(normal),
        d.kl_divergence(point([2.0]), normal),
        d.kl_divergence(d.Gamma(1.0, 1.0), normal),
        d.kl_divergence(normal, normal),
    ]
    found = [run(tf, made), attempt(lambda: register(kl)), attempt(lambda: register(3))]
    # The other programs have the table as it was.
    module = importlib.import_module(
        "tensorflow.python.ops.distributions.kullback_leibler"
        if d.RegisterKL.__module__.startswith("tensorflow")
        else d.RegisterKL.__module__
    )
    for pair in ((point, d.Normal), (d.Distribution, d.Normal)):
        del module._DIVERGENCES[pair]
    return found


def contrib(tf: Any) -> Any:
    """`tf.contrib.distributions`, or where TensorFlow keeps what it had."""
    if hasattr(tf, "contrib"):
        return tf.contrib.distributions
    below = ("beta", "exponential", "gamma", "laplace", "normal", "student_t", "util")
    found: dict[str, Any] = {}
    for name in below:
        module = importlib.import_module(f"tensorflow.python.ops.distributions.{name}")
        found.update(vars(module))
    return SimpleNamespace(**found)


@program
def softplus_of_parameters(tf: Any) -> Any:
    c = contrib(tf)
    made = [
        c.NormalWithSoftplusScale(0.5, [-1.0, 1.0]),
        c.LaplaceWithSoftplusScale(0.5, [-1.0, 1.0]),
        c.GammaWithSoftplusConcentrationRate([-1.0, 1.0], 0.3),
        c.BetaWithSoftplusConcentration([-1.0, 1.0], 0.3),
        c.ExponentialWithSoftplusRate([-1.0, 1.0]),
        c.StudentTWithAbsDfSoftplusScale([-3.5, 4.1], 0.5, -1.0),
    ]
    return [
        [told(tf, x) for x in made],
        run(tf, [[x.variance(), x.sample(2, seed=1), x.copy().mean()] for x in made]),
    ]


@program
def softplus_and_back(tf: Any) -> Any:
    inverse = contrib(tf).softplus_inverse
    small, wide = [1e-30, 0.5, 1.0, 30.0, 1e5], np.array([1e-300, 2.0, 100.0])
    return run(tf, [inverse(small), inverse(wide, name="back")])
