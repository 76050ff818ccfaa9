"""`import minihub_runtime.compat.v1 as tf` gives `minihub_runtime` itself."""

import sys

import minihub_runtime

sys.modules[__name__] = minihub_runtime
