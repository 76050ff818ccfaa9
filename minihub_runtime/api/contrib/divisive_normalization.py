"""`tf.contrib.layers`: each channel divided by a norm of all channels, whose weights are trained.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import Operation, get_default_graph, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layout import expand_dims, reshape, squeeze
from minihub_runtime.api.linalg.matrices import eye
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.nn.atrous import convolution
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.autodiff.rules import register
from minihub_runtime.public import public

__all__ = ["GDN", "gdn"]

#: Under which name the gradient of `_at_least` is registered.
_GRADIENT = "GDNLowerBound"


def _at_least(inputs: Any, bound: Any) -> Any:
    """The larger of both; a gradient that would push `inputs` up passes also where it is below the bound."""
    with name_scope(None, _GRADIENT, [inputs, bound]) as scope:
        inputs = convert_to_tensor(inputs, name="inputs")
        bound = convert_to_tensor(bound, name="bound")
        with get_default_graph().gradient_override_map({"Maximum": _GRADIENT}):
            return build("Maximum", name=scope, x=inputs, y=bound)


def _at_least_gradient(operation: Operation, arriving: Any) -> list[Any]:
    inputs, bound = operation.inputs
    passes = build("LogicalOr", x=inputs >= bound, y=arriving < 0)
    return [build("Cast", x=passes, DstT=arriving.dtype) * arriving, None]


register(_GRADIENT, _at_least_gradient)


@public("contrib.layers.GDN", "contrib.slim.GDN")
class GDN(Layer):
    """Generalised divisive normalisation: `y[i] = x[i] / sqrt(beta[i] + sum over j of gamma[j, i] · x[j]²)`.

    Args:
        inverse: whether to multiply by the root, which is a step towards undoing it.
        beta_min: the least `beta`.
        gamma_init: what stands in the diagonal of `gamma` at first; `beta` is 1 then.
        reparam_offset: the least of the roots of `beta` and `gamma`, which are the variables.
        data_format: `"channels_last"` or `"channels_first"`.
        activity_regularizer: see `Layer`.
        trainable: likewise.
        name: likewise.

    Attributes:
        beta: a tensor `[channels]`.
        gamma: a tensor `[channels, channels]`.

    Raises:
        ValueError: there is no such data format.
    """

    def __init__(
        self,
        inverse: bool = False,
        beta_min: float = 1e-6,
        gamma_init: float = 0.1,
        reparam_offset: float = 2**-18,
        data_format: str = "channels_last",
        activity_regularizer: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        axes = {"channels_first": 1, "channels_last": -1}
        if data_format not in axes:
            raise ValueError(f"Unsupported `data_format` for GDN layer: {data_format}.")
        self.inverse = inverse
        self.data_format = data_format
        self.beta: Any = None
        self.gamma: Any = None
        self.input_spec = InputSpec(min_ndim=3, max_ndim=5)
        self._axis = axes[data_format]
        self._beta_min = beta_min
        self._gamma_init = gamma_init
        self._reparam_offset = reparam_offset

    def build(self, input_shape: Any) -> None:
        """Make the roots of `beta` and `gamma`.

        Raises:
            ValueError: the number of channels is not known.
        """
        known = TensorShape(input_shape)
        channels = known[self._axis].value
        if channels is None:
            raise ValueError("The channel dimension of the inputs to `GDN` must be defined.")
        self.input_spec = InputSpec(ndim=known.ndims, axes={self._axis: channels})
        # Added before the root is taken, and subtracted again from the square of the variable.
        added = self._reparam_offset**2
        pedestal = constant(added, self.dtype)
        least_beta = constant((self._beta_min + added) ** 0.5, self.dtype)
        least_gamma = constant(self._reparam_offset, self.dtype)

        def beta_root(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            again = constant(added, self.dtype)
            return build("Sqrt", x=ones(shape, dtype) + again)

        def gamma_root(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            diagonal = eye(shape[0], dtype=dtype)
            again = constant(added, self.dtype)
            return build("Sqrt", x=self._gamma_init * diagonal + again)

        def held(name: str, shape: list[int], initializer: Any, least: Any) -> Any:
            root = self.add_weight(
                name, shape=shape, initializer=initializer, dtype=self.dtype, trainable=True
            )
            return build("Square", x=_at_least(root, least)) - pedestal

        self.beta = held("reparam_beta", [channels], beta_root, least_beta)
        self.gamma = held("reparam_gamma", [channels, channels], gamma_root, least_gamma)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The normalised inputs."""
        inputs = convert_to_tensor(inputs, dtype=self.dtype)
        rank = inputs.shape.ndims
        gamma = reshape(self.gamma, (rank - 2) * [1] + self.gamma.shape.as_list())
        squares = build("Square", x=inputs)
        if self.data_format == "channels_first":
            data_format = "NC" + "DHW"[2 - rank :]
            sums = self._with_beta(convolution(squares, gamma, "VALID", data_format=data_format))
        else:
            sums = convolution(squares, gamma, "VALID")
            sums = bias_add(sums, self.beta, data_format="NHWC")
        norms = build("Sqrt", x=sums)
        outputs = inputs * norms if self.inverse else inputs / norms
        outputs.set_shape(inputs.shape)
        return outputs

    def _with_beta(self, sums: Any) -> Any:
        """`beta` added to channels that come first, in the four dimensions that BiasAdd takes then."""
        rank = sums.shape.ndims
        if rank == 3:
            sums = bias_add(expand_dims(sums, 2), self.beta, data_format="NCHW")
            return squeeze(sums, [2])
        if rank == 4:
            return bias_add(sums, self.beta, data_format="NCHW")
        sizes = shape_of(sums)
        flat = reshape(sums, concat([sizes[:3], [-1]], 0))
        return reshape(bias_add(flat, self.beta, data_format="NCHW"), sizes)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The same shape.

        Raises:
            ValueError: it has not three to five dimensions, or the number of channels is not known.
        """
        known = TensorShape(input_shape)
        if known.ndims not in (3, 4, 5):
            raise ValueError("`input_shape` must be of rank 3 to 5, inclusive.")
        if known[self._axis].value is None:
            raise ValueError("The channel dimension of `input_shape` must be defined.")
        return known


@public("contrib.layers.gdn", "contrib.slim.gdn")
def gdn(
    inputs: Any,
    inverse: bool = False,
    beta_min: float = 1e-6,
    gamma_init: float = 0.1,
    reparam_offset: float = 2**-18,
    data_format: str = "channels_last",
    activity_regularizer: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """The output of a layer `GDN`, whose other arguments it takes.

    Args:
        inputs: a tensor of three to five dimensions.
        inverse: see `GDN`.
        beta_min: likewise.
        gamma_init: likewise.
        reparam_offset: likewise.
        data_format: likewise.
        activity_regularizer: likewise.
        trainable: likewise.
        name: likewise.
        reuse: whether the variables exist.
    """
    layer = GDN(
        inverse=inverse,
        beta_min=beta_min,
        gamma_init=gamma_init,
        reparam_offset=reparam_offset,
        data_format=data_format,
        activity_regularizer=activity_regularizer,
        trainable=trainable,
        name=name,
        dtype=inputs.dtype.base_dtype,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)
