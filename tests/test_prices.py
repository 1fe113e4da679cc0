"""Prices: the client's own to the cent where it knows, and none where anything is not known."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transcripts import BEGIN, latest, recorded, whole
from tracing.modelrequest import ModelRequest, Tokens, fold
from tracing.prices import cost_usd, request_cost

MILLION = Tokens(input=1_000_000)
DAY = datetime(2026, 11, 23, tzinfo=UTC)

with_account = [file for file in recorded() if "2.1.330" in file.parts and "compact" not in file.parts]


def request(message_id: str = "msg_1", **more: Any) -> ModelRequest:
    """Return a request of ordinary kind to a model with a price."""
    told: dict[str, Any] = {"model": "claude-opus-5-5", "tokens": Tokens(100, 20), "stop_reason": "end_turn", **more}
    return ModelRequest("s", message_id, BEGIN, BEGIN, **told)


@pytest.mark.parametrize("transcript", with_account, ids=lambda path: f"{path.parts[-3]}-{path.stem[:8]}")
def test_the_cost_of_a_session_is_what_the_client_says(transcript: Path) -> None:
    """The list prices of its requests add up to the client's own account, with cached tokens and subagents."""
    readings = whole(transcript)
    accounts = [account for reading in readings for account in reading.accounts]
    requests = fold(one for reading in readings for one in reading.requests)
    costs = [request_cost(one) for one in requests if one.error_type is None]
    assert None not in costs
    if any(account.includes_copies for account in accounts):
        assert [account.cost_usd for account in accounts] == [Decimal("0.0064")]  # four times as much as its own
        accounts = []
    for account in accounts:
        assert sum(cost for cost in costs if cost) == account.cost_usd


def test_the_recorded_request_with_a_cache_costs_what_each_kind_of_token_does() -> None:
    """Input 4, output 20, read 0.2, written for 5 minutes 5 and for an hour 8 dollars a million."""
    (reading,) = whole(*latest("retried"))
    told = fold(reading.requests)[0]
    expected = Decimal(7 * 40 + 311 * 200 + 50_000 * 2 + 1_000 * 50 + 2_000 * 80) / 10_000_000
    assert request_cost(told) == expected == Decimal("0.037248")


@pytest.mark.parametrize(
    ("model", "provider", "dollars"),
    [
        ("claude-opus-5-5", "anthropic", "4"),
        ("claude-opus-5-5-20261001", "anthropic", "4"),
        ("claude-opus-4-1-20250805", "anthropic", "15"),
        ("claude-opus-4-20250514", "anthropic", "15"),
        ("claude-opus-4-5[1m]", "anthropic", "5"),
        ("claude-haiku-4-5-20251001", "anthropic", "1"),
        ("claude-3-5-haiku-20241022", "anthropic", "0.8"),
        ("claude-opus-4-5@20251101", "google", "5"),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "aws", "5.5"),
        ("global.anthropic.claude-opus-4-5-20251101-v1:0", "aws", "5"),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-opus-4-6-v1", "aws", "5.5"),
    ],
)
def test_a_model_is_known_by_all_its_names(model: str, provider: str, dollars: str) -> None:
    """With a date, with a window, and as the clouds call it, whose prices differ by region."""
    assert cost_usd(model, MILLION, provider=provider, at=DAY) == Decimal(dollars)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-opus-9", "anthropic"),
        ("claude-opus-4-55", "anthropic"),  # not Opus 4.5, for which the library takes it
        ("claude-opus-5-5", "aws"),  # where the price is the region's, which the name does not tell
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "aws"),
        ("gpt-4o", "anthropic"),
        ("claude-opus-5-5", "a proxy"),
        ("", "anthropic"),
        ("<synthetic>", "anthropic"),
        ("x" * 512, "anthropic"),
    ],
)
def test_a_model_that_is_not_known_has_no_price(model: str, provider: str) -> None:
    """Nothing is guessed: neither from a name that is like it nor for another seller."""
    assert cost_usd(model, MILLION, provider=provider, at=DAY) is None


def test_the_price_is_the_one_of_the_day() -> None:
    """Long prompts were dearer with this model until the tier was dropped."""
    long = Tokens(input=100_000, cache_read=150_000)
    before, since = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert cost_usd("claude-sonnet-4-6", long, at=before) == Decimal("0.69")
    assert cost_usd("claude-sonnet-4-6", long, at=since) == Decimal("0.345")


def test_what_was_special_about_a_request_is_charged_or_not_known() -> None:
    """Fast answers, batches and searches have prices of their own, where the library has them."""
    ordinary = request_cost(request())
    assert ordinary == Decimal("0.0008")
    assert request_cost(request(service_tier="standard", speed="standard", inference_geo="global")) == ordinary
    assert request_cost(request(speed="fast")) == 2 * ordinary
    assert request_cost(request(service_tier="batch")) == ordinary / 2
    assert request_cost(request(tokens=Tokens(100, 20, web_searches=3))) == ordinary + Decimal("0.03")
    not_known: tuple[dict[str, Any], ...] = (
        *({"service_tier": "priority"}, {"speed": "turbo"}, {"inference_geo": "us"}, {"billed_beside": True}),
        *({"tokens": None}, {"model": None}, {"speed": "fast", "service_tier": "batch"}),
        *({"speed": "fast", "model": "claude-sonnet-5"},),
        *({"model": "claude-3-haiku-20240307", "tokens": Tokens(100, 20, web_searches=1)},),
    )
    for told in not_known:
        assert request_cost(request(**told)) is None, told


def test_a_cloud_s_price_is_that_of_the_model_as_the_cloud_calls_it() -> None:
    """Of Amazon's requests the name that was asked for counts: the one in the answer tells no region."""
    bedrock = "eu.anthropic.claude-opus-5-5"
    assert request_cost(request("msg_bdrk_1", requested_model=bedrock)) == Decimal("0.00088")
    assert request_cost(request("msg_bdrk_1")) is None
    assert request_cost(request("msg_vrtx_1")) == Decimal("0.0008")


def test_an_impossible_price_is_none() -> None:
    """A count that no request has would not fit into the column."""
    assert cost_usd("claude-opus-5-5", Tokens(output=10**12), at=DAY) == Decimal(20_000_000)
    assert cost_usd("claude-opus-5-5", Tokens(output=10**13), at=DAY) is None


def test_prices_are_asked_of_no_server_and_loaded_with_the_first_question() -> None:
    """The library brings its data with it; importing this module does not import it."""
    code = """
import socket, sys
from tracing.prices import Tokens, cost_usd
assert "genai_prices" not in sys.modules and "pydantic" not in sys.modules
sys.addaudithook(lambda event, args: sys.exit(event) if event.startswith("socket.") else None)
print(cost_usd("claude-opus-5-5", Tokens(input=1_000_000)))
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (process.stdout.strip(), process.stderr, process.returncode) == ("4.0", "", 0)


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-sonnet-4-5", "claude-haiku-4-5"])
def test_the_price_of_many_requests_is_the_librarys_for_each(model: str) -> None:
    """What is remembered of a model gives what the library says, also where the price grows with the request."""
    from genai_prices import Usage, calc_price

    source = random.Random(model)
    for _ in range(50):
        given, said, read, written, lasting = (source.choice((0, 7, 1234, 300_000)) for _ in range(5))
        tokens = Tokens(given, said, read, written, min(lasting, written))
        usage = Usage(
            input_tokens=tokens.input + tokens.cache_read + tokens.cache_write,
            output_tokens=tokens.output,
            cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write,
            cache_write_1h_tokens=tokens.cache_write_1h,
        )
        price = calc_price(usage, model, provider_id="anthropic", genai_request_timestamp=DAY).total_price
        assert cost_usd(model, tokens, at=DAY) == price
