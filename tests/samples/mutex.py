"""Samples of `ops/mutex.py`; `tests/api/test_critical_sections.py` has what waits."""

from __future__ import annotations

from tests.samples import Call, Sample, Step, i32

NEW = Call("MutexV2", {}, dict(shared_name="m"))
LOCK = Call("MutexLock", dict(mutex=Step("m")))
CONSUME = Call("ConsumeMutexLock", dict(mutex_lock=Step("l")))
LIST = Call(
    "EmptyTensorList",
    dict(element_shape=i32([]), max_num_elements=i32(-1)),
    dict(element_dtype="float32"),
)
QUEUE = Call("FIFOQueueV2", {}, dict(component_types=["float32"]))

SAMPLES = [
    Sample("MutexV2", "new", {}, {}),
    Sample("MutexLock", "free", dict(mutex=Step("m")), {}, None, dict(m=NEW)),
    Sample("MutexLock", "queue", dict(mutex=Step("q")), {}, "must be a mutex", dict(q=QUEUE)),
    Sample("ConsumeMutexLock", "held", dict(mutex_lock=Step("l")), {}, None, dict(m=NEW, l=LOCK)),
    Sample(
        "ConsumeMutexLock", "list", dict(mutex_lock=Step("v")), {}, "must be a mutex", dict(v=LIST)
    ),
]
