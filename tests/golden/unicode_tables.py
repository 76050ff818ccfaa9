"""Ask TensorFlow for the Unicode tables it carries and write `minihub_runtime/text/unicode_tables.gz`.

    python -m tests.golden.unicode_tables

TensorFlow 2.15.1 has two: the scripts of its ICU (Unicode 13) and the scripts and general categories of its RE2
(Unicode 15).  Each table is stored as runs: the first code point of each, and its value.  Runs in the environment of
`tests/golden/generate.py`.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

import minihub_runtime.text

TARGET = Path(minihub_runtime.text.__file__).with_name("unicode_tables.gz")
COUNT = 0x110000
_CATEGORIES = """
    Cc Cf Co Cs Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs
"""
_SCRIPTS = """
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak
    Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian
    Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot
    Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
    Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
    Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
    Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li
    Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B
    Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
    Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi
    Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
    Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic
    Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
    Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan
    Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese
    Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu
    Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi
    Zanabazar_Square
"""
CATEGORIES = _CATEGORIES.split()
SCRIPTS = _SCRIPTS.split()


def runs(values: Any, names: list[str] | None = None) -> dict[str, Any]:
    """A table as its runs; `values` number `names`, -1 is none of them."""
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    table = {"starts": starts.tolist(), "values": values[starts].tolist()}
    return table if names is None else {"names": names, **table}


def members(names: list[str]) -> Any:
    """For each code point the number of the first RE2 class that has it, -1 if none has."""
    chars = tf.constant([chr(code).encode("utf-8", "surrogatepass") for code in range(COUNT)])
    values = np.full(COUNT, -1)
    for number, name in enumerate(names):
        found = tf.raw_ops.RegexFullMatch(input=chars, pattern=f"\\p{{{name}}}").numpy()
        values[found & (values < 0)] = number
    return values


def main() -> None:
    """Write the tables."""
    script = tf.raw_ops.UnicodeScript(input=np.arange(COUNT, dtype=np.int32)).numpy()
    tables = {
        "icu_script": runs(script.astype(np.int64)),
        "re2_category": runs(members(CATEGORIES), CATEGORIES),
        "re2_script": runs(members(SCRIPTS), SCRIPTS),
    }
    text = json.dumps(tables, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(text, mtime=0))
    print({name: len(table["starts"]) for name, table in tables.items()}, TARGET.stat().st_size)


if __name__ == "__main__":
    main()
