"""What the user adds to the rules of redaction, and takes from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Installation
from tests.story import SESSION, Story
from tests.test_redact import GITHUB
from tracing.redact import BadPattern, Rules, redact, redact_text


def test_a_pattern_finds_what_nobody_else_knows(rules: Callable[..., None]) -> None:
    """In texts, in keys and in nested values; the rest stays, and more patterns find more."""
    rules([r"acme-[0-9]{4}", r"badge (?P<secret>\w+)", "xyzzy"])
    assert redact_text("xyzzy") == ("[redacted:pattern]", 1)
    value = {"acme-1234": ["see acme-5678.", {"x": "badge b0b of acme"}]}
    expected = {"[redacted:pattern]": ["see [redacted:pattern].", {"x": "badge [redacted:pattern] of acme"}]}
    assert redact(value).value == expected
    assert redact(value).count == 3


def test_what_is_allowed_stays_whatever_knows_it(rules: Callable[..., None]) -> None:
    """By shape, by name in a text, by key, as a number; allowed is only what is matched whole."""
    rules(["acme-[0-9]{4}"], ["changeme", GITHUB, "acme-0{4}", "1234"])
    for text in ("PASSWORD=changeme", f"see {GITHUB}", "acme-0000"):
        assert redact_text(text) == (text, 0)
    assert redact({"password": "changeme", "token": 1234, "secret": ["changeme"]}).count == 0
    assert redact_text("PASSWORD=changeme2")[0] == "PASSWORD=[redacted]"
    assert redact({"token": 12345}).value == {"token": "[redacted]"}


@pytest.mark.parametrize("pattern", ["(", "[a-", "a{2,1}", "", "x*"])
def test_a_pattern_that_would_not_do_is_refused(pattern: str) -> None:
    """It is no regular expression, or it would be found everywhere; the message holds it."""
    with pytest.raises(BadPattern, match=r"regular expression|empty text"):
        Rules.compiled([pattern])


def test_settings_reach_the_collector(own_home: Installation) -> None:
    """A collector that runs heeds them at once, for hooks that fire from then on."""
    story = Story(own_home)
    story.starts()
    own_home.flush()
    own_home.done("config", "set", "redact.patterns", r"acme-\d{4}", "zebra [a-z]+")
    own_home.done("config", "set", "redact.allow", "acme-0000")
    assert own_home.done("config", "get", "redact.patterns") == "acme-\\d{4}\nzebra [a-z]+\n"
    story.prompts(text="acme-1234 and acme-0000 and zebra crossing")
    own_home.flush()
    [(prompt,)] = own_home.query("SELECT prompt_text FROM execution_traces WHERE kind = 'prompt'")
    assert prompt == "[redacted:pattern] and acme-0000 and [redacted:pattern]"
    own_home.done("config", "set", "redact.patterns")
    assert own_home.done("config", "get", "redact.patterns") == "\n"
    assert own_home.json("show", SESSION)["session_id"] == SESSION


def test_a_setting_that_would_not_do_is_refused(home: Installation) -> None:
    """The file stays as it was; one that was written by hand is refused just so."""
    before = home.places.config_file.read_bytes()
    refused = home.run("config", "set", "redact.patterns", "fine", "(")
    assert refused.returncode == 1
    assert "redact.patterns: '(' is no regular expression" in refused.stderr
    assert "\nhint: " in refused.stderr
    assert "takes one value, not 2" in home.run("config", "set", "spool.max_mb", "5", "6").stderr
    assert home.places.config_file.read_bytes() == before
    try:
        home.places.config_file.write_bytes(before + b'\n[redact]\npatterns = "x"\n')
        assert "takes a list of texts, not 'x'" in home.run("config", "get").stderr
    finally:
        home.places.config_file.write_bytes(before)
