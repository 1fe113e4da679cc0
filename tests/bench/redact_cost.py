"""What redaction costs: MB/s on ordinary payloads, and 1 MB against 250 kB of hostile text.

Run: python -m tests.bench.redact_cost.  Exits 1 if a ratio shows more than linear growth.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracing.payload import parse
from tracing.redact import redact, redact_text

KILOBYTES = 1000
SMALL, LARGE = 250 * KILOBYTES, 1000 * KILOBYTES
WORST_RATIO = 8.0
"""Four times the text: 4 is linear, 16 quadratic."""
ROUNDS = 3
NEGLIGIBLE_S = 0.02
"""Below this a ratio is noise."""

HOSTILE = [
    *(
        "a",
        " ",
        "\n",
        "eyJ",
        "eyJ-",
        "eyJaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        '-----BEGIN PRIVATE KEY-----"',
    ),
    *(
        "-----BEGIN ",
        "password=",
        "password = ",
        'password="',
        "password=' ",
        "password: ",
        "password:",
        "--password ",
    ),
    *(
        "token",
        "token_",
        "token=$a",
        "token=a[redacted]",
        'token=\\"',
        'token=\\\\"\\"',
        "token=a\\b",
        "token: a = ",
        "_",
    ),
    *(
        "TOKEN=a,",
        "TOKEN=\\a",
        "://",
        "://a:",
        "://a:b@",
        "://:",
        "sk-ant-",
        "sk-",
        "sk-proj-",
        "ghp_",
        "ghs_1_eyJ",
        "AKIA",
    ),
    *(
        "AIza",
        "xoxb-",
        "SG.",
        "SG.aaaaaaaaaaaaaaaaaaaaaa.",
        "bearer ",
        "bearer a",
        "authorization: ",
        "cookie: a=",
        "cookie:",
    ),
    *(
        "curl ",
        "curl -u ",
        "curl -u a:",
        "glpat-",
        "sig=",
        "AccountKey=",
        "hooks.slack.com/services/",
        "\\",
        '\\"',
        '"',
        "İ",
    ),
    *(
        "hf_",
        "npm_",
        "pypi-",
        "SK",
        "dop_v1_",
        "credential",
        "api_key",
        "aPi.Key=",
        "password=\\a\\b",
        "cookie: a=$",
    ),
]
FOLLOWED = [
    "://",
    "://a:",
    "password=",
    "password=\\",
    'password="',
    "eyJ",
    "bearer ",
    "cookie: a=",
    "TOKEN=",
]
"""Each once, before a run of one letter."""


def seconds(function: Callable[[Any], Any], argument: Any) -> float:
    """Return the time one call took."""
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def ratio(make: Callable[[int], str]) -> tuple[float, float]:
    """Return the best time for LARGE, and how many times that of SMALL it is; measured in turn."""
    small, large = make(SMALL), make(LARGE)
    pairs = [(seconds(redact_text, small), seconds(redact_text, large)) for _ in range(ROUNDS)]
    best_small, best_large = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return best_large, best_large / max(best_small, NEGLIGIBLE_S / 4)


def ordinary() -> dict[str, Any]:
    """Return payloads of about 1 MB as they come: prose, source code, a diff, JSON, many small values."""
    source = "".join(path.read_text() for path in sorted(Path(json.__file__).parent.parent.glob("[a-h]*.py")))[:LARGE]
    listing = "\n".join(f"-rw-r--r-- 1 root root {n} Nov 23 06:03 src/module_{n}.py" for n in range(18_000))
    usage = {"input_tokens": 1, "output_tokens": 2, "session_id": "0b5c1f9e-6f3a-4c1e-9a70-000000000000"}
    return {
        "source code": {"tool_name": "Read", "tool_response": {"content": source}},
        "a listing": {"tool_name": "Bash", "tool_response": {"stdout": listing[:LARGE]}},
        "JSON in a string": {"tool_response": json.dumps([{"file": f"a/{n}", **usage} for n in range(7_500)])},
        "small values": {"rows": [{"path": f"src/module_{n}.py", "line": n, **usage} for n in range(7_000)]},
        "base64": {"image": ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB" * 40_000)[:LARGE]},
    }


def main() -> int:
    """Print the figures."""
    for name, value in ordinary().items():
        data = json.dumps(value).encode()
        best = min(seconds(redact, value) for _ in range(ROUNDS))
        parsing = min(seconds(parse, data) for _ in range(ROUNDS))
        size = len(data) / 1e6
        print(f"{name:20} {size:.2f} MB   redact {size / best:7.1f} MB/s   parse {size / parsing:7.1f} MB/s")
    worst = 0.0
    makers: dict[str, Callable[[int], str]] = {}
    for unit in HOSTILE:
        makers[f"{unit!r} repeated"] = lambda size, unit=unit: unit * (size // len(unit))  # type: ignore[misc]
    for start in FOLLOWED:
        makers[f"{start!r} + 'a'*n"] = lambda size, start=start: start + "a" * size  # type: ignore[misc]
    for name, make in makers.items():
        time_s, times = ratio(make)
        worst = max(worst, times)
        print(f"{name:45} {time_s * 1000:8.1f} ms   {times:5.1f} times")
    print(f"worst ratio {worst:.1f} (linear 4, allowed {WORST_RATIO})")
    return int(worst > WORST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
