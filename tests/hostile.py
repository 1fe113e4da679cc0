"""Texts made to take long: pieces that begin what a pattern looks for, over and over."""

from __future__ import annotations

import json

REPEATED = [
    *("a", " ", "\n", "\t ", "=", ".", "-", "_", '"', "'", "\\", '\\"', "\\n", "İ", "🔑", "é=", "[", "[redacted"),
    *("eyJ", "eyJ-", "eyJaaaaaaaa.", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", '-----BEGIN PRIVATE KEY-----"'),
    *("---- BEGIN SSH2 ", "Private-Lines: 1\n", "password=", "password = ", 'password="', "password=' ", "password: "),
    *("password:", "--password ", "PASSWORD=x\n", "token", "token_", "token: ", "token=$a", "token=a[redacted]"),
    *('token=\\"', 'token=\\\\"\\"', "token=a\\b", "token: a = ", "TOKEN=a,", "TOKEN=\\a", '{"token":"a"},'),
    *("token: token: ", "password=password=", "secret=$(", "AUTH: "),
    *("://", "://a:", "://a:b@", "://:", "http://a:a:a@@@", "sk-ant-", "sk-", "sk-proj-", "ghp_", "ghs_1_eyJ", "AKIA"),
    *("AIza", "xoxb-", "SG.", "SG.aaaaaaaaaaaaaaaaaaaaaa.", "bearer ", "Bearer Bearer ", "bearer a", "authorization: "),
    *("authorization: bearer ", "cookie: a=", "cookie:", "cookie: a=$", "set-cookie: a=b;", "glpat-", "sig=", "?sig="),
    *("AccountKey=", "hooks.slack.com/services/", "hf_", "npm_", "pypi-", "SK", "AC", "dop_v1_", "MT", "1:AA", "AAAA"),
    *("credential", "api_key", "aPi.Key=", "password=\\a\\b", "key-", "secret_", "dp."),
    *(":5432:a:b:", "login a password ", "auth\": \"", "/api/webhooks/", "/webhookb2/"),
    *("curl ", "curl -u ", "curl -u a:", "mysql -p", "mysql ", "zip -P ", "redis-cli -a "),
    *("http -a a:", "sshpass ", "aws configure set ", "openssl -passin ", "docker login "),
    *("A=B1c2D3e4F5g6H7i8J9k0", "THING=0e1f2d3c4b5a69788796a5b4c3d2e1f0\n"),
    *('x: "0e1F2d3C4b5A69788796a5B4c3D2e1F0",\n', "a=", "a:b,"),
]  # fmt: skip

ONCE = [
    "://",
    "://a:",
    "password=",
    "password=\\",
    'password="',
    "eyJ",
    "bearer ",
    "cookie: a=",
    "TOKEN=",
    "curl -u a:",
]
"""Each stands before a run of one letter."""


def hostile(size: int) -> dict[str, str]:
    """Return the texts by what they are made of, each of *size* characters."""
    texts = {f"{unit!r} repeated": (unit * (size // len(unit) + 1))[:size] for unit in REPEATED}
    texts |= {f"{start!r} + 'a'*n": (start + "a" * size)[:size] for start in ONCE}
    texts["base64"] = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB" * (size // 32 + 1))[:size]
    nested = '{"password": "x"}'
    while len(nested) < size:
        nested = json.dumps({"text": nested, "more": [nested[: len(nested) // 2]]})
    texts["JSON in JSON"] = nested[:size]
    return texts
