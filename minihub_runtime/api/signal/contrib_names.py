"""`tf.contrib.signal`: the first names of functions of `tf.signal`.

Source: tensorflow/contrib/signal/__init__.py (releases 1.4 to 1.15).
"""

from __future__ import annotations

# What these define is looked up by its public name.
from minihub_runtime.api.signal import framing, spectrograms, windows  # noqa: F401
from minihub_runtime.public import EXPORTED, public

__all__: list[str] = []

for _name in (
    "frame",
    "hamming_window",
    "hann_window",
    "inverse_stft",
    "inverse_stft_window_fn",
    "linear_to_mel_weight_matrix",
    "mfccs_from_log_mel_spectrograms",
    "overlap_and_add",
    "stft",
):
    public(f"contrib.signal.{_name}")(EXPORTED[f"signal.{_name}"])
# What `frame` was called before release 1.5.
public("contrib.signal.frames")(EXPORTED["signal.frame"])
