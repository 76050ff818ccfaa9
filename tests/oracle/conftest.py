from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# Where the processor has AVX-512, TensorFlow uses oneDNN unless it is told otherwise, which rounds and refuses other things than the
# kernels that the stored answers come from.  It asks when it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


@pytest.fixture(scope="module")
def _tf1() -> Iterator[None]:
    """TF1 as it was: shapes of dimensions, tensors that compare by identity, reference variables."""
    import tensorflow.compat.v1 as tensorflow
    from tensorflow.python.framework import tensor, tensor_shape

    equality, shapes = tensor.Tensor._USE_EQUALITY, tensor_shape._TENSORSHAPE_V2_OVERRIDE
    tensorflow.disable_tensor_equality()
    tensorflow.disable_v2_tensorshape()
    tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
    yield
    tensor.Tensor._USE_EQUALITY = equality
    tensor_shape._TENSORSHAPE_V2_OVERRIDE = shapes
