"""What a page is drawn in can be read by everybody: contrast as WCAG 2.1 wants at level AA, in light and dark."""

from __future__ import annotations

import itertools
import re
from importlib import resources

import pytest

STYLE = (resources.files("minihub.pages") / "page.css").read_text(encoding="utf-8")
SURFACES = ("paper", "panel")
BOXES = ("op", "group", "input", "output")
HOTTEST = 0.6


def colours(dark: bool) -> dict[str, tuple[float, ...]]:
    light, rest = STYLE.split("@media (prefers-color-scheme: dark)")
    text = light + (rest.split("* {")[0] if dark else "")
    found = {}
    for name, digits in re.findall(r"--([\w-]+): #([0-9a-f]+)", text):
        whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        found[name] = tuple(int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return found


def luminance(colour: tuple[float, ...]) -> float:
    parts = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in colour)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(dark: bool) -> None:
    known = colours(dark)
    texts = [*itertools.product(("ink", "soft"), SURFACES + BOXES)]
    texts += [("weights", "panel"), ("chosen", "panel"), ("paper", "ink")]
    for text, under in texts:
        assert contrast(known[text], known[under]) >= 4.5, (text, under)
    lines = [*itertools.product(("flow", *(f"{box}-line" for box in BOXES)), ("paper", "group"))]
    lines += [*itertools.product(("edge", "heat"), SURFACES)]
    lines += [*itertools.product(("chosen", "weights"), ("paper", *BOXES))]
    for line, under in lines:
        assert contrast(known[line], known[under]) >= 3, (line, under)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_on_what_is_hot(dark: bool) -> None:
    known = colours(dark)
    for box in BOXES:
        pairs = zip(known[box], known["heat"], strict=True)
        hot = tuple(cold * (1 - HOTTEST) + warm * HOTTEST for cold, warm in pairs)
        assert contrast(known["ink"], hot) >= 4.5, box
    script = (resources.files("minihub.pages") / "page.js").read_text(encoding="utf-8")
    assert f"Math.min({HOTTEST}, 0.08 + box.share" in script
    assert ".box.hot > text.shape { fill: var(--ink); }" in STYLE
