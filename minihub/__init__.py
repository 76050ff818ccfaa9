"""TF1 Hub modules without TensorFlow.

    import minihub
    embed = minihub.load("https://tfhub.dev/google/nnlm-en-dim128/1")
    vectors = embed(["a sentence", "another one"])

and with tensorflow_hub's names, beside `import minihub_runtime as tf`:

    import minihub as hub
    module = hub.Module("https://tfhub.dev/google/nnlm-en-dim128/1")

Reading order: `handle` and `resolve` (from a handle to a folder), `saved_model`, `native` and `tensor_info` (what the folder
holds), `spec` (what can be asked before anything runs), `loading` (modules as functions on arrays), `module` and `evaluation` (modules in
TF1 graphs), `feature_column` (modules as such), `authoring` and `export` (modules made here), `estimator` (modules
that an Estimator trained), `finetuning`, `profiling` (what takes the time), `pages` (what happens inside), `cli`.

Everything is imported when it is first used, so that `import minihub` costs little more than `import numpy`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minihub.authoring import (
        add_signature,
        attach_image_module_info,
        attach_message,
        create_module_spec,
    )
    from minihub.estimator import LatestModuleExporter, register_module_for_export
    from minihub.evaluation import eval_function_for_module
    from minihub.feature_column import (
        image_embedding_column,
        sparse_text_embedding_column,
        text_embedding_column,
    )
    from minihub.finetuning import FineTuned, finetune
    from minihub.image_util import get_expected_image_size, get_num_image_channels
    from minihub.loading import LoadedModule, UnsupportedOpsWarning, load
    from minihub.module import Module
    from minihub.pages import Page, page
    from minihub.profiling import Profile, profile
    from minihub.resolve import resolve
    from minihub.spec import ModuleSpec, create_module_spec_from_saved_model, load_module_spec
    from minihub_runtime.protos import ImageModuleInfo

__all__ = [
    "FineTuned",
    "ImageModuleInfo",
    "LatestModuleExporter",
    "LoadedModule",
    "Module",
    "ModuleSpec",
    "Page",
    "Profile",
    "UnsupportedOpsWarning",
    "add_signature",
    "attach_image_module_info",
    "attach_message",
    "create_module_spec",
    "create_module_spec_from_saved_model",
    "eval_function_for_module",
    "finetune",
    "get_expected_image_size",
    "get_num_image_channels",
    "image_embedding_column",
    "load",
    "load_module_spec",
    "page",
    "profile",
    "register_module_for_export",
    "resolve",
    "sparse_text_embedding_column",
    "text_embedding_column",
]

__version__ = "0.1.0"

_HOMES = {
    "FineTuned": "minihub.finetuning",
    "ImageModuleInfo": "minihub_runtime.protos",
    "LatestModuleExporter": "minihub.estimator",
    "LoadedModule": "minihub.loading",
    "Module": "minihub.module",
    "ModuleSpec": "minihub.spec",
    "Page": "minihub.pages",
    "Profile": "minihub.profiling",
    "UnsupportedOpsWarning": "minihub.loading",
    "add_signature": "minihub.authoring",
    "attach_image_module_info": "minihub.authoring",
    "attach_message": "minihub.authoring",
    "create_module_spec": "minihub.authoring",
    "create_module_spec_from_saved_model": "minihub.spec",
    "eval_function_for_module": "minihub.evaluation",
    "finetune": "minihub.finetuning",
    "get_expected_image_size": "minihub.image_util",
    "get_num_image_channels": "minihub.image_util",
    "image_embedding_column": "minihub.feature_column",
    "load": "minihub.loading",
    "load_module_spec": "minihub.spec",
    "page": "minihub.pages",
    "profile": "minihub.profiling",
    "register_module_for_export": "minihub.estimator",
    "resolve": "minihub.resolve",
    "sparse_text_embedding_column": "minihub.feature_column",
    "text_embedding_column": "minihub.feature_column",
}
#: Modules that are there without an import of their own, as those of tensorflow_hub are.
_MODULES = (
    "common_signatures",
    "demo",
    "errors",
    "estimator",
    "feature_column",
    "image_util",
    "module",
    "tensor_info",
)
#: What tensorflow_hub has for TensorFlow 2.
_OF_TENSORFLOW_2 = ("KerasLayer", "text_embedding_column_v2")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(_imported(_HOMES[name]), name)
    elif name in _MODULES:
        value = _imported(f"{__name__}.{name}")
    elif name in _OF_TENSORFLOW_2:
        raise AttributeError(
            f"module {__name__!r} has no {name!r}, which is for TensorFlow 2: minihub.load(handle) makes a function of a "
            "module, minihub.Module and minihub.text_embedding_column parts of a graph of TensorFlow 1"
        )
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _imported(name: str) -> Any:
    from minihub_runtime.garbage import settle, uncollected

    with uncollected():
        module = importlib.import_module(name)
        settle()
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
