"""What a request to a model costs at its list price, which is not what anybody's contract says.

The prices come from the library genai-prices and lie in it: no server is asked.  Where the library
does not know the very model, or a kind of token that was used, or how the provider charged for the
way in which the request was served, there is no price; nothing is guessed.

The library is imported with the first question (0.15 s, 20 MB that the process then keeps).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from tracing.account import MOST_DOLLARS
from tracing.modelrequest import ModelRequest, Tokens

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

_PLAIN = frozenset({None, "", "standard"})
"""Names of the service tier and the speed that everybody gets."""

_ANYWHERE = frozenset({None, "", "global", "not_available"})
"""Places of the inference that cost nothing more."""

_MODEL = re.compile(
    r"(?:.*/)?(?:(?:[a-z-]+\.)?anthropic\.)?(?P<name>.+?)"
    r"(?:-0)?(?:[-@](?:20\d{6}|latest|default))?(?:(?<=\d)-v\d+(?::\d+)?)?(?:\[1m\])?"
)
"""A model's name, between what a cloud puts before it and its date, version and window."""


def request_cost(request: ModelRequest) -> Decimal | None:
    """Return the price of *request* in US dollars; None where it is not known."""
    if request.tokens is None or request.billed_beside or request.inference_geo not in _ANYWHERE:
        return None
    served = {"processing": request.service_tier, "speed": request.speed}
    return cost_usd(
        (request.requested_model if request.provider == "aws" else None) or request.model or "",
        request.tokens,
        provider=request.provider,
        at=request.at,
        served={name: value for name, value in served.items() if value is not None and value not in _PLAIN},
    )


def cost_usd(
    model: str,
    tokens: Tokens,
    *,
    provider: str = "anthropic",
    at: datetime | None = None,
    served: Mapping[str, str] | None = None,
) -> Decimal | None:
    """Return what *tokens* cost with *model* at the list price of the day *at*, in US dollars.

    *provider* is the library's name for it.  *served* says what was special about the request, as
    ``{"speed": "fast"}`` or ``{"processing": "batch"}``.  None: some of it has no price that is known.
    """
    at, special = at or datetime.now(UTC), tuple(sorted((served or {}).items()))
    rates = _rates(model, provider, at.replace(minute=0, second=0, microsecond=0), special)
    if rates is None:
        return _asked(model, tokens, provider, at, dict(special))[0]
    used = {kind: count for kind, count in _kinds(tokens).items() if count}
    prices = [rates[kind] for kind in ("input", *used)]
    if any(price is None for price in prices):
        return None
    total = sum((price * count for kind, count in used.items() if (price := rates[kind])), Decimal(0)) / MILLION
    return total if total < MOST_DOLLARS else None


MILLION = 1_000_000


def _kinds(tokens: Tokens) -> dict[str, int]:
    """Return how much there was of each kind that has a price of its own."""
    return {
        "input": tokens.input,
        "output": tokens.output,
        "cache_read": tokens.cache_read,
        "cache_write_5m": tokens.cache_write_5m,
        "cache_write_1h": tokens.cache_write_1h,
        "web_searches": tokens.web_searches,
    }


_ONE_KIND = {
    "input": Tokens(input=MILLION),
    "output": Tokens(output=MILLION),
    "cache_read": Tokens(cache_read=MILLION),
    "cache_write_5m": Tokens(cache_write=MILLION),
    "cache_write_1h": Tokens(cache_write=MILLION, cache_write_1h=MILLION),
    "web_searches": Tokens(web_searches=MILLION),
}


@lru_cache(maxsize=4096)
def _rates(
    model: str, provider: str, hour: datetime, served: tuple[tuple[str, str], ...]
) -> Mapping[str, Decimal | None] | None:
    """Return the price of a million of each kind; None of a model whose prices depend on the size of the request.

    The library takes a millisecond for each question, and a long transcript asks thousands of the same.
    """
    asked = {kind: _asked(model, tokens, provider, hour, dict(served)) for kind, tokens in _ONE_KIND.items()}
    if any(tiered for _, tiered in asked.values()):
        return None
    return {kind: price for kind, (price, _) in asked.items()}


def _asked(
    model: str, tokens: Tokens, provider: str, at: datetime, served: Mapping[str, str]
) -> tuple[Decimal | None, bool]:
    """Ask the library; return the price, and whether it depends on the size of the request."""
    from genai_prices import Usage, calc_price
    from genai_prices.types import TieredPrices

    usage = {name: count for name, count in _usage(tokens).items() if count}
    try:
        found = calc_price(
            Usage(input_tokens=tokens.input + tokens.cache_read + tokens.cache_write, **usage),
            model,
            provider_id=provider,
            genai_request_timestamp=at,
            price_context=dict(served),
        )
    except LookupError:
        return None, False
    exactly = _name(found.model.id) == _name(model) and _has_prices(found, usage, served)
    tiered = any(isinstance(price, TieredPrices) for price in vars(found.model_price).values())
    return found.total_price if exactly and found.total_price < MOST_DOLLARS else None, tiered


def _usage(tokens: Tokens) -> dict[str, int]:
    return {
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "cache_write_1h_tokens": tokens.cache_write_1h,
        "web_searches": tokens.web_searches,
    }


_PRICES = {
    "output_tokens": "output_mtok",
    "cache_read_tokens": "cache_read_mtok",
    "cache_write_tokens": "cache_write_mtok",
    "cache_write_1h_tokens": "cache_write_1h_mtok",
    "web_searches": "web_searches_kcount",
}
"""What the library calls the price of each kind: without it, it would charge another kind's, or nothing."""


def _has_prices(found: PriceCalculation, usage: Mapping[str, int], served: Mapping[str, str]) -> bool:
    priced = all(getattr(found.model_price, _PRICES[kind]) is not None for kind in usage)
    variants = [variant.when for variant in found.model.price_variants or []]
    return priced and (not served or dict(served) in variants)


def _name(model: str) -> tuple[str, bool]:
    """Return the name of the model, and whether it is Amazon's for it, which tells the region and so the price.

    The library also takes a longer name for one that begins like it, and any name for a region's.
    """
    match = _MODEL.fullmatch(model.lower())
    return (match["name"] if match else "", "anthropic." in model)
