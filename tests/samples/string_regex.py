"""Samples of `ops/string_regex.py`."""

from tests.samples import Sample, b

TEXTS = b(
    ["abcabc", "aéxxb", "baac", "", "foobaar", b"a\xff\xe9b", "a\nb\n", "日本 ΑΒγ Kk ſS\u212a"]
)
BROKEN = b([b"\xed\xa0\x80\xe0\x80\x80\xff\xf4\x90\x80\x80", "aé!é", "ÿ", b"\xff", b"\xe2\x82"])
WORDS = b(
    [
        "a",
        "K",
        "\u212a",
        "ẞ",
        "é",
        "7",
        "_",
        " ",
        "\n",
        "\0",
        "-",
        "]",
        "α",
        "日",
        "٣",
        "",
        "aa",
        "ab",
        "foo",
    ]
)
REPLACED = (
    ("b", r"[\0]"),
    ("(b)(c)", r"\2\1\\"),
    ("b", r"x\1y"),
    ("b", r"x\qy"),
    ("b", "x\\"),
    ("x*", "-"),
    ("a*", r"<\0>"),
    (r"\B", "|"),
    (r"\b", "|"),
    ("^$", "e"),
    ("(a)|b", r"[\1]"),
    (".", "x"),
    ("(?s).", "x"),
    ("[^a]", "x"),
    ("[^abé]", "x"),
    (r"[\x{d800}-\x{dfff}]", "s"),
    (r"\C", "x"),
    (r"a\C", "x"),
    (r"\xff", "x"),
    ("o*?", "-"),
    ("(?U)o+", "-"),
    ("(|a)*", r"<\1>"),
    ("(a|a*)*", r"<\1>"),
    ("(a*)*", r"<\1>"),
    ("(a*)+", r"<\1>"),
    ("(a|b)*", r"<\1>"),
    ("(a(b)?)+", r"<\1|\2>"),
    ("(?:(a)|(b)|(c))+", r"<\1\2\3>"),
    ("(?m)$", "|"),
    ("$", "|"),
    ("(?m)^", "|"),
    ("(a*?)(b*)", r"<\1,\2>"),
    ("(a+?)*b", r"<\1>"),
    ("(?:(a)|b)*", r"<\1>"),
    ("((a)|b)*", r"<\1,\2>"),
    ("(a|b*)*", r"<\1>"),
    ("(a|b*)+", r"<\1>"),
    ("(a*?)*", r"<\1>"),
    ("(a*?)*?b", r"<\1>"),
    ("(|a)+b", r"<\1>"),
    ("(a|)+b", r"<\1>"),
    ("(|a){2,3}", r"<\1>"),
    ("(?:(a)|(b)){2}", r"<\1,\2>"),
    ("a|ab|abc", "."),
    ("(a|ab)(c|bcd)(d*)", r"<\1,\2,\3>"),
    (r"[[:punct:]]", ""),
    (r"\s+", " "),
    (r"[^a-z ]+", ""),
    (r"\pL+", r"<\0>"),
    (r"\p{Greek}+|\p{Han}", r"<\0>"),
    (r"(?i)k|s", "_"),
    (r"\Q(\E|b", "é"),
    (r"b", "é\xff"),
    (r"\x{e9}|\x61", "."),
    ("a{2}|o{1,}?", "."),
    ("é", b"\xff".decode("latin-1")),
)
PATTERNS = (
    r"\01", r"\123", r"\_", r"[]a]", r"[^]a]", r"[[:alpha]", r"[:alpha:]", r"a*?", r"^*", r"a{,2}", r"a{1000}",
    r"a{1,1000}", r"a{99999999999}", r"a{01}", r"a{", r"a{}", r"a{1", r"()", r"(?P<n>a)", r"(?P<n>a)(?P<n>b)", r"(?P<1>a)",
    r"(?P<é>a)", r"(?-i)", r"(?)", r"(?:)", r"(?i-s:a)", r"\Qa*b\E+", r"\Qa", r"\pL", r"\p{Greek}", r"\p{^L}",
    r"\P{^L}", r"\PN", r"\pN", r"\p{Any}", r"[\pL\d]", r"[^\D]", r"[\PL]", r"[^\pL]", r"(?i)k", r"(?U)a+", "a\0b", r"\x00", r"[a-]", r"[-a]",
    r"[a-b-c]", r"[--a]", r"[\]-a]", r"[[.a.]]", r"x{0}", r"(x{0})*", r"(|a)*", r"(|a)+", r"[[:word:]]",
    r"[[:^word:]]", r"[[:^alpha:][:digit:]]", r"\pLu", r"\p{Lu}", r"\p{Cs}", r"(?s).", r".", r"(?m)^a$", r"(?im-s:a)", r"(?i)[k]", r"(?i)[^k]",
    r"(?i)ſ", r"(?i)ß", r"a\Q\Eb", r"\Q\\E", r"[^\x00-\x{10FFFF}]", r"$^", r"\z\A", r"\w", r"\W", r"\s", r"\S", r"\D",
    r"[\w-]", r"(?i)[[:upper:]]", r"(?i:\p{Lu})", r"(a+)+", r"(a|a)*", r"(a|b|ab)*", r".*", r"\C", r"\C*", r"\C\C", r"(?i)FOO", r"f.o|a", r"\141",
    r"[\n]", r"[\x{3b1}-\x{3c9}]", r"(?i)[α-ω]", r"\bfoo\b", r"\Ba", r"[[:space:]]", r"[[:blank:]]", r"[[:cntrl:]]", r"[[:graph:]]", r"[[:print:]]", r"[[:xdigit:]]", r"[[:ascii:]]", r"[[:lower:]]", r"[[:alnum:]]",
)  # fmt: skip
REFUSED = (
    r"\1", r"(a)\1", r"\8", r"\x4", r"\x{}", r"\x{110000}", r"\xzz", r"\é", r"\Z", r"\y", r"[\b]", r"[a-\d]", r"[z-a]",
    r"[a", r"[]", r"[[:foo:]]", r"[[:alpha:", r"a**", r"a*+", r"a*??", r"a+*", r"a{2}{3}", r"a{2}*", r"*a", r"(*a)",
    r"|*", r"(?i)*", r"a{2,1}", r"a{1001}", r"(a{100}){11}", r"((a{10}){10}){11}", r"(a", r"a)", r"(?=a)", r"(?!a)",
    r"(?<=a)", r"(?<!a)", r"(?#c)", r"(?>a)", r"(?<n>a)", r"(?P=n)", r"(?P<>a)", r"(?i", r"(?z)", r"(?i-)", r"(?-)",
    r"(?i--s)", r"\E", "\\", r"\p{greek}", r"\pX", r"\p{", r"\p", r"[\Q]\E]", r"\h", r"\R", r"\X", r"\K", r"\G", r"\N",
    r"\u0041", r"\cA", r"\e", r"(?x)a b", r"a|*b", r"a++", r"a?+", r"[[:Alpha:]]", r"\p{LC}", r"\p{Cn}", r"\p{Letter}",
    r"\p{IsGreek}", r"\pl", r"(?P<name",
)  # fmt: skip

SAMPLES = [
    *[
        Sample(
            "StaticRegexReplace",
            f"{number}_{everywhere}_{name}",
            dict(input=texts),
            dict(pattern=pattern, rewrite=rewrite, replace_global=everywhere),
        )
        for number, (pattern, rewrite) in enumerate(REPLACED)
        for name, texts in (("texts", TEXTS), ("broken", BROKEN))
        for everywhere in (True, False)
    ],
    Sample(
        "StaticRegexReplace",
        "batch",
        dict(input=b([["a, b.", "c!d"], ["é?", ""]])),
        dict(pattern=r"[[:punct:]]", rewrite=r"<\0>"),
    ),
    Sample(
        "StaticRegexReplace",
        "batch_groups",
        dict(input=b(["ab cd", "xéy", "", "ab"])),
        dict(pattern=r"(\pL)(\pL)", rewrite=r"\2\1"),
    ),
    Sample(
        "StaticRegexReplace",
        "batch_nul",
        dict(input=b(["a\0b", "\0", "c"])),
        dict(pattern="[^a]", rewrite="x"),
    ),
    Sample(
        "StaticRegexReplace",
        "batch_word",
        dict(input=b(["a", "ba", "a b"])),
        dict(pattern=r"\ba", rewrite="x"),
    ),
    Sample(
        "StaticRegexReplace",
        "batch_negated",
        dict(input=b(["ab", "ba", "", "é"])),
        dict(pattern="[^a]+", rewrite="x"),
    ),
    Sample(
        "StaticRegexReplace",
        "empty",
        dict(input=b([]).reshape(0, 2)),
        dict(pattern="a", rewrite="x"),
    ),
    Sample(
        "StaticRegexReplace",
        "nested_repeats",
        dict(input=b(["a" * 60 + "b", "a" * 60])),
        dict(pattern="(a+)+c|(a|aa)+$", rewrite="x"),
    ),
    Sample(
        "StaticRegexReplace",
        "bad_pattern",
        dict(input=TEXTS),
        dict(pattern="a**", rewrite="x"),
        error="bad repetition",
    ),
    Sample("RegexReplace", "all", dict(input=TEXTS, pattern=b("a(.)"), rewrite=b(r"\1\0"))),
    Sample(
        "RegexReplace",
        "first",
        dict(input=TEXTS, pattern=b("[ab]"), rewrite=b("é")),
        dict(replace_global=False),
    ),
    Sample(
        "RegexReplace",
        "matrix",
        dict(input=b([["a", "b"], ["c", "d"]]), pattern=b("[ab]"), rewrite=b("")),
    ),
    Sample("RegexReplace", "scalar", dict(input=b("ab"), pattern=b("b"), rewrite=b(b"\xff"))),
    Sample(
        "RegexReplace",
        "patterns",
        dict(input=TEXTS, pattern=b(["a"]), rewrite=b("")),
        error="pattern must be a scalar",
    ),
    Sample(
        "RegexReplace",
        "rewrites",
        dict(input=TEXTS, pattern=b("a"), rewrite=b([""])),
        error="rewrite must be a scalar",
    ),
    Sample(
        "RegexReplace",
        "look_ahead",
        dict(input=TEXTS, pattern=b("a(?=b)"), rewrite=b("")),
        error="Perl operator",
    ),
    *[
        Sample("StaticRegexFullMatch", f"{number}", dict(input=WORDS), dict(pattern=pattern))
        for number, pattern in enumerate(PATTERNS)
    ],
    *[
        Sample(
            "StaticRegexFullMatch", f"broken_{number}", dict(input=BROKEN), dict(pattern=pattern)
        )
        for number, pattern in enumerate(
            (".*", "[^a]*", r"\C*", r"\pL", r".\z", r"(?s).{4}", r"[^b]é!.")
        )
    ],
    *[
        Sample(
            "StaticRegexFullMatch",
            f"refused_{number}",
            dict(input=WORDS),
            dict(pattern=pattern),
            error="a pattern must",
        )
        for number, pattern in enumerate(REFUSED)
    ],
    Sample(
        "StaticRegexFullMatch",
        "nested_repeats",
        dict(input=b(["a" * 60, "a" * 60 + "b"])),
        dict(pattern="(a|a)*(a+)+"),
    ),
    Sample(
        "StaticRegexFullMatch",
        "counted",
        dict(input=b(["a" * 30, "a" * 61])),
        dict(pattern="(a?){30}a{30}"),
    ),
    Sample("RegexFullMatch", "vector", dict(input=TEXTS, pattern=b("[a-z]*"))),
    Sample("RegexFullMatch", "matrix", dict(input=b([["a", "b"], ["c", "d"]]), pattern=b("[ab]"))),
    Sample("RegexFullMatch", "scalar", dict(input=b("ab"), pattern=b("a|ab"))),
    Sample("RegexFullMatch", "empty", dict(input=b([]), pattern=b("a"))),
    Sample(
        "RegexFullMatch",
        "patterns",
        dict(input=TEXTS, pattern=b(["a"])),
        error="pattern must be a scalar",
    ),
    Sample(
        "RegexFullMatch",
        "back_reference",
        dict(input=TEXTS, pattern=b(r"(a)\1")),
        error="escape sequence",
    ),
]
