"""How values look on a page: the templates, and the filters they put values into words with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tracing.wording import OUTCOMES, dollars, duration, harmless, one_line, without_mark

NOTHING = "\N{EM DASH}"
"""What is not known; never a zero."""

LONGEST_TEXT = 20_000
"""Characters of an input or an output; all of it is in the JSON."""

environment = Environment(
    loader=PackageLoader("tracing.dashboard"),
    autoescape=True,
    undefined=StrictUndefined,  # a figure that a page forgot is a mistake, not an empty place
    trim_blocks=True,
    lstrip_blocks=True,
)


def draw(template: str, values: Mapping[str, Any]) -> str:
    """Return the page that *template* makes of *values*."""
    return environment.get_template(template).render(values)


def _count(number: float | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if number is None else f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _percent(share: float | None) -> str:
    """Return a share between 0 and 1; rounded down: what is not all is not 100 %."""
    return NOTHING if share is None else f"{int(share * 1000) / 10:.1f} %"


def _money(amount: Decimal | float | None) -> str:
    return NOTHING if amount is None else dollars(Decimal(amount))


def _time(at: datetime | str | None, form: str = "%Y-%m-%d %H:%M:%S") -> Markup:
    """Return a time, or one that was written for JSON, as this machine's; a program can read it, too."""
    if at is None:
        return escape(NOTHING)
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.astimezone().strftime(form))


def _clock(at: datetime | None, now: datetime) -> Markup:
    """Return a time as short as it can be told at *now*: today the clock is enough."""
    today = at is not None and at.astimezone().date() == now.astimezone().date()
    return _time(at, "%H:%M:%S" if today else "%d %b %H:%M")


def _size(size: float | None) -> str:
    """Return bytes as a person says them, by thousands."""
    if size is None:
        return NOTHING
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _minute(at: datetime) -> str:
    """Return a time of this machine to the minute, as the parameters since and until take it."""
    return at.astimezone().strftime("%Y-%m-%dT%H:%M").removesuffix("T00:00")


def _amount(number: float | None) -> str:
    """Return a large number in three digits, as one compares tokens: 950, 12.3 k, 4.56 M."""
    if number is None or number < 1000:
        return _count(number)
    for unit in "kMG":
        number /= 1000
        if number < 999.5 or unit == "G":
            break
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:.0f} {unit}"


def _exactly(at: datetime) -> Markup:
    """Return a time of a day that is known, to the millisecond."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.astimezone().strftime("%H:%M:%S.%f")[:-3])


def _pretty(value: Any) -> str:
    """Return a text or a value of JSON with its lines, as much of it as a page can hold."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    cut = len(text) - LONGEST_TEXT
    return harmless(text) if cut <= 0 else f"{harmless(text[:LONGEST_TEXT])}\n({_count(cut)} more characters)"


def _sign(status: str) -> str:
    return OUTCOMES[status][0]


environment.filters.update(
    amount=_amount,
    count=_count,
    percent=_percent,
    segment=lambda text: quote(text, safe=""),
    money=_money,
    clock=_clock,
    minute=_minute,
    time=_time,
    exactly=_exactly,
    pretty=_pretty,
    size=_size,
    sign=_sign,
    without_mark=without_mark,
    duration=lambda milliseconds: NOTHING if milliseconds is None else duration(milliseconds),
    line=lambda text, width=200: one_line(text or "", width),
)
environment.globals["version"] = version("hooktrace")
