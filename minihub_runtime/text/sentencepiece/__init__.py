"""SentencePiece: text into pieces of a trained vocabulary, and back.

    processor = load_processor(open("spm.model", "rb").read())
    processor.ids(b"Hello world")        # [151, 88, 21, 887]

Reading order: `model` (the file), `normalizer` (text before it is cut), `unigram`, `bpe` and `words` (the four ways to cut),
`processor` (everything together).  All of it works on str; bytes that are no UTF-8 are lone surrogates, as in Python's
`surrogateescape`.
"""

from minihub_runtime.text.sentencepiece.processor import Processor, Span, load_processor

__all__ = ["Processor", "Span", "load_processor"]
