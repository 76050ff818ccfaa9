"""What a module says of the images it takes.

Source: tensorflow_hub/image_util.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minihub_runtime.errors import InvalidArgumentError

if TYPE_CHECKING:
    from minihub.loading import LoadedModule

__all__ = [
    "attached_image_size",
    "get_expected_image_size",
    "get_image_module_info",
    "get_num_image_channels",
]

IMAGE_MODULE_INFO_KEY = "image_module_info"
IMAGE_INPUT = "images"


def attached_image_size(module: LoadedModule) -> tuple[int, int] | None:
    """Height and width that the attached message of a loaded module tells, None if it tells nothing."""
    message = get_image_module_info(module)
    if message is None:
        return None
    size = message.default_image_size
    return (size.height, size.width) if size.height and size.width else None


def get_image_module_info(module_or_spec: Any, required: bool = False) -> Any:
    """The ImageModuleInfo attached to a module, None if there is none.

    Raises:
        KeyError: there is none, and it is required.
    """
    from minihub_runtime.protos import ImageModuleInfo

    return module_or_spec.get_attached_message(
        IMAGE_MODULE_INFO_KEY, ImageModuleInfo, required=required
    )


def get_expected_image_size(
    module_or_spec: Any, signature: str | None = None, input_name: str | None = None
) -> list[int]:
    """[height, width] of the images a module takes, from its attached message or the shape of its input.

    Raises:
        ValueError: neither tells.
    """
    info = get_image_module_info(module_or_spec)
    if info is not None:
        size = info.default_image_size
        if size.height and size.width:
            return [size.height, size.width]
    shape = _input_shape(module_or_spec, signature, input_name)
    if shape is not None and len(shape) == 4 and shape[1] is not None and shape[2] is not None:
        return [shape[1], shape[2]]
    raise InvalidArgumentError(
        f"Shape of module input is {_shown(shape)}, expected [batch_size, height, width, "
        "num_channels] with known height and width."
    )


def get_num_image_channels(
    module_or_spec: Any, signature: str | None = None, input_name: str | None = None
) -> int:
    """The number of channels of the images a module takes, from the shape of its input.

    Raises:
        ValueError: it does not tell.
    """
    shape = _input_shape(module_or_spec, signature, input_name)
    if shape is not None and len(shape) == 4 and shape[3] is not None:
        return int(shape[3])
    raise InvalidArgumentError(
        f"Shape of module input is {_shown(shape)}, expected [batch_size, height, width, "
        "num_channels] with known num_channels"
    )


def _input_shape(module_or_spec: Any, signature: str | None, input_name: str | None) -> Any:
    name = input_name or IMAGE_INPUT
    infos = module_or_spec.get_input_info_dict(signature)
    if name not in infos:
        raise InvalidArgumentError(
            f"Module is missing input '{name}' in signature '{signature or 'default'}'."
        )
    return infos[name].shape


def _shown(shape: Any) -> str:
    from minihub_runtime.api.tensor_shape import TensorShape

    return str(TensorShape(shape))
