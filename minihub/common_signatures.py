"""The signatures that modules of one kind share, so that one can take the place of another.

    text                      default: string [batch] → float32 [batch, N]
    image feature vector      image_feature_vector, also default: images float32 [batch, height, width, 3] in [0, 1]
                              → default float32 [batch, N], and intermediate layers under names with a slash
    image classification      image_classification, also default: images as above → default float32 [batch, classes]
    …_with_bn_hparams         the same with a further input batch_norm_momentum, a scalar

Inside a `module_fn` the functions `add_…` build them; the functions `…_problems` say what is amiss with those of a module.

Source: www.tensorflow.org/hub/common_signatures/text and …/images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from minihub.saved_model import Signature
from minihub.tensor_info import ParsedTensorInfo, parse_tensor_info
from minihub_runtime.dtypes import float32, string
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.shapes import show

__all__ = [
    "BN_HPARAMS",
    "IMAGE_KINDS",
    "add_image_signatures",
    "add_text_signature",
    "image_problems",
    "text_problems",
]

BN_HPARAMS = "_with_bn_hparams"
MOMENTUM = "batch_norm_momentum"
IMAGES = "images"
#: Signature → what its output is, for messages.
IMAGE_KINDS = {
    "image_classification": "the logits of the classes",
    "image_feature_vector": "the feature vector",
}


def add_text_signature(sentences: Any, embeddings: Any) -> None:
    """Add the default signature of a text embedding.

    Args:
        sentences: string [batch].
        embeddings: float32 [batch, N] with N known.

    Raises:
        ValueError: a tensor is not as it should be.
    """
    from minihub.authoring import add_signature

    inputs, outputs = {"default": sentences}, {"default": embeddings}
    _require("text", text_problems(_signature("default", inputs, outputs)))
    add_signature(inputs=inputs, outputs=outputs)


def add_image_signatures(
    kind: str,
    images: Any,
    output: Any,
    *,
    end_points: Mapping[str, Any] | None = None,
    batch_norm_momentum: Any = None,
    default: bool = True,
) -> None:
    """Add the signatures of an image module.

    Args:
        kind: `image_feature_vector` or `image_classification`.
        images: float32 [batch, height, width, 3].
        output: float32 [batch, N] with N known.
        end_points: further outputs by name; names have a slash, `InceptionV3/Mixed_5b`.
        batch_norm_momentum: a scalar float32 that a consumer may feed; adds the signature `…_with_bn_hparams`.
        default: whether this is the default signature, too.

    Raises:
        ValueError: a tensor or a name is not as it should be.
    """
    from minihub.authoring import add_signature

    if kind not in IMAGE_KINDS:
        raise InvalidArgumentError(f"kind must be one of {sorted(IMAGE_KINDS)}, not {kind!r}")
    inputs = {IMAGES: images}
    outputs = {**(end_points or {}), "default": output}
    _require(kind, image_problems(_signature(kind, inputs, outputs)))
    add_signature(kind, inputs, outputs)
    if default:
        add_signature(None, inputs, output)
    if batch_norm_momentum is not None:
        name = f"{kind}{BN_HPARAMS}"
        inputs = {**inputs, MOMENTUM: batch_norm_momentum}
        _require(name, image_problems(_signature(name, inputs, outputs)))
        add_signature(name, inputs, outputs)


def _signature(name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Signature:
    """A signature as a module would have it, of tensors of a graph."""
    from minihub_runtime.api.tensor_info import build_tensor_info

    infos = [
        {key: parse_tensor_info(build_tensor_info(value)) for key, value in values.items()}
        for values in (inputs, outputs)
    ]
    return Signature(name, *infos)


def _require(kind: str, problems: Iterator[str]) -> None:
    found = list(problems)
    if found:
        raise InvalidArgumentError(
            f"a {kind} signature must be as other modules have it: {'; '.join(found)}"
        )


def text_problems(signature: Signature) -> Iterator[str]:
    """What keeps a signature from being that of a text embedding."""
    if list(signature.inputs) != ["default"]:
        yield f"the only input must be 'default', not {sorted(signature.inputs)}"
    else:
        yield from _tensor_problems("the input", signature.inputs["default"], string, (None,))
    yield from _output_problems(signature, "the embedding")


def image_problems(signature: Signature) -> Iterator[str]:
    """What keeps a signature from being the image signature that its name says."""
    kind = signature.name.removesuffix(BN_HPARAMS)
    what = IMAGE_KINDS.get(kind, "the output")
    wanted = {IMAGES, MOMENTUM} if signature.name.endswith(BN_HPARAMS) else {IMAGES}
    if set(signature.inputs) != wanted:
        yield f"the inputs must be {sorted(wanted)}, not {sorted(signature.inputs)}"
    if IMAGES in signature.inputs:
        images = signature.inputs[IMAGES]
        yield from _tensor_problems("the images", images, float32, (None, None, None, 3))
    if MOMENTUM in signature.inputs:
        yield from _tensor_problems(f"{MOMENTUM!r}", signature.inputs[MOMENTUM], float32, ())
    yield from _output_problems(signature, what)
    flat = sorted(name for name in signature.outputs if name != "default" and "/" not in name)
    if flat:
        yield f"names of intermediate layers must have a slash, as in 'Architecture/layer', not {flat}"


def _output_problems(signature: Signature, what: str) -> Iterator[str]:
    output = signature.outputs.get("default")
    if output is None:
        yield f"there must be an output 'default', {what}; there are {sorted(signature.outputs)}"
        return
    yield from _tensor_problems(what, output, float32, (None, None))
    if output.shape is not None and len(output.shape) == 2 and output.shape[1] is None:
        yield f"the size of {what} must be known"


def _tensor_problems(
    what: str, info: ParsedTensorInfo, dtype: Any, shape: tuple[int | None, ...]
) -> Iterator[str]:
    if info.kind != "dense":
        yield f"{what} must be a dense tensor, not a {info.type_name}"
        return
    if info.dtype is not dtype:
        yield f"{what} must be {dtype.name}, not {info.dtype.name}"
    found = info.shape
    fits = found is not None and len(found) == len(shape)
    if fits and found is not None:
        fits = all(
            want is None or have is None or want == have
            for want, have in zip(shape, found, strict=True)
        )
    if not fits:
        yield f"{what} must be of shape {show(shape)}, not {show(found)}"
    elif found and found[0] is not None:
        yield f"{what} must take batches of any size, not of {found[0]} only"
