"""What a page holds."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any


def unpacked(page: str) -> Any:
    """The contents that a page was made of."""
    data = page.partition('id="contents">')[2].partition("<")[0]
    return json.loads(gzip.decompress(base64.b64decode(data)))
