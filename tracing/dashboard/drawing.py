"""How values look on a page: the templates, and the filters they put values into words with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tracing.wording import OUTCOMES, dollars, duration, one_line

NOTHING = "\N{EM DASH}"
"""What is not known; never a zero."""

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


def _time(at: datetime | None) -> Markup:
    """Return a time that a browser shows as the reader's own, and a program can read."""
    if at is None:
        return escape(NOTHING)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))


def _sign(status: str) -> str:
    return OUTCOMES[status][0]


environment.filters.update(
    count=_count,
    percent=_percent,
    money=_money,
    time=_time,
    sign=_sign,
    duration=lambda milliseconds: NOTHING if milliseconds is None else duration(milliseconds),
    line=lambda text, width=200: one_line(text or "", width),
)
environment.globals["version"] = version("hooktrace")
