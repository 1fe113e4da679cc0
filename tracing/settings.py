"""The settings: one file, a default for each key, and an answer to "where does this value come from?".

The collector reads nothing but this file; environment variables decide only when
``hooktrace init`` pins a destination into it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tracing.capture import FULL, LEVELS
from tracing.learning.embedders import HASHED
from tracing.learning.embedders import NAMES as EMBEDDERS
from tracing.places import PRIVATE_DIRECTORY
from tracing.redact import BadPattern, Rules
from tracing.settingsfile import save_private

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """One key: its default and the sentence that explains it."""

    default: Value
    meaning: str
    allowed: range | tuple[str, ...] | None = None
    """The numbers, or the words, that make sense; None: any."""


DAYS = range(36_501)
"""A hundred years: longer is for ever."""

SETTINGS: Mapping[str, Setting] = {
    "database.url": Setting("", "the pinned destination, a libpq URL; empty: the embedded server"),
    "database.source": Setting("", "what named the destination when `hooktrace init` pinned it"),
    "database.care_url": Setting(
        "", "a second login for migrations, partitions, retention and learning; empty: the same as database.url"
    ),
    "database.schema": Setting("public", "the schema that holds the tables: small letters, digits and _"),
    "embedding.dimensions": Setting(
        384,
        "the length of the embeddings that the vector indexes are for; others are searched without one",
        range(1, 2001),
    ),
    "embedded.user": Setting("", "as root: the unprivileged user that runs the embedded server"),
    "embedded.port": Setting(
        0, "a port on 127.0.0.1 for tools that cannot use the embedded server's socket; 0: none", range(65536)
    ),
    "retention.payload_days": Setting(
        14, "the content of events older than so many days goes, their skeleton stays; 0: never", DAYS
    ),
    "retention.traces_days": Setting(
        90, "executions that ended so many days ago go, with all that hangs on them; 0: never", DAYS
    ),
    "retention.usage_days": Setting(
        180, "uses of patterns go after so many days, what they taught stays; 0: never", DAYS
    ),
    "retention.max_mb": Setting(
        5120,
        "past this size of the embedded database, in MB, the oldest goes before its time; 0: any size",
        range(2**24),
    ),
    "capture.level": Setting(
        FULL, "full, or no-content: names, times, sizes and outcomes, and not what was said", LEVELS
    ),
    "capture.no_content": Setting(
        (), "projects of which no content is kept: their names, or directories like ~/work/x"
    ),
    "redact.patterns": Setting(
        (), "regular expressions: what one matches, or its group `secret`, is redacted besides what is known anyway"
    ),
    "redact.allow": Setting(
        (), "texts or regular expressions: what one matches whole is no secret, whatever knows it for one"
    ),
    "spool.max_mb": Setting(512, "past this size of all that waits, in MB, events are dropped and counted"),
    "learning.embedder": Setting(
        HASHED, "what tells how alike two prompts are: hashed, or semantic, which needs hooktrace[semantic]", EMBEDDERS
    ),
    "advice.enabled": Setting(
        False, "tell the agent at each prompt what worked earlier in the same project (`hooktrace advise --help`)"
    ),
    "advice.withheld_percent": Setting(
        20, "of so many prompts in a hundred advice is withheld, by chance: for `hooktrace advise --effect`", range(101)
    ),
    "otel.endpoint": Setting(
        "", "where spans and metrics are sent to by OTLP/HTTP, like http://localhost:4318; empty: nowhere"
    ),
    "otel.endpoint_for": Setting(
        "all",
        "whom that is for: all signals, each at its own path beneath it, or traces: it is taken as it is",
        ("all", "traces"),
    ),
    "otel.headers": Setting((), "name=value headers for that, such as a key; shown without their values"),
    "otel.content": Setting(False, "send prompts, too, and what tools were given and answered"),
    "otel.continue_parent": Setting(
        "auto",
        "continue the trace of a TRACEPARENT in the agent's environment: on, off (link to it), or auto: in `-p` runs",
        ("auto", "on", "off"),
    ),
    "otel.metrics": Setting(True, "send metrics, too, once a minute while a collector runs"),
    "otel.settle_s": Setting(
        10, "an execution is sent so many seconds after its end: what is told of it later is not", range(3601)
    ),
    "otel.timeout_s": Setting(10, "how long an answer is waited for", range(1, 301)),
    "otel.compression": Setting("none", "of what is sent", ("none", "gzip")),
    "otel.certificate": Setting("", "a file of certificates to trust instead of the system's"),
    "otel.service_name": Setting("hooktrace", "service.name of all that is sent"),
    "otel.resource": Setting((), "name=value attributes of the resource that all that is sent is of"),
    "otel.disabled": Setting(False, "send nothing, whatever else is set here"),
    "collector.idle_minutes": Setting(15, "the collector leaves after so many minutes without an event"),
}


class SettingError(Exception):
    """A setting that is unknown, of the wrong type, or in a file that cannot be read."""


class Settings:
    """The values of one config file, with defaults for what it does not say."""

    def __init__(self, path: Path, values: Mapping[str, Value]) -> None:
        self.path = path
        self._values = dict(values)

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read *path*; a missing file is an empty one.

        Raises:
            SettingError: the file is not TOML, or holds an unknown key or a value of another type.
        """
        values = {}
        for section, table in _read(path).unwrap().items():
            for name, value in table.items() if isinstance(table, dict) else ():
                values[f"{section}.{name}"] = _checked(f"{section}.{name}", value, path)
        return cls(path, values)

    def __getitem__(self, key: str) -> Value:
        return self._values.get(key, _known(key).default)

    def text(self, key: str) -> str:
        """Return a setting whose type is text."""
        return str(self[key])

    def number(self, key: str) -> int:
        """Return a setting whose type is a number."""
        return int(str(self[key]))

    def switch(self, key: str) -> bool:
        """Return a setting that is true or false."""
        return self[key] is True

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a setting whose type is a list of texts."""
        value = self[key]
        return value if isinstance(value, tuple) else (str(value),)

    def origin(self, key: str) -> str:
        """Tell where the value of *key* comes from: the config file or the default."""
        return str(self.path) if key in self._values else "default"

    def set(self, key: str, value: Value) -> None:
        """Write *key* into the file, keeping what else stands in it, comments included."""
        checked = _checked(key, value, self.path)
        document = _read(self.path)
        section, name = key.split(".", 1)
        if section not in document:
            document[section] = tomlkit.table()
        document[section][name] = list(checked) if isinstance(checked, tuple) else checked
        _write(self.path, tomlkit.dumps(document))
        self._values[key] = checked


def _known(key: str) -> Setting:
    if key not in SETTINGS:
        raise SettingError(f"unknown setting: {key}\nhint: `hooktrace config get` lists them")
    return SETTINGS[key]


def _checked(key: str, value: Any, path: Path) -> Value:
    """Return *value* in the type of the key's default; text is converted."""
    setting = _known(key)
    converted = _converted(value, setting.default)
    if converted is None:
        raise SettingError(f"{path}: {key} takes {_TYPES[type(setting.default)]}, not {value!r}")
    if wanted := _wanted(key, setting, converted):
        raise SettingError(f"{path}: {key} takes {wanted}, not {converted!r}")
    if key == "otel.endpoint" and converted and not _ENDPOINT.fullmatch(str(converted)):
        raise SettingError(f"{path}: {key} takes a URL like http://localhost:4318")  # it may hold a login
    if key in ("otel.headers", "otel.resource") and not all(map(_PAIR.fullmatch, _texts(converted) or ())):
        raise SettingError(f"{path}: {key} takes texts like name=value")  # which may be secret
    if key.startswith("redact."):
        _check_patterns(key, _texts(converted) or (), path)
    return converted


_TYPES = {str: "text", int: "a number", bool: "true or false", tuple: "a list of texts"}

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_ENDPOINT = re.compile(r"https?://[^\s/?#]+[^\s?#]*")
_PAIR = re.compile(r"[^\s=]+=[^\r\n]*")
_PROJECT = re.compile(r"[^/~][^/]*|~|~?/.*")


def _wanted(key: str, setting: Setting, value: Value) -> str | None:
    """Return what the setting takes, if *value* is something else."""
    if isinstance(setting.allowed, range) and value not in setting.allowed:
        return f"{setting.allowed[0]} to {setting.allowed[-1]}"
    if isinstance(setting.allowed, tuple) and value not in setting.allowed:
        return " or ".join(setting.allowed)
    if key == "database.schema" and not _SCHEMA.fullmatch(str(value)):
        return "small letters, digits and _"
    if key == "capture.no_content" and not all(map(_PROJECT.fullmatch, _texts(value) or ())):
        return "names, and directories that begin with / or ~/"
    return None


def _check_patterns(key: str, patterns: tuple[str, ...], path: Path) -> None:
    try:
        Rules.compiled(patterns)
    except BadPattern as error:
        hint = "hint: the syntax is that of Python's `re`; a backslash before a sign takes it as it stands"
        raise SettingError(f"{path}: {key}: {error}\n{hint}") from None


def _converted(value: Any, default: Value) -> Value | None:
    """Return *value* in the type of *default*, None when it cannot be."""
    if isinstance(value, str) and isinstance(default, bool):
        switch = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
        return switch.get(value.lower())
    if isinstance(value, str) and isinstance(default, int):
        return int(value) if value.removeprefix("-").isdecimal() else None
    if isinstance(default, tuple):
        return _texts(value)
    return value if type(value) is type(default) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return a list of texts; None of anything else."""
    several = isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    return tuple(value) if several else None


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        hint = "hint: mend it, or delete it and run `hooktrace init`"
        raise SettingError(f"{path} is not TOML: {error}\n{hint}") from error


def _write(path: Path, text: str) -> None:
    """Replace *path*, or what it is a link to, by rename: a reader sees the old file or the new one; mode 0600."""
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    save_private(target, text.encode())
