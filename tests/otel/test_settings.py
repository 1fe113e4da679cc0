"""Whereto something is sent: by a setting, or by what `init` saw; headers are secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.conftest import Installation
from tracing.otel.target import Target, told_by
from tracing.settings import SettingError, Settings


def test_the_standard_variables_are_heeded() -> None:
    """Each gives its setting, in the setting's own unit; that for traces goes before the general one."""
    assert told_by(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:4318",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces:4318/v1/traces",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, other=c",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
            "OTEL_RESOURCE_ATTRIBUTES": "team=shop",
            "OTEL_SERVICE_NAME": "agents",
            "OTEL_SDK_DISABLED": "true",
            "OTEL_TRACES_SAMPLER": "always_off",
        }
    ) == {
        "otel.endpoint": "http://traces:4318/v1/traces",
        "otel.endpoint_for": "traces",
        "otel.headers": ("api-key=a b", "other=c"),
        "otel.timeout_s": "3",
        "otel.service_name": "agents",
        "otel.resource": ("team=shop",),
        "otel.disabled": "true",
    }


@pytest.mark.parametrize("endpoint", ["http://h:1", "http://h:1/", "http://h:1/v1/traces"])
def test_each_signal_has_its_path(endpoint: str) -> None:
    """An endpoint is a base for all signals, or the whole URL for traces."""
    target = Target.of(Settings(Path("/nowhere"), {"otel.endpoint": endpoint}))
    assert (target.traces_url, target.metrics_url) == ("http://h:1/v1/traces", "http://h:1/v1/metrics")


@pytest.mark.parametrize("endpoint", ["https://c.example/ingest/otlp", "https://c.example/otlp/", "http://h:1"])
def test_an_endpoint_for_traces_is_taken_as_it_is(own_home: Installation, endpoint: str) -> None:
    """The specification lets nothing be appended to it; where metrics would go it does not tell, so none go."""
    env = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:4318"}
    printed = own_home.run("init", "--yes", env=env).stdout
    assert f"spans are sent to {endpoint}, as OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says" in printed
    target = Target.of(Settings.load(own_home.places.config_file))
    assert (target.traces_url, target.metrics) == (endpoint, False)


def test_what_may_be_secret_is_not_shown(home: Installation) -> None:
    """Neither a header's value nor the login in a URL is printed, also where it is refused; the file is the user's."""
    settings = Settings.load(home.places.config_file)
    settings.set("otel.headers", ("api-key=s3cret",))
    assert home.done("config", "get", "otel.headers") == "api-key=(hidden)\n"
    assert "s3cret" not in home.done("config", "get")
    assert stat.S_IMODE(home.places.config_file.stat().st_mode) == 0o600
    for key, value in (("otel.headers", ("s3cret",)), ("otel.endpoint", "s3cret")):
        with pytest.raises(SettingError) as refused:
            settings.set(key, value)
        assert "s3cret" not in str(refused.value)
    settings.set("otel.endpoint", "https://me:s3cret@host:4318")
    assert home.done("config", "get", "otel.endpoint") == "https://host:4318\n"
    settings.set("otel.endpoint", "")
    settings.set("otel.headers", ())


def test_init_keeps_what_it_saw(own_home: Installation) -> None:
    """The client hides OTEL_* from its hooks, so `init` keeps them, says so, and never overrules a setting."""
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_HEADERS": "k=s3cret"}
    first = own_home.run("init", "--yes", env=env)
    assert "spans are sent to http://127.0.0.1:9" in first.stdout
    assert "s3cret" not in first.stdout + first.stderr
    settings = Settings.load(own_home.places.config_file)
    assert settings.texts("otel.headers") == ("k=s3cret",)
    own_home.done("config", "set", "otel.endpoint", "")
    again = own_home.run("init", "--yes", env=env)
    assert "spans" not in again.stdout
    assert own_home.json("otel", "status")["sending"] is False
