"""Names that SavedModels agree on: of files and folders, collections, signatures and tags.

Source: tensorflow/python/saved_model/constants.py, signature_constants.py, tag_constants.py.
"""

from __future__ import annotations

from minihub_runtime.public import public

__all__ = [
    "ASSETS_DIRECTORY",
    "ASSETS_KEY",
    "CLASSIFY_INPUTS",
    "CLASSIFY_METHOD_NAME",
    "CLASSIFY_OUTPUT_CLASSES",
    "CLASSIFY_OUTPUT_SCORES",
    "DEBUG_DIRECTORY",
    "DEBUG_INFO_FILENAME_PB",
    "DEFAULT_SERVING_SIGNATURE_DEF_KEY",
    "GPU",
    "INIT_OP_SIGNATURE_KEY",
    "LEGACY_INIT_OP_KEY",
    "MAIN_OP_KEY",
    "PREDICT_INPUTS",
    "PREDICT_METHOD_NAME",
    "PREDICT_OUTPUTS",
    "REGRESS_INPUTS",
    "REGRESS_METHOD_NAME",
    "REGRESS_OUTPUTS",
    "SAVED_MODEL_FILENAME_PB",
    "SAVED_MODEL_FILENAME_PBTXT",
    "SAVED_MODEL_SCHEMA_VERSION",
    "SERVING",
    "TPU",
    "TRAINING",
    "TRAIN_OP_SIGNATURE_KEY",
    "VARIABLES_DIRECTORY",
    "VARIABLES_FILENAME",
]


# tf.saved_model.constants
ASSETS_DIRECTORY = public("saved_model.ASSETS_DIRECTORY", "saved_model.constants.ASSETS_DIRECTORY")(
    "assets"
)
ASSETS_KEY = public("saved_model.ASSETS_KEY", "saved_model.constants.ASSETS_KEY")(
    "saved_model_assets"
)
DEBUG_DIRECTORY = public("saved_model.DEBUG_DIRECTORY", "saved_model.constants.DEBUG_DIRECTORY")(
    "debug"
)
DEBUG_INFO_FILENAME_PB = public(
    "saved_model.DEBUG_INFO_FILENAME_PB", "saved_model.constants.DEBUG_INFO_FILENAME_PB"
)("saved_model_debug_info.pb")
LEGACY_INIT_OP_KEY = public(
    "saved_model.LEGACY_INIT_OP_KEY", "saved_model.constants.LEGACY_INIT_OP_KEY"
)("legacy_init_op")
MAIN_OP_KEY = public("saved_model.MAIN_OP_KEY", "saved_model.constants.MAIN_OP_KEY")(
    "saved_model_main_op"
)
SAVED_MODEL_FILENAME_PB = public(
    "saved_model.SAVED_MODEL_FILENAME_PB", "saved_model.constants.SAVED_MODEL_FILENAME_PB"
)("saved_model.pb")
SAVED_MODEL_FILENAME_PBTXT = public(
    "saved_model.SAVED_MODEL_FILENAME_PBTXT", "saved_model.constants.SAVED_MODEL_FILENAME_PBTXT"
)("saved_model.pbtxt")
SAVED_MODEL_SCHEMA_VERSION = public(
    "saved_model.SAVED_MODEL_SCHEMA_VERSION", "saved_model.constants.SAVED_MODEL_SCHEMA_VERSION"
)(1)
VARIABLES_DIRECTORY = public(
    "saved_model.VARIABLES_DIRECTORY", "saved_model.constants.VARIABLES_DIRECTORY"
)("variables")
VARIABLES_FILENAME = public(
    "saved_model.VARIABLES_FILENAME", "saved_model.constants.VARIABLES_FILENAME"
)("variables")

# tf.saved_model.signature_constants
CLASSIFY_INPUTS = public(
    "saved_model.CLASSIFY_INPUTS", "saved_model.signature_constants.CLASSIFY_INPUTS"
)("inputs")
CLASSIFY_METHOD_NAME = public(
    "saved_model.CLASSIFY_METHOD_NAME", "saved_model.signature_constants.CLASSIFY_METHOD_NAME"
)("tensorflow/serving/classify")
CLASSIFY_OUTPUT_CLASSES = public(
    "saved_model.CLASSIFY_OUTPUT_CLASSES", "saved_model.signature_constants.CLASSIFY_OUTPUT_CLASSES"
)("classes")
CLASSIFY_OUTPUT_SCORES = public(
    "saved_model.CLASSIFY_OUTPUT_SCORES", "saved_model.signature_constants.CLASSIFY_OUTPUT_SCORES"
)("scores")
DEFAULT_SERVING_SIGNATURE_DEF_KEY = public(
    "saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY",
    "saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY",
)("serving_default")
PREDICT_INPUTS = public(
    "saved_model.PREDICT_INPUTS", "saved_model.signature_constants.PREDICT_INPUTS"
)("inputs")
PREDICT_METHOD_NAME = public(
    "saved_model.PREDICT_METHOD_NAME", "saved_model.signature_constants.PREDICT_METHOD_NAME"
)("tensorflow/serving/predict")
PREDICT_OUTPUTS = public(
    "saved_model.PREDICT_OUTPUTS", "saved_model.signature_constants.PREDICT_OUTPUTS"
)("outputs")
REGRESS_INPUTS = public(
    "saved_model.REGRESS_INPUTS", "saved_model.signature_constants.REGRESS_INPUTS"
)("inputs")
REGRESS_METHOD_NAME = public(
    "saved_model.REGRESS_METHOD_NAME", "saved_model.signature_constants.REGRESS_METHOD_NAME"
)("tensorflow/serving/regress")
REGRESS_OUTPUTS = public(
    "saved_model.REGRESS_OUTPUTS", "saved_model.signature_constants.REGRESS_OUTPUTS"
)("outputs")

# tf.saved_model.tag_constants
GPU = public("saved_model.GPU", "saved_model.tag_constants.GPU")("gpu")
SERVING = public("saved_model.SERVING", "saved_model.tag_constants.SERVING")("serve")
TPU = public("saved_model.TPU", "saved_model.tag_constants.TPU")("tpu")
TRAINING = public("saved_model.TRAINING", "saved_model.tag_constants.TRAINING")("train")

# Signatures that TensorFlow's own exports have for the operations that initialise and train.
INIT_OP_SIGNATURE_KEY = "__saved_model_init_op"
TRAIN_OP_SIGNATURE_KEY = "__saved_model_train_op"
