"""Secrets given to a name in free text: ``PASSWORD=…``, ``--token …``, ``password: …``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracing.redact.names import WORD, is_secret_name, words_of

ASSIGNED_HINTS = ("pass", "pwd", "secret", "token", "key", "auth", "cookie", "cred", "dsn", "string")

# In small letters; finds the telling part of a name, and the rest of it up to the value.
_ASSIGNED = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|sshpass|pass(?![a-z])|pwd|secret|token|api[ _.-]?key|authorization"
    r"|cookie|cred(?:s|ential)|dsn|_auth|conn(?:ection)?[_.-]?string"
    r"|(?:private|access|session|account|signing|encryption|master|storage|shared|deploy)[_.-]?key)"
    r"[\w.-]{0,40}+(?P<closed>\\{0,7}[\"'`])?"
    r"(?P<operator>:[ \t]?[a-z][\w.\[\]|]{0,30}[ \t]=[ \t]"  # with a type between: `token: str = "…"`
    r"|[ \t]{0,8}(?:=>|:=|=(?![=~>])|:(?![:=]))|[ \t])[ \t]{0,8}"
)
_OPENING = re.compile(r"[bfruBFRU]{0,2}(\\{0,7}[\"'`])")
_STOPS = r"\s\"'`;,&|<>(){}\[\]\\"
# A backslash belongs to the value unless it begins an escape of the text around it.
# Not possessive: Python 3.11 before 3.11.5 gets such groups wrong, and a stop begins each turn of the loop anyway.
_PLAIN_VALUE = re.compile(rf"[^{_STOPS}]*(?:(?:\\(?![nrt\"'`\\])|\[redacted[^\]\s]{{0,48}}\])[^{_STOPS}]*)*")
_SHELL_VALUE = re.compile(r"[^\s\"'`;&|<>\\]*(?:\\(?![nrt\"'`\\])[^\s\"'`;&|<>\\]*)*")
_JUDGED = 512
"""Characters of an unquoted value that are judged; a longer one is a secret, not code."""
_LINE_END = re.compile(r"[ \t]*(?:\Z|[\r\n\"'`#]|\\{1,7}[nr\"'`])")

_SCHEME = re.compile(r"(?i:bearer|basic|token|digest)(?: |\Z)")
_REFERENCE = re.compile(
    r"\$[A-Za-z_{(]|\{|<|%[({A-Za-z]|#\{|\*{2,}|[xX.•…]{3,}|(?i:your|insert|enter)[ _-]|op://|vault:|arn:|id=|![A-Za-z]"
    r"|(?i:redacted|todo|tbd)\b"
)
_LITERAL_PATH = re.compile(r"(?:~|\.{1,2})?/[\w./-]*\Z|https?://")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\Z")  # of a theme: `Token: "#ddd0c0"`
_SMALL_NUMBER = re.compile(r"-?[0-9]{1,3}\Z")
_DOTTED = re.compile(r"[A-Za-z_$]\w*(?:\??\.[A-Za-z_]\w*)+")
_TYPE = re.compile(r"(?:[A-Z][a-z]+)+(?:\[|<|\?|\Z)|[uif](?:8|16|32|64|128)\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_]+\Z")
# Not secrets, whatever they are given to.
_WORDS = words_of(
    """
    str string int integer number float bool boolean bytes bytearray any none null nil undefined true
    false required optional yes no on off text object array list dict char varchar uuid url file path
    env include omit same-origin basic bearer digest inherit always never auto default prompt stdin
    hidden empty missing invalid valid expired unset self this value input to for and or is as when with
    from if in of the a an are was not can will must should may via using
    """
)
MOST_NAMES = 3_000
LEAST_APART = 20
"""Characters from one name of a secret to the next, where there are many: a text made to take long has more."""

MAX_SPACES = 3
"""A quoted text of more words than a passphrase usually has is a sentence."""

_NAME_WORDS = words_of(
    """
    password passwd pwd passphrase token tokens secret secrets cookie credential credentials
    authorization auth access refresh api key private public client user db database session bearer id
    github new old current name
    """
)

_PLAIN_WORDS = _WORDS | _NAME_WORDS


def assignments(text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield where the values stand in *text* that are given to a secret's name: `PASSWORD=…`, `--token …`.

    A text with more such names than one can have that says anything else is one secret.
    """
    position = named = 0
    while match := _ASSIGNED.search(folded, position):
        position = match.end()
        start = _name_start(text, match.start())
        name = text[start : match.start("closed") if match["closed"] else match.start("operator")]
        flag = name.startswith("-")
        if match["operator"].isspace() and not flag:
            continue
        if not is_secret_name(name.strip("-.:$")):
            continue
        named += 1
        if named > max(MOST_NAMES, len(text) // LEAST_APART):
            yield 0, len(text)
            return
        assigned = _Assigned(name, start, match["operator"], bool(match["closed"]), flag)
        if span := _value(text, assigned, position):
            yield span
            position = span[1]


class _Assigned(NamedTuple):
    """What stands before a value."""

    name: str
    start: int
    """Where the name begins."""
    operator: str
    closed: bool
    """Whether the name is in quotes."""
    flag: bool
    """Whether it is a command's option."""


def _name_start(text: str, end: int) -> int:
    start = end
    while start > 0 and end - start < 40 and (text[start - 1].isalnum() or text[start - 1] in "_-."):
        start -= 1
    # In JSON within a string a line may begin with the n of `\n`.
    escaped = start < end and text[start] in "nrt" and text[start - 1 : start] == "\\"
    return start + 1 if escaped else start


def _value(text: str, assigned: _Assigned, position: int) -> tuple[int, int] | None:
    """Return where the secret given to the name stands, or None if it is a reference, a type or code."""
    if opening := _OPENING.match(text, position):
        start, end = _quoted(text, opening)
        value = text[start:end]
        if value == assigned.name or ("f" in opening[0].lower() and "{" in value):
            return None  # the member of an enumeration; a template
        return (start, end) if _is_literal(value) else None
    shell = assigned.operator == "=" and assigned.name.isupper()
    pattern = _SHELL_VALUE if shell else _PLAIN_VALUE
    found = pattern.match(text, position, position + _JUDGED)
    if not found or not found[0] or "[redacted" in found[0]:
        return None
    if _REFERENCE.match(found[0]) or _is_code(found[0]):
        return None
    if len(found[0]) == _JUDGED:
        whole = pattern.match(text, position)
        return whole.span() if whole else None
    return found.span() if shell or assigned.flag or _is_given(text, assigned, found) else None


def _is_given(text: str, assigned: _Assigned, value: re.Match[str]) -> bool:
    """Tell whether an unquoted value is text; in code it would be the name of a variable."""
    if ":" in assigned.operator:
        return _is_scalar(text, assigned, value)
    if assigned.operator != "=":  # `name = value`: an ini file, or code
        plain = _IDENTIFIER.match(value[0]) or _SMALL_NUMBER.match(value[0])
        return not plain and bool(_LINE_END.match(text, value.end()))
    if _IDENTIFIER.match(value[0]) and "_" in value[0] and is_secret_name(value[0]):
        return False  # `password=new_user_password`
    follower = text[value.end() : value.end() + 1]
    return follower not in ("(", "[") and (follower not in (",", ")") or _has_digit(value[0]))


def _quoted(text: str, opening: re.Match[str]) -> tuple[int, int]:
    """Return where the text in the quotes stands; without a closing quote it ends with its line."""
    quote, start = opening[1], opening.end()
    end = text.find(quote, start)
    while end > start and text[end - 1] == "\\":
        end = text.find(quote, end + 1)
    content = text[start : end if end >= 0 else len(text)]
    newline = content.find("\n")
    return start, start + (newline if newline >= 0 else len(content))


def _is_literal(value: str) -> bool:
    """Tell whether a quoted *value* is itself the secret."""
    if scheme := _SCHEME.match(value):
        value = value[scheme.end() :]
    if not value or value[0] in " \t,;)]}+&" or "[redacted" in value or _REFERENCE.match(value):
        return False  # nothing; or the quote closed a string and this is the code behind it
    return value.count(" ") <= MAX_SPACES and not _is_code(value)


def _is_code(value: str) -> bool:
    """Tell whether *value* is a word, a path, a member of something or another secret's name."""
    if value.lower() in _PLAIN_WORDS or _LITERAL_PATH.match(value) or _COLOUR.match(value) or _is_name(value):
        return True
    return bool(_DOTTED.fullmatch(value)) and not _has_digit(value)


def _is_name(value: str) -> bool:
    """Tell whether *value* is but another name of a secret: `token=access_token`."""
    return len(value) < 64 and _NAME_WORDS.issuperset(map(str.lower, WORD.findall(value) or "?"))


def _is_scalar(text: str, assigned: _Assigned, value: re.Match[str]) -> bool:
    """Tell whether `name: value` is YAML, JSON or a header, rather than code or prose."""
    word = value[0]
    if assigned.closed:
        return word.isdigit() and not _SMALL_NUMBER.match(word)
    if (
        _TYPE.match(word)
        or _SMALL_NUMBER.match(word)
        or not assigned.operator.endswith(":")
        or text[value.start() - 1] == ":"
    ):
        return False
    before = text[max(0, assigned.start - 40) : assigned.start].rstrip(" \t+->→|0123456789")
    begins = not before or before.endswith(("\n", "\\n", '"', "'", "`"))
    if begins and _LINE_END.match(text, value.end()):
        return True
    return len(word) >= 16 and _has_digit(word) and text[value.end() : value.end() + 1] not in ("(", "[")


def _has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)
