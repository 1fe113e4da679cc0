"""Secrets taken out of an event before anything is stored.

Two rules find them: a key whose name says so (``password``), and text whose shape says
so (``ghp_…``, ``PASSWORD=…``).  Every pattern is linear in the text's length: repetitions
are bounded, or begin at a literal and consume what they have read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tracing.payload import MAX_DEPTH, distinct

FIELD_LIMIT = 65_536
"""Characters of one string that are stored: a whole source file, but not a whole video."""

SHORTEST = 8
"""No text shorter than this is searched: ``pwd: abc`` is the shortest that could match."""

ROUNDS = 8
"""A mark may bring into view what was hidden behind the secret it replaced, so a text in
which something was found is searched again; more often than this only if it was made for it."""

LONGEST_KEY = 64
"""Keys up to this length are remembered."""

MARK = "[redacted]"
TOO_DEEP = f"[hooktrace: nested deeper than {MAX_DEPTH} levels]"

_MARK = re.compile(r"\[(?:redacted(?::[a-z0-9-]{1,40})?|hooktrace: [^\[\]]{1,100})\]")
_LONGEST_MARK = 128


@dataclass(frozen=True)
class Redacted:
    """A value without its secrets."""

    value: Any
    """JSON of the same form; the argument itself is untouched."""
    count: int
    """How many secrets were replaced; 0 when the value had been redacted before."""


@dataclass(frozen=True)
class Shape:
    """Text that is a secret by the way it looks."""

    name: str
    """Stands in the mark: ``[redacted:name]``."""
    pattern: re.Pattern[str]
    """What is replaced is the group ``secret`` if there is one, else the whole match; the rest stays."""
    hints: tuple[str, ...]
    """One of these is in every match; a text without any of them is not searched at all."""
    folded: bool = False
    """The pattern and the hints are for the text in small letters."""


def _shape(name: str, pattern: str, *hints: str, folded: bool = False) -> Shape:
    return Shape(name, re.compile(pattern, re.DOTALL | re.ASCII), hints, folded)


# A look-behind stands after the literal it guards (`ghp_(?<!\wghp_)`): `re` then still
# searches for the literal, ten times as fast as trying a look-behind at every character.
SHAPES: tuple[Shape, ...] = (
    # A block without its END was cut off somewhere: all that follows is key.  A header that
    # a quote closes, with nothing like a key behind it, is source code that mentions one.
    _shape(
        "private-key",
        r"-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----"
        r"(?!\\{0,3}[\"'`](?!.{0,40}?[A-Za-z0-9+/]{40}))"
        r".*?(?:-----END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----[\w-]*|\Z)",
        "PRIVATE KEY",
    ),
    # Two parts must follow the header; `eyJ` alone begins any JSON in base64 (source maps).
    _shape("jwt", r"eyJ(?<![\w-]eyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}", "eyJ"),
    _shape("aws-access-key-id", r"A[KS]IA(?<![A-Za-z0-9].{4})[A-Z0-9]{16}(?![A-Za-z0-9])", "AKIA", "ASIA"),
    _shape("gcp-api-key", r"AIza(?<!\wAIza)[\w-]{35}(?![\w-])", "AIza"),
    _shape("google-oauth", r"(?:ya29\.(?<!\w.{5})[\w-]{20,}|GOCSPX-(?<!\w.{7})[\w-]{20,})", "ya29.", "GOCSPX-"),
    _shape("azure-key", r"Acc(?:ount|ess)Key=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})", "AccountKey=", "AccessKey="),
    _shape("azure-signature", r"sig=(?<=[?&\"';\s]sig=)(?P<secret>[A-Za-z0-9%+/_-]{30,}={0,2})", "sig="),
    # A server token of an app may be `ghs_`, its number, and a JWT.
    _shape(
        "github-token",
        r"gh[opusr]_(?<![A-Za-z0-9].{4})(?:[0-9]{1,20}_eyJ[\w.-]{36,}|\w{36,})|github_pat_(?<!\w.{11})\w{22,}",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    _shape(
        "gitlab-token",
        r"gl(?<!\wgl)(?:pat|ptt|rt|dt|cbt|oas|soat|imt|agent)-[\w-]{20,}(?:\.[\w-]{2,}){0,3}",
        "gl",
    ),
    _shape("slack-token", r"(?:xox[abeoprs]-(?<!\w.{5})[\w-]{10,}|xapp-(?<!\w.{5})[\w-]{10,})", "xox", "xapp-"),
    _shape(
        "slack-webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{16,})",
        "hooks.slack.com/",
    ),
    _shape("anthropic-key", r"sk-ant-(?<![A-Za-z0-9].{7})[\w-]{16,}", "sk-ant-"),
    # Without one of the known prefixes no hyphens: `sk-` begins CSS classes too.
    _shape(
        "openai-key",
        r"sk-(?<![A-Za-z0-9_-]sk-)(?:(?:proj|svcacct|admin|None|or-v1)-[\w-]{20,}|[A-Za-z0-9]{32,})",
        "sk-",
    ),
    _shape(
        "stripe-key",
        r"(?:[sr]k_(?:live|test)_(?<![A-Za-z0-9].{8})[A-Za-z0-9]{16,}|whsec_(?<!\w.{6})[A-Za-z0-9+/]{24,})",
        *("k_live_", "k_test_", "whsec_"),
    ),
    _shape("npm-token", r"npm_(?<!\wnpm_)[A-Za-z0-9]{36,}", "npm_"),
    _shape("pypi-token", r"pypi-(?<![\w-]pypi-)[\w-]{40,}", "pypi-"),
    _shape("huggingface-token", r"hf_(?<!\whf_)[A-Za-z0-9]{30,}", "hf_"),
    _shape("sendgrid-key", r"SG\.(?<!\wSG\.)[\w-]{20,24}\.[\w-]{39,}", "SG."),
    _shape("twilio-key", r"SK(?<![A-Za-z0-9]SK)[0-9a-f]{32}(?![A-Za-z0-9])", "SK"),
    _shape("digitalocean-token", r"do[opr]_v1_(?<!\w.{7})[0-9a-f]{64}(?![A-Za-z0-9])", "_v1_"),
    # The name of the user and of the host stay: they tell what was connected to.
    _shape(
        "url-password",
        r"://[^\s:/@\"'<>\\\[\]]{0,64}:(?![$%{*<]|\[redacted)(?P<secret>[^\s/\"'<>\\`]{1,256})@[\w\[$%{-]",
        "://",
    ),
    _shape(
        "curl-password",
        r"curl(?=[ \t])[^\r\n]{0,200}?[ \t](?:-u|--user)[ =]?\\{0,3}[\"']?[\w.@+-]{1,64}:"
        r"(?![$%{*<]|\[redacted)(?P<secret>[^\s\"'\\]+)",
        "curl",
    ),
    _shape(
        "authorization",
        r"authorization\\{0,7}[\"'`]?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,7}[\"'`]?"
        r"(?:bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4}(?P<secret>[a-z0-9._~+/=-]{4,})",
        "authorization",
        folded=True,
    ),
    # Outside of a header the word is English ("bearer authentication-scheme"): a digit is asked for.
    _shape(
        "bearer-token",
        r"bearer(?<!\wbearer)[ \t]{1,4}(?P<secret>(?=[a-z._~+/=-]{0,100}[0-9])[a-z0-9._~+/=-]{12,})",
        "bearer",
        folded=True,
    ),
    _shape(
        "cookie",
        r"cookie:(?<![\w.]cookie:)[ \t]{0,4}(?P<secret>[\w.!#$%&*+^|~-]{1,128}=(?![$<{])[^\r\n\"'\\`]{1,})",
        "cookie:",
        folded=True,
    ),
)

_HINTS = [(hint, shape) for shape in SHAPES if not shape.folded for hint in shape.hints]
_FOLDED_HINTS = [(hint, shape) for shape in SHAPES if shape.folded for hint in shape.hints]

# --- names -----------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME = re.compile(r"[A-Za-z0-9_.:$-]{1,80}|[A-Za-z]{1,30}(?: [A-Za-z]{1,30}){1,2}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_SECRET_WORDS = _words(
    """
    pwd passcode secret secrets apikey apikeys authorization cookie cookies credential credentials cred
    creds dsn sshpass auths privatekey secretkey accesskey sessionkey connectionstring accountkey
    """
)
_SECRET_ENDINGS = (
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
)
_KEYS = _words(
    """
    api private secret access session account signing encryption master storage shared auth deploy
    """
)
# What `tokens` are depends on the word before: these are kept like keys, all others are counted.
_KEPT_TOKENS = _words(
    """
    access refresh auth api bearer id session secret
    """
)
# A token of a text, of a page or of a parser, not of a login.
_PLAIN_TOKENS = _words(
    """
    max min per input output total cached prompt completion eos bos pad unk sep cls mask stop special
    first last next page previous prev continuation cursor sync cancellation cancel abort lex lexer
    parse parser syntax design tool
    """
)
_QUALIFIERS = _words(
    """
    value hash string str text plain plaintext raw base b64 binary hex encrypted old new current confirm
    confirmation again repeat header prod production staging dev live
    """
)
# After one of these a secret's name is that of something about it.
_ABOUT = _words(
    """
    id ids name names type types kind count counts counter usage limit limits budget size length len min
    max index url uri endpoint path paths file files dir directory folder field fields policy rule rules
    expires expiry expiration at ttl age time timeout status state enabled disabled required valid set
    provider manager source store helper process command cmd format scope scopes label placeholder hint
    error message ref version rotation prefix suffix regex pattern mode saved used py js ts md json yaml
    yml txt go rs java html css
    """
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Tell whether what *name* is given to is a secret: ``dbPassword``, ``X-Api-Key``; not ``max_tokens``."""
    if name in ("PWD", "OLDPWD") or not _NAME.fullmatch(name):
        return False  # a shell's directories; a sentence
    if name == "_auth":  # npm's user:password in base64
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and not _ends_secret(words) and (words[-1] in _QUALIFIERS or words[-1].isdigit()):
        words.pop()
    if _ends_secret(words):
        return True
    # Environment variables often put the noun first: TOKEN_GITHUB.
    if not name.isupper() or any(word in _ABOUT for word in words):
        return False
    return any(_ends_secret(words[:end]) for end in range(1, len(words)))


def _ends_secret(words: list[str]) -> bool:
    before, last = words[-2:-1], words[-1] if words else ""
    previous = before[0] if before else ""
    if last == "key":
        return previous in _KEYS
    if last == "keys":
        return previous in ("api", "private")
    if last == "string":
        return previous in ("connection", "conn")
    if last == "tokens":
        return previous in _KEPT_TOKENS
    if last == "token" and previous in _PLAIN_TOKENS:
        return False
    return last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS)


# --- assignments in text -----------------------------------------------------------------

_ASSIGNED_HINTS = ("pass", "pwd", "secret", "token", "key", "auth", "cookie", "cred", "dsn", "string")

# In small letters; finds the telling part of a name, and the rest of it up to the value.
_ASSIGNED = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|sshpass|pwd|secret|token|api[ _.-]?key|authorization"
    r"|cookie|cred(?:s|ential)|dsn|_auth|conn(?:ection)?[_.-]?string"
    r"|(?:private|access|session|account|signing|encryption|master|storage|shared|deploy)[_.-]?key)"
    r"[\w.-]{0,40}+(?P<closed>\\{0,7}[\"'`])?"
    r"(?P<operator>:[ \t]?[a-z][\w.\[\]|]{0,30}[ \t]=[ \t]"  # with a type between: `token: str = "…"`
    r"|[ \t]{0,8}(?:=>|:=|=(?![=~>])|:(?![:=]))|[ \t])[ \t]{0,8}"
)
_OPENING = re.compile(r"[bfruBFRU]{0,2}(\\{0,7}[\"'`])")
_STOPS = r"\s\"'`;,&|<>(){}\[\]\\"
# A backslash belongs to the value unless it begins an escape of the text around it.
_PLAIN_VALUE = re.compile(rf"[^{_STOPS}]*+(?:(?:\\(?![nrt\"'`\\])|\[redacted[^\]\s]{{0,48}}\])[^{_STOPS}]*+)*+")
_SHELL_VALUE = re.compile(r"[^\s\"'`;&|<>\\]*+(?:\\(?![nrt\"'`\\])[^\s\"'`;&|<>\\]*+)*+")
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
_WORDS = _words(
    """
    str string int integer number float bool boolean bytes bytearray any none null nil undefined true
    false required optional yes no on off text object array list dict char varchar uuid url file path
    env include omit same-origin basic bearer digest inherit always never auto default prompt stdin
    hidden empty missing invalid valid expired unset self this value input to for and or is as when with
    from if in of the a an are was not can will must should may via using
    """
)
MAX_SPACES = 3
"""A quoted text of more words than a passphrase usually has is a sentence."""

_NAME_WORDS = _words(
    """
    password passwd pwd passphrase token tokens secret secrets cookie credential credentials
    authorization auth access refresh api key private public client user db database session bearer id
    github new old current name
    """
)


def _assignments(text: str, folded: str) -> Iterator[tuple[int, int, str]]:
    """Yield the values in *text* that are given to a secret's name: `PASSWORD=…`, `--token …`."""
    position = 0
    while match := _ASSIGNED.search(folded, position):
        position = match.end()
        start = _name_start(text, match.start())
        name = text[start : match.start("closed") if match["closed"] else match.start("operator")]
        flag = name.startswith("-")
        if match["operator"].isspace() and not flag:
            continue
        if not is_secret_name(name.strip("-.:$")):
            continue
        assigned = _Assigned(name, start, match["operator"], bool(match["closed"]), flag)
        if span := _value(text, assigned, position):
            yield *span, MARK
            position = span[1]


@dataclass(frozen=True)
class _Assigned:
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
    if value.lower() in _WORDS or _LITERAL_PATH.match(value) or _COLOUR.match(value) or _is_name(value):
        return True
    return bool(_DOTTED.fullmatch(value)) and not _has_digit(value)


def _is_name(value: str) -> bool:
    """Tell whether *value* is but another name of a secret: `token=access_token`."""
    return len(value) < 64 and all(word.lower() in _NAME_WORDS for word in _WORD.findall(value) or "?")


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


# --- text and values ---------------------------------------------------------------------


def redact_text(text: str) -> tuple[str, int]:
    """Return *text* with a mark for each secret in it, and how many there were."""
    if len(text) < SHORTEST:
        return text, 0
    total = 0
    for _ in range(ROUNDS):
        text, count = _searched(text)
        total += count
        if not count:
            break
    return text, total


def _searched(text: str) -> tuple[str, int]:
    folded = _folded(text)
    spans = [
        (*match.span("secret" if shape.pattern.groups else 0), f"[redacted:{shape.name}]")
        for searched, hints in ((text, _HINTS), (folded, _FOLDED_HINTS))
        for shape in dict.fromkeys(shape for hint, shape in hints if hint in searched)
        for match in shape.pattern.finditer(searched)
    ]
    if any(hint in folded for hint in _ASSIGNED_HINTS):
        spans += _assignments(text, folded)
    return _replaced(text, spans) if spans else (text, 0)


def _folded(text: str) -> str:
    """Return *text* in small letters, each in its place (U+0130 is the one letter that would become two)."""
    return text.lower() if text.isascii() else text.replace("\u0130", "i").lower()


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, int]:
    """Put each mark in the place of its span; of spans that overlap the first and longest names the whole."""
    spans.sort(key=lambda span: (span[0], -span[1]))
    pieces: list[str] = []
    kept = count = 0
    for start, end, mark in spans:
        if count and start < kept:
            kept = max(kept, end)
            continue
        pieces += text[kept:start], mark
        kept, count = end, count + 1
    return "".join([*pieces, text[kept:]]), count


def redact(value: Any) -> Redacted:
    """Return *value* without its secrets; redacting the result again changes nothing.

    A value deeper than ``payload.MAX_DEPTH`` is replaced whole (``payload.parse`` returns none).
    """
    walk = _Walk()
    return Redacted(walk.value(value), walk.count)


class _Walk:
    """One walk over a value, counting."""

    def __init__(self) -> None:
        self.count = 0

    def value(self, value: Any, depth: int = 0, secret: bool = False) -> Any:
        if isinstance(value, (dict, list, tuple)):
            return self.container(value, depth, secret) if depth < MAX_DEPTH else TOO_DEEP
        if secret:
            return self.whole(value)
        return self.text(value) if isinstance(value, str) else value

    def container(self, value: Any, depth: int, secret: bool) -> Any:
        if not isinstance(value, dict):
            return [self.value(item, depth + 1, secret) for item in value]
        members = zip(self.keys(value), value.items(), strict=True)
        return {
            # {"credentials": {"ttl": 60}}: a number tells nothing unless its own name says so.
            key: self.value(item, depth + 1, is_secret_name(name) or (secret and not _is_number(item)))
            for key, (name, item) in members
        }

    def keys(self, value: dict[str, Any]) -> Iterable[str]:
        pairs = []
        for key in value:
            text, count = _redacted_key(key) if len(key) <= LONGEST_KEY else redact_text(key)
            self.count += count
            pairs.append((key, text))
        return distinct(pairs, value)

    def whole(self, value: Any) -> Any:
        """Replace a secret's value, but not what cannot be one."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
            return value
        if isinstance(value, str) and _MARK.fullmatch(value):
            return value
        self.count += 1
        return MARK

    def text(self, value: str) -> str:
        value, count = redact_text(value)
        self.count += count
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


@lru_cache(maxsize=4096)
def _redacted_key(key: str) -> tuple[str, int]:
    """As `redact_text`: the same few keys come again and again."""
    return redact_text(key)


def cut(value: Any, limit: int = FIELD_LIMIT) -> Any:
    """Return *value* with every string brought down to *limit* characters, a mark at its end.

    For redacted values only: a secret cut in half would not be recognised any more.
    """
    if isinstance(value, str):
        return value if len(value) <= limit else _cut_text(value, limit)
    if isinstance(value, dict):
        keys = distinct([(key, cut(key, limit)) for key in value], value)
        return {key: cut(item, limit) for key, item in zip(keys, value.values(), strict=True)}
    return [cut(item, limit) for item in value] if isinstance(value, list) else value


def _cut_text(text: str, limit: int) -> str:
    mark = f"…[hooktrace: cut, {len(text)} characters]"
    end = max(limit - len(mark), 0)
    opened = text.rfind("[", max(end - _LONGEST_MARK, 0), end)
    if opened >= 0 and (other := _MARK.match(text, opened)) and other.end() > end:
        end = opened  # no mark is cut in half
    return text[:end] + mark
