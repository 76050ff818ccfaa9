"""Samples of `ops/reader.py`: what readers of units of work give after some steps.

What readers of files give stands in `tests/api/programs/record_readers.py`.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, i32, i64

Q, R = Step("q"), Step("r")
#: The last version of graphs whose readers are references.
OLD = 25
#: Their handles are strings of the session.
SCHEMA_ONLY = ("FakeQueue", "IdentityReader", "TFRecordReader", "WholeFileReader")
KINDS: dict[str, dict[str, Any]] = {
    "IdentityReader": {},
    "WholeFileReader": {},
    "TextLineReader": dict(skip_header_lines=2),
    "FixedLengthRecordReader": dict(record_bytes=3),
    "TFRecordReader": {},
}


def steps(
    v: str, *names: str, kind: str = "IdentityReader", types: Any = "string"
) -> dict[str, Call]:
    """A reader, and a queue with names, which is closed."""
    queue = Call(f"FIFOQueue{v}", {}, dict(component_types=[types], shapes=[[]]))
    full = Call(f"QueueEnqueueMany{v}", dict(handle=Q, components=[b(list(names))]))
    if types == "int32":
        full = Call(f"QueueEnqueue{v}", dict(handle=Q, components=[i32(1)]))
    return dict(
        r=Call(f"{kind}{v}", {}, KINDS[kind]),
        q=queue,
        full=full,
        closed=Call(f"QueueClose{v}", dict(handle=Q)),
    )


def read(v: str, reader: Step = R) -> Call:
    return Call(f"ReaderRead{v}", dict(reader_handle=reader, queue_handle=Q))


def told(v: str, reader: Step = R, state: bool = True) -> dict[str, Call]:
    """What the reader tells of itself."""
    given = dict(reader_handle=reader)
    names = ("NumRecordsProduced", "NumWorkUnitsCompleted", *(("SerializeState",) if state else ()))
    return {name: Call(f"Reader{name}{v}", given) for name in names}


def samples(v: str) -> list[Sample]:
    """What both forms of readers are given."""
    old = None if v else OLD
    both, one = dict(reader_handle=R, queue_handle=Q), dict(reader_handle=R)
    two = {**steps(v, "x", "y"), "first": read(v)}
    lines = steps(v, "x", kind="TextLineReader")
    up_to, restore = f"ReaderReadUpTo{v}", f"ReaderRestoreState{v}"
    made: list[Sample] = []

    def use(
        op: str, label: str, inputs: Any, before: Any, error: Any = None, after: Any = {}
    ) -> None:
        made.append(Sample(op, label, inputs, {}, error, before, after, producer=old))

    use(f"ReaderRead{v}", "first", both, steps(v, "x", "y"), after=told(v))
    use(f"ReaderRead{v}", "second", both, two, after=told(v))
    use(f"ReaderRead{v}", "no_more", both, steps(v), "insufficient elements")
    use(f"ReaderRead{v}", "numbers", both, steps(v, types="int32"), "single string component")
    for count in (0, 1, 4):
        inputs = dict(both, num_records=i64(count))
        use(up_to, f"up_to_{count}", inputs, steps(v, "x", "y"), after=told(v, state=False))
    use(up_to, "no_more", dict(both, num_records=i64(2)), steps(v), "insufficient elements")
    use(up_to, "vector", dict(both, num_records=i64([2])), steps(v, "x"), "scalar")
    for op in ("ReaderNumRecordsProduced", "ReaderNumWorkUnitsCompleted", "ReaderSerializeState"):
        use(f"{op}{v}", "new", one, steps(v, "x"))
        use(f"{op}{v}", "used", one, two)
    use(f"ReaderSerializeState{v}", "lines", one, lines, "SerializeState")
    use(f"ReaderReset{v}", "used", one, two, after={**told(v), "again": read(v)})
    for label, state in (
        ("none", b""),
        ("other", b"\x08\x03\x10\x04\x18\x09"),
        ("work", b"\x22\x01z"),
    ):
        inputs = dict(one, state=raw(state))
        use(restore, label, inputs, two, after={**told(v), "again": read(v)})
    for label, state, error in (
        ("no_message", b"bad", "Could not parse"),
        ("unfinished", b"\x08\x03\x10\x02\x18\x09", "Inconsistent work"),
        ("negative", b"\x18" + b"\xff" * 9 + b"\x01", "negative"),
    ):
        use(restore, label, dict(one, state=raw(state)), two, error)
    use(restore, "vector", dict(one, state=b(["a"])), two, "scalar")
    use(restore, "lines", dict(one, state=b("")), lines, "RestoreState")
    return made


def raw(value: bytes) -> Any:
    """Bytes as a string scalar."""
    made = b("")
    made[()] = value
    return made


SAMPLES = [
    *(sample for v in ("", "V2") for sample in samples(v)),
    *(
        Sample(
            f"{kind}{v}",
            "new",
            {},
            attrs,
            after=told(v, Step("sampled"), False),
            producer=None if v else OLD,
        )
        for v in ("", "V2")
        for kind, attrs in KINDS.items()
        if v
    ),
    *(
        Sample(f"{kind}{v}", label, {}, attrs, ">= 0", producer=None if v else OLD)
        for v in ("", "V2")
        for kind, label, attrs in (
            ("TextLineReader", "negative_skip", dict(skip_header_lines=-1)),
            ("FixedLengthRecordReader", "negative_record", dict(record_bytes=-1)),
            ("FixedLengthRecordReader", "negative_hop", dict(record_bytes=1, hop_bytes=-1)),
            ("FixedLengthRecordReader", "negative_header", dict(record_bytes=1, header_bytes=-1)),
            ("FixedLengthRecordReader", "negative_footer", dict(record_bytes=1, footer_bytes=-1)),
        )
    ),
    Sample(
        "ReaderRead",
        "queue_by_handle",
        dict(reader_handle=R, queue_handle=Step("fake")),
        before={
            **steps("V2", "x"),
            "r": Call("IdentityReader", {}, {}),
            "fake": Call("FakeQueue", dict(resource=Q)),
        },
        producer=OLD,
    ),
]
