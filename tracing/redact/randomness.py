"""Secrets under names that do not say so: ``SENTRY_THING=8f…``, known by how random they are.

Random are hashes and ids, too, and nobody wants to lose those: so a name that tells of one keeps its value,
and what reads like words, a path or the name of a pod is not random enough.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from tracing.redact.names import WORD, words_of

SHORTEST = 20
LONGEST = 128
"""A longer value is data."""

_VALUE = rf"(?:base64:)?(?P<value>[A-Za-z0-9_+/~-]{{{SHORTEST},{LONGEST}}}={{0,2}})"
# Searched for by its operator, as what is before it is of any length.
_GIVEN = re.compile(rf"[=:][ \t]{{0,4}}\\{{0,3}}[\"'`]?{_VALUE}(?![A-Za-z0-9_+/~.=:@%-])")
_WHOLE = re.compile(_VALUE)
_NAME = re.compile(r"(?:\\[nrt]|[^\w.-]|\A)(?P<name>[A-Za-z_][\w.-]{2,63}?)\\{0,3}[\"'`]?[ \t]{0,4}\Z")
_LONGEST_NAME = 80
_LINE_END = re.compile(r"\\{0,3}[\"'`]?[ \t]*[,;]?[ \t]*(?:\Z|[\r\n#]|\\{1,3}[nr\"])")

_NO_SECRETS = words_of(
    """
    sha sha1 sha256 sha384 sha512 md5 hash hashes digest checksum integrity fingerprint thumbprint etag crc
    commit revision rev ref refs head base tree parent branch tag version release build merge blob object oid
    id ids uid gid uuid guid urn arn trace traceparent span correlation request cursor page continuation offset etags
    cache lock nonce seed salt image images img icon font src href source resolved url uri path paths file
    files filename dir directory home bucket host hostname name names label title class classes type kind
    data content body text html css js json svg png signature public pub cert certificate ca chunk asset
    asset module selector test snapshot fixture example sample container pod layer run job thread process
    """
)
_SEPARATOR = re.compile(r"[^A-Za-z0-9]")
_MOST_SEPARATORS = 0.1
"""Of its characters, that a random value may have; words, paths and UUIDs have more."""
_DIGITS = re.compile(r"[0-9]+")
_LEAST_NUMBERS = 3
"""That stand apart in a random value; a name has one or two."""
_ENTROPY = 3.0
"""Bits a character; 32 random hexadecimal digits have about 3.6."""
_MIXED_ENTROPY = 3.7
"""Bits a character of a random value in letters of both cases."""
_MIXED_SHORTEST = 24


def random_values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where random values stand in *text* that are given to a name: as in `.env`, YAML or JSON."""
    for match in _GIVEN.finditer(text):
        if not _is_random(match["value"]):
            continue
        told = _NAME.search(text[max(0, match.start() - _LONGEST_NAME) : match.start()])
        if told is None or not is_random(told["name"], match["value"]):
            continue
        # In capitals it is a variable of the environment; else it must be all that its line says.
        if told["name"].isupper() or _LINE_END.match(text, match.end()):
            yield match.span("value")


def is_random(name: str, value: str) -> bool:
    """Tell whether *value* is too random to be anything but a secret, under a *name* that tells of nothing random."""
    if not SHORTEST <= len(value) <= LONGEST or not _WHOLE.fullmatch(value) or not _is_random(value):
        return False
    return not _tells_of_randomness(name) and (name.isupper() or _is_mixed(value))


def _is_random(value: str) -> bool:
    bare = _SEPARATOR.sub("", value)
    if (len(value.rstrip("=")) - len(bare)) / len(value) >= _MOST_SEPARATORS or bare.isdigit():
        return False
    return len(_DIGITS.findall(bare)) >= _LEAST_NUMBERS and _entropy(bare) >= _ENTROPY


def _is_mixed(value: str) -> bool:
    bare = _SEPARATOR.sub("", value)
    cases = min(len(re.findall("[A-Z]", bare)), len(re.findall("[a-z]", bare)))
    return len(bare) >= _MIXED_SHORTEST and cases >= 3 and _entropy(bare) >= _MIXED_ENTROPY


@lru_cache(maxsize=4096)
def _tells_of_randomness(name: str) -> bool:
    words = WORD.findall(name)
    return any(word.lower() in _NO_SECRETS for word in (name, *words)) or "sha" in name.lower()


def _entropy(value: str) -> float:
    """Return Shannon's entropy of the characters of *value*, in bits a character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
