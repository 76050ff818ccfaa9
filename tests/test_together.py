from __future__ import annotations

import pytest

from tests.together import check_each


def test_all_that_fail_are_named_after_all_were_checked() -> None:
    seen = []

    def check(number: int) -> None:
        seen.append(number)
        if number == 3:
            with pytest.raises(KeyError):
                pass
        assert number != 1, "no ones"

    check_each([0, 2], check)
    with pytest.raises(pytest.fail.Exception) as failed:
        check_each(range(5), check)
    assert seen == [0, 2, 0, 1, 2, 3, 4]
    message = str(failed.value)
    assert message.startswith("1:\n")
    assert "no ones" in message
    assert "\n3:\n" in message
    assert "DID NOT RAISE" in message
