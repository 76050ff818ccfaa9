"""Train small SentencePiece models and ask SentencePiece and TF.Text what they make of many sentences.

    python -m tests.data.sentencepiece.generate

Needs `sentencepiece` and `tensorflow-text` 2.15 besides TensorFlow.  TF.Text, which holds SentencePiece 0.1.96, gives the
pieces, ids, offsets and decoded texts; the newer `sentencepiece` the normalised texts, which are the same in both.
Writes `models.zip` and `answers.json.xz`.  In the answers bytes stand as Latin-1 characters, and places as
differences between neighbours.  The rules that several models share are the entry `rules` of the archive; a model is the bytes of
its entry with them after it, if it is in RULED.
"""

from __future__ import annotations

import io
import json
import lzma
import random
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import sentencepiece
import tensorflow as tf
import tensorflow_text

from minihub_runtime.protos import ModelProto

#: The models with normalisation rules.
RULED = ("unigram", "unigram_suffix", "bpe", "bpe_unused")

HERE = Path(__file__).parent
SEED = 7

#: Of how many sentences several segmentations are stored, and those with options.
NBEST = slice(8, 40)
OPTIONS = 12

CORPUS = """\
The ferry leaves the small harbour at seven in the morning, and nobody waits for the late ones.
She said that the bakery on the corner sells the best bread in the whole town.
We walked along the river until the rain started, then we ran back to the station.
An old clock in the library strikes twelve although it is only a quarter past ten.
Please send the letter to 221 Garden Street, or call 555-0147 before noon.
Why would anyone paint a bicycle green, yellow and purple at the same time?
The committee has not decided whether the meeting takes place on Monday or on Tuesday.
Learning a language is like planting a tree: slow at first, then surprisingly fast.
He wrote three letters, two postcards and one very long message to his brother.
Nothing tastes better than warm soup after a cold and windy day in the mountains.
Der Zug nach München fährt um acht Uhr von Gleis fünf ab, und er ist oft zu spät.
Die Kinder spielen im Garten, während die Großmutter einen Kuchen für morgen backt.
Le chat dort sur la fenêtre pendant que l'été s'achève doucement à la campagne.
Où est la bibliothèque ? Elle est près de l'église, derrière le café français.
El niño comió una manzana y después jugó con su perro en el jardín de mañana.
今日はとても良い天気ですね。東京の公園を散歩しましょう。
私は毎朝コーヒーを飲みながら新聞を読みます。東京は大きい町です。
我们明天去北京看朋友，然后一起吃晚饭。北京的冬天很冷。
Сегодня хорошая погода, и мы пойдём гулять в парк после обеда.
오늘은 날씨가 좋아서 공원에서 산책을 했습니다.
aaaa aaa aa a abab abba bbbb banana bandana cabana Anna Hannah
""".splitlines()

SENTENCES: list[bytes] = [
    *(line.encode() for line in CORPUS[:20:3]),
    *(
        text.encode()
        for text in (
            "",
            " ",
            "   \t \n ",
            "a",
            "▁",
            "▁▁ ▁",
            "Hello, world!",
            "  two  leading and   trailing blanks   ",
            "tabs\tand\nnew\r\nlines\x0b\x0c",
            "ＦＵＬＬ　ｗｉｄｔｈ　１２３！",
            "ｶﾀｶﾅ ﾊﾟﾋﾟﾌﾟ ガギグ",
            "e\u0301te\u0301 n\u0303 A\u030a o\u0308\u0304 \u0301 lone",
            "q\u0301\u0323 \u0344 ﬁ ﬂ ﬀ ﬃ Ǆ ½ ② ㎏ ™ …",
            "😀😀 😀 👩\u200d👩\u200d👧\u200d👦 🇩🇪 ❤\ufe0f",
            "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
            "\u200bzero\u200bwidth\ufeff\u00ad soft",
            "no\u00a0break\u2003em\u3000ideographic",
            "nul\x00inside\x01\x02\x7f controls \x85",
            "<s> </s> <unk> <pad> <sep> <ctrl> <0x41>",
            "<sep>the<sep> ab abab 東京東京 the<sep",
            "the ▁the▁the theab",
            "東京の公園 北京的冬天",
            "москва Сегодня хорошая",
            "오늘은 한국어 \u1112\u1161\u11ab",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababbabaabbbbaab aabaabaab",
            "bananabandanacabana",
            "\ufffd replacement \ufffd\ufffd",
            "\U0010ffff \ue000 \u0378 \ufdd0",
            "1234567890 3.14159 -17 1e10",
            "MiXeD CaSe WoRdS ßẞ İı",
            "The\u2581ferry\u2581",
        )
    ),
    b"\xff",
    b"broken \xe2\x82 end \xc3",
    b"\xed\xa0\x80 surrogate \xed\xbf\xbf",
    b"\xc0\x80\xc1\xbf overlong \xe0\x80\x80 \xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80 too large \xf8\x88\x80\x80\x80",
    b"the\x80the\xbf \xf0\x9f\x98",
    b"e\xcc\x81\xcc e\xcc \xe3\x80\x80\xe3\x80",
    " ".join(CORPUS).encode(),
]


def random_sentences(count: int) -> list[bytes]:
    """Words of few letters, where many segmentations score alike, and random mixtures of characters."""
    draw = random.Random(SEED)
    alphabet = "abnt e\u0301\u0308é▁ ＡＢｱ東京😀 \t.,"
    return [
        "".join(
            draw.choice("ab " if i % 2 else alphabet) for _ in range(draw.randrange(40))
        ).encode()
        for i in range(count)
    ]


def rules() -> str:
    """Normalisation rules after NFKC for a part of Unicode, as TSV of code points."""
    lines = {}
    ranges = [(0xA0, 0x530), (0x1100, 0x1120), (0x1E00, 0x2000), (0x2000, 0x2200), (0x3000, 0x3400)]
    ranges += [(0xAC00, 0xAC40), (0xD55C, 0xD55D), (0xFB00, 0xFB10), (0xFF00, 0xFFF0)]
    for first, last in ranges:
        for char in map(chr, range(first, last)):
            wanted = unicodedata.normalize("NFKC", char)
            for form in (char, *(unicodedata.normalize(f, char) for f in ("NFC", "NFD", "NFKD"))):
                if (
                    form != wanted
                    and len(form) <= 3
                    and unicodedata.normalize("NFKC", form) == wanted
                ):
                    lines[form] = wanted
    for code in (*range(1, 9), 0xB, *range(0xE, 0x20), 0x7F, 0x8F, 0x9F, 0xAD, 0x200B, 0xFEFF):
        lines[chr(code)] = ""
    for code in (0x9, 0xA, 0xC, 0xD, 0x1680, 0x2028, 0x2029, 0x85):
        lines[chr(code)] = " "
    return "".join(
        f"{' '.join(f'{ord(c):X}' for c in key)}\t{' '.join(f'{ord(c):X}' for c in value)}\n"
        for key, value in sorted(lines.items())
    )


def train(**options: Any) -> bytes:
    """A serialised model."""
    model = io.BytesIO()
    settings: dict[str, Any] = dict(
        vocab_size=300,
        model_type="unigram",
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        character_coverage=0.98,
        num_threads=1,
        minloglevel=2,
    )
    settings.update(options)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 3), model_writer=model, **settings
    )
    proto = ModelProto.FromString(model.getvalue())
    # The trainer's options, among them paths of the machine that trained, mean nothing to a reader.
    proto.DiscardUnknownFields()
    for spec in (proto.normalizer_spec, proto.denormalizer_spec):
        if len(spec.precompiled_charsmap) < 8:
            spec.ClearField("precompiled_charsmap")
    return proto.SerializeToString()


def split(model: bytes) -> tuple[bytes, bytes]:
    """The model without its rules, and a model of the rules alone; one after the other they are the model."""
    proto, rest = ModelProto.FromString(model), ModelProto()
    rest.normalizer_spec.precompiled_charsmap = proto.normalizer_spec.precompiled_charsmap
    proto.normalizer_spec.ClearField("precompiled_charsmap")
    return proto.SerializeToString(), rest.SerializeToString()


def without(model: bytes, *pieces: str) -> bytes:
    """The model with some pieces out of use."""
    proto = ModelProto.FromString(model)
    for piece in proto.pieces:
        if piece.piece.decode() in pieces:
            piece.type = ModelProto.SentencePiece.UNUSED
    return proto.SerializeToString()


def handmade(model_type: int, symbols: tuple[str, ...] | list[str] = (), **pieces: float) -> bytes:
    """A model of given pieces and scores, where segmentations tie."""
    proto = ModelProto()
    proto.trainer_spec.model_type = model_type
    kinds = ModelProto.SentencePiece
    special = {"<unk>": kinds.UNKNOWN, "<s>": kinds.CONTROL, "</s>": kinds.CONTROL}
    for piece, kind in special.items():
        proto.pieces.add(piece=piece.encode(), score=0, type=kind)
    for symbol in symbols:
        proto.pieces.add(piece=symbol.encode(), type=kinds.USER_DEFINED)
    for piece, score in pieces.items():
        proto.pieces.add(piece=piece.encode(), score=score)
    return proto.SerializeToString()


def models() -> dict[str, bytes]:
    """All models by name."""
    symbols = ["<sep>", "▁the", "ab", "東京", "😀😀"]
    with tempfile.TemporaryDirectory() as folder:
        tsv = Path(folder) / "rules.tsv"
        tsv.write_text(rules(), encoding="utf-8")
        back = Path(folder) / "back.tsv"
        back.write_text("61\t41\n62 62\t42\n", encoding="utf-8")
        found = {
            "unigram": train(normalization_rule_tsv=str(tsv)),
            "unigram_raw": train(add_dummy_prefix=False, remove_extra_whitespaces=False),
            "unigram_bytes": train(byte_fallback=True, vocab_size=520),
            "unigram_symbols": train(
                user_defined_symbols=symbols, control_symbols=["<ctrl>"], pad_id=3, unk_surface=" ?"
            ),
            "unigram_suffix": train(
                treat_whitespace_as_suffix=True, normalization_rule_tsv=str(tsv)
            ),
            "unigram_phrases": train(split_by_whitespace=False, denormalization_rule_tsv=str(back)),
            "bpe": train(model_type="bpe", normalization_rule_tsv=str(tsv)),
            "bpe_bytes": train(
                model_type="bpe", byte_fallback=True, vocab_size=520, user_defined_symbols=symbols
            ),
            "bpe_raw": train(
                model_type="bpe", add_dummy_prefix=False, bos_id=-1, eos_id=-1, pad_id=1
            ),
            "char": train(model_type="char", user_defined_symbols=symbols),
            "word": train(model_type="word", vocab_size=120),
        }
    found["unigram_unused"] = without(found["unigram_raw"], "the", "▁the", "an", "ing", "a", "ab")
    found["bpe_unused"] = without(found["bpe"], "▁the", "▁t", "an", "in", "en", "er", "ab")
    thirds = dict(a=-1.1, b=-1.3, aa=-2.2, ab=-2.4, ba=-2.4, aab=-3.5, aba=-3.5, baba=-4.8)
    found["unigram_ties"] = handmade(1, **thirds)
    found["unigram_positive"] = handmade(1, ["東京", "éab"], a=1.5, b=1, ab=2.2, é=1, 東京a=9.5)
    found["bpe_ties"] = handmade(2, **{**dict.fromkeys(thirds, -1.0), "▁": -1.0, "▁a": -1.0})
    return found


def text(value: bytes | str) -> str:
    """Bytes as JSON can hold them."""
    return (value.encode() if isinstance(value, str) else value).decode("latin-1")


def steps(row: list[int]) -> list[int]:
    """The differences of neighbours, which compress well."""
    return [after - before for before, after in zip([0, *row], row)]


def gaps(starts: list[int], limits: list[int]) -> list[int]:
    """How far each piece ends behind the begin of the next one, mostly 0; the last end stands as it is."""
    return [limit - start for start, limit in zip([*starts[1:], 0], limits)]


def flags(add_bos: bool = False, add_eos: bool = False, reverse: bool = False) -> dict[str, bool]:
    """The three options of the ops."""
    return dict(add_bos=add_bos, add_eos=add_eos, reverse=reverse)


def answers(model: bytes, sentences: list[bytes]) -> dict[str, Any]:
    """What the oracles say of one model."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = tensorflow_text.SentencepieceTokenizer(model=model, out_type=tf.int32)
    pieces = tensorflow_text.SentencepieceTokenizer(model=model, out_type=tf.string)
    given = tf.constant(sentences)
    numbers = ids.tokenize(given)
    strings, starts, limits = pieces.tokenize_with_offsets(given)
    decoded = [text(row) for row in ids.detokenize(numbers).numpy()]
    vocabulary = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    draw = random.Random(SEED)
    sequences = [
        [draw.randrange(len(vocabulary)) for _ in range(draw.randrange(12))] for _ in range(25)
    ]
    loose = [
        [
            draw.choice(["▁", "▁a", "a", "zz", "<unk>", "<s>", "▁▁", "é", "", " "]).encode()
            for _ in range(n)
        ]
        for n in range(8)
    ]
    assert [
        [vocabulary[i] for i in row if not processor.is_unknown(i)] for row in numbers.to_list()
    ] == [
        [piece.decode() for piece, i in zip(*rows) if not processor.is_unknown(i)]
        for rows in zip(strings.to_list(), numbers.to_list())
    ]
    found = {
        "ids": numbers.to_list(),
        "unknown": [
            [text(piece) for piece, i in zip(*rows) if processor.is_unknown(i)]
            for rows in zip(strings.to_list(), numbers.to_list())
        ],
        "starts": [steps(row) for row in starts.to_list()],
        "gaps": [gaps(*rows) for rows in zip(starts.to_list(), limits.to_list())],
        "normalized": [text(processor.normalize(sentence)) for sentence in sentences],
        "decoded": decoded,
        "decoded_pieces": [
            None if same == text(row) else text(row)
            for same, row in zip(decoded, pieces.detokenize(strings).numpy())
        ],
        "sequences": sequences,
        "decoded_sequences": [
            text(row) for row in ids.detokenize(tf.ragged.constant(sequences, tf.int32)).numpy()
        ],
        "loose": [[text(piece) for piece in row] for row in loose],
        "decoded_loose": [
            text(pieces.detokenize(tf.constant(row, tf.string)).numpy()) for row in loose
        ],
        "options": {},
    }
    for options in (flags(add_bos=True), flags(reverse=True), flags(True, True, True)):
        made = tensorflow_text.SentencepieceTokenizer(model=model, out_type=tf.int32, **options)
        try:
            found["options"][json.dumps(options)] = made.tokenize(given[:OPTIONS]).to_list()
        except tf.errors.InternalError:
            found["options"][json.dumps(options)] = None
    best = tensorflow_text.SentencepieceTokenizer(
        model=model, out_type=tf.int32, nbest_size=4, return_nbest=True
    )
    try:
        found["nbest"] = best.tokenize(given[NBEST]).to_list()
    except tf.errors.InternalError:
        found["nbest"] = None
    return found


def main() -> None:
    """Write both files."""
    sentences = SENTENCES + random_sentences(40)
    made = models()
    parts = {name: split(made[name]) for name in RULED}
    ruling = {rest for _, rest in parts.values()}
    if len(ruling) != 1:
        raise SystemExit("the models must share their rules")
    made |= {name: first + rest for name, (first, rest) in parts.items()}
    stored = {
        "sentences": [text(sentence) for sentence in sentences],
        "models": {name: answers(model, sentences) for name, model in made.items()},
    }
    content = json.dumps(stored, separators=(",", ":"), ensure_ascii=False).encode()
    (HERE / "answers.json.xz").write_bytes(lzma.compress(content, preset=9))
    entries = {**made, **{name: first for name, (first, _) in parts.items()}, "rules": ruling.pop()}
    with zipfile.ZipFile(HERE / "models.zip", "w") as archive:
        for name, data in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_LZMA)


if __name__ == "__main__":
    main()
