"""Names whose values are secrets: ``dbPassword``, ``X-Api-Key``; not ``max_tokens``."""

from __future__ import annotations

import re
from functools import lru_cache


def words_of(text: str) -> frozenset[str]:
    """Return the words of *text*, a readable way to write a set of them."""
    return frozenset(text.split())


_NAME = re.compile(r"[A-Za-z0-9_.:$-]{1,80}|[A-Za-z]{1,30}(?: [A-Za-z]{1,30}){1,2}")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_SECRET_WORDS = words_of(
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
_KEYS = words_of(
    """
    api private secret access session account signing encryption master storage shared auth deploy
    """
)
# A pass of a program is no secret, one of these is.
_PASSES = words_of(
    """
    db database user smtp mail email imap admin root my mysql pg postgres redis mongo rabbitmq ftp sftp ssh sudo
    login http proxy auth app api wifi keystore truststore store vault service client server jenkins registry
    """
)
# What `tokens` are depends on the word before: these are kept like keys, all others are counted.
_KEPT_TOKENS = words_of(
    """
    access refresh auth api bearer id session secret
    """
)
# A token of a text, of a page or of a parser, not of a login.
_PLAIN_TOKENS = words_of(
    """
    max min per input output total cached prompt completion eos bos pad unk sep cls mask stop special
    first last next page previous prev continuation cursor sync cancellation cancel abort lex lexer
    parse parser syntax design tool
    """
)
_QUALIFIERS = words_of(
    """
    value hash string str text plain plaintext raw base b64 binary hex encrypted old new current confirm
    confirmation again repeat header prod production staging dev live
    """
)
# After one of these a secret's name is that of something about it.
_ABOUT = words_of(
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
    words = [word.lower() for word in WORD.findall(name)]
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
    if last == "pass":
        return previous in _PASSES
    if last == "string":
        return previous in ("connection", "conn")
    if last == "tokens":
        return previous in _KEPT_TOKENS
    if last == "token" and previous in _PLAIN_TOKENS:
        return False
    return last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS)
