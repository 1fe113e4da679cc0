"""Secrets of every kind that is known, as they come in texts: what is planted, and what must be gone.

They are made of pieces, so that no scanner takes this file for a leak, and each is different: what is
found somewhere tells which one it was.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
from collections.abc import Iterator
from typing import NamedTuple

_source = random.Random(25)  # the same secrets in every run


class Planted(NamedTuple):
    """A text with a secret in it."""

    kind: str
    text: str
    secret: str
    """What must be found nowhere; the rest of the text may stay."""


def _of(characters: str, length: int) -> str:
    return "".join(_source.choices(characters, k=length))


def _letters(length: int) -> str:
    """Return letters of both cases, and digits among them wherever they are cut."""
    return ("a7K2" + _of(string.ascii_letters + string.digits, length))[:length]


def _hex(length: int) -> str:
    return ("0e1f2d" + _of("0123456789abcdef", length))[:length]


def _capitals(length: int) -> str:
    return _of(string.ascii_uppercase + "234567", length)


def _pem(kind: str) -> tuple[str, str]:
    """Return a block, and a line of it."""
    lines = [_letters(64) for _ in range(4)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"]), lines[2]


def _tokens() -> Iterator[tuple[str, str]]:
    """Yield a kind and a token that is a secret wherever it stands."""
    yield "AWS access key id", "AK" + "IA" + _capitals(16)
    yield "AWS temporary key id", "AS" + "IA" + _capitals(16)
    for kind in "pousr":
        yield "GitHub", "gh" + f"{kind}_" + _letters(36)
    yield "GitHub fine-grained", "github" + "_pat_" + _letters(22) + "_" + _letters(59)
    yield "GitLab", "gl" + "pat-" + _letters(20)
    yield "GitLab runner", "gl" + "rt-" + _letters(20)
    yield "Slack bot", "xo" + "xb-" + _of("123456789", 12) + "-" + _letters(24)
    yield "Slack app", "xa" + "pp-1-" + _letters(40)
    yield "Stripe", "sk" + "_live_" + _letters(24)
    yield "Stripe restricted", "rk" + "_live_" + _letters(24)
    yield "OpenAI", "sk" + "-" + _letters(48)
    yield "OpenAI project", "sk" + "-proj-" + _letters(60) + "_" + _letters(40)
    yield "Anthropic", "sk" + "-ant-api03-" + _letters(80) + "-" + _letters(8) + "AA"
    yield "Google API", "AI" + "za" + _letters(35)
    yield "Google OAuth", "ya" + "29." + _letters(60)
    yield "Google refresh", "1/" + "/0" + _letters(40)
    yield "npm", "np" + "m_" + _letters(36)
    yield "PyPI", "py" + "pi-AgEIcHlwaS5vcmc" + _letters(90)
    yield "SendGrid", "S" + "G." + _letters(22) + "." + _letters(43)
    yield "Twilio", "S" + "K" + _hex(32)
    yield "Mailgun", "key" + "-" + _hex(32)
    yield "Telegram", _of("123456789", 10) + ":A" + "A" + _letters(33)
    yield "Discord", "MT" + _letters(24) + "." + _letters(6) + "." + _letters(38)
    yield "Hugging Face", "h" + "f_" + _letters(34)
    yield "DigitalOcean", "do" + "p_v1_" + _hex(64)
    yield "Heroku", "HR" + "KU-" + _letters(40)
    yield "Linear", "lin" + "_api_" + _letters(40)
    yield "Notion", "nt" + "n_" + _letters(46)
    yield "Shopify", "shp" + "at_" + _hex(32)
    yield "Square", "sq" + "0csp-" + _letters(43)
    yield "Databricks", "da" + "pi" + _hex(32)
    yield "Vault", "hv" + "s." + _letters(90)
    yield "age", "AGE" + "-SECRET-KEY-1" + _capitals(58)
    yield "Grafana", "gl" + "sa_" + _letters(32) + "_" + _hex(8)
    yield "Atlassian", "AT" + "ATT3x" + _letters(180)
    yield "Tailscale", "tsk" + "ey-auth-" + _letters(12) + "-" + _letters(24)
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"},)]
    yield "JWT", ".".join([*parts, "ey" + "J" + _letters(60), _letters(43)])


def _surrounded() -> Iterator[Planted]:
    """Yield secrets that are known by what stands around them."""

    def planted(kind: str, before: str, secret: str, after: str = "") -> Planted:
        return Planted(kind, before + secret + after, secret)

    basic = base64.b64encode(b"deploy:" + _letters(18).encode()).decode()
    yield planted("Slack webhook", "POST https://hooks.slack.com/" + "services/T0AB1CD2E/B0AB1CD2E/", _letters(24))
    yield planted("Discord webhook", "https://discord.com/api/webhooks/" + "112233445566778899/", _letters(68))
    yield planted(
        "Azure storage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", _letters(86) + "==", ";E=c"
    )
    yield planted("Azure SAS", "https://a.blob.core.windows.net/c?sv=2022-11-02&se=2030&sig=", _letters(43) + "%3D")
    yield planted("AWS secret", "aws_secret_access_key = ", _letters(39) + "/")
    yield planted("AWS secret in YAML", "  secretAccessKey: ", _letters(40), "\n")
    yield planted("AWS signed URL", "https://b.s3.amazonaws.com/k?X-Amz-Signature=", _hex(64), "&x=1")
    yield planted("AWS CLI", "aws configure set aws_secret_access_key ", _letters(40))
    yield planted("URL password", "git clone https://bob:", "hunter2" + _letters(9), "@git.example.com/a.git")
    yield planted("PostgreSQL URL", "postgres://app:", _letters(16), "@db.internal:5432/app?sslmode=require")
    yield planted("MongoDB URL", "mongodb+srv://root:", _letters(14), "@cluster0.ab1cd.mongodb.net/x")
    yield planted("Redis URL", "redis://:", _letters(20), "@cache:6379/0")
    yield planted("AMQP URL", "amqp://guest:", _letters(12), "@mq//")
    yield planted("basic header", "Authorization: Basic ", basic)
    yield planted("bearer header", 'curl -H "Authorization: Bearer ', _letters(40), '" https://api.example.com')
    yield planted("raw authorization", "curl -H 'Authorization: ", _letters(32), "' https://api.example.com")
    yield planted("API key header", "curl -H 'X-Api-Key: ", _letters(32), "' https://api.example.com")
    yield planted("curl user", "curl -u bob:", _letters(12), " https://api.example.com/x")
    yield planted("curl proxy", "curl --proxy-user bob:", _letters(12), " https://api.example.com/x")
    yield planted("cookie", "Cookie: sid=", _letters(32), "; theme=dark")
    yield planted("set-cookie", "set-cookie: JSESSIONID=", _hex(32).upper(), "; Path=/; HttpOnly")
    yield planted("query parameter", "GET https://example.com/login?user=bob&password=", _letters(11), "&next=/")
    yield planted("query token", "GET https://example.com/v1?access_token=", _letters(30), " 200")
    yield planted("npmrc", "//registry.npmjs.org/:_authToken=", _hex(8) + "-" + _letters(20))
    yield planted("npmrc legacy", "_auth = ", base64.b64encode(b"me:" + _letters(12).encode()).decode())
    yield planted("docker config", '{"auths": {"ghcr.io": {"auth": "', basic[::-1].strip("=") + "b2", '"}}}')
    yield planted("netrc", "machine api.example.com\n  login bob\n  password ", _letters(14), "\n")
    yield planted("netrc in a line", "machine api.example.com login bob password ", _letters(14))
    yield planted("pgpass", "localhost:5432:app:bob:", _letters(14))
    yield planted("PGPASSWORD", "PGPASSWORD=", _letters(12), " psql -h db -U app -c 'select 1'")
    yield planted("mysql", "mysql -h db -u root -p", _letters(12), " app < dump.sql")
    yield planted("sshpass", "sshpass -p ", _letters(12), " ssh bob@example.com")
    yield planted("redis-cli", "redis-cli -h cache -a ", _letters(18), " PING")
    yield planted("docker login", "docker login -u bob -p ", _letters(16), " ghcr.io")
    yield planted("option", "deploy --api-key=", _letters(20), " --verbose")
    yield planted("option apart", "deploy --password ", _letters(12), " --verbose")
    yield planted("connection string", "Server=db;Database=app;User Id=sa;Password=", _letters(12), ";Encrypt=true")
    yield planted("dsn", "host=db user=app password=", _letters(12), " dbname=app")
    yield planted(".env", "export DATABASE_PASSWORD='", "corr3ct " + _letters(8), "'")
    yield planted(".env, short name", "SMTP_PASS=", _letters(10))
    yield planted(".env, unnamed", "DEBUG=1\nSENTRY_THING=", _hex(32), "\nPORT=80")
    yield planted("export, unnamed", "export ACME_ACCESS=", _letters(40))
    yield planted("YAML, unnamed", "acme:\n  upstream: ", _letters(40), "\n  port: 80")
    yield planted("JSON in a string", '{\\"client_secret\\": \\"', _letters(24), '\\"}')
    yield planted("Rails", "SECRET_KEY_BASE=", _hex(64) + _hex(64))
    yield planted("Django", "SECRET_KEY = 'django-insecure-", _letters(40), "'")
    yield planted("Terraform", 'variable "db_password" { default = "x" }\ndb_password = "', _letters(12), '"')
    yield planted("Kubernetes", "kubectl create secret generic db --from-literal=password=", _letters(12))
    yield planted("WireGuard", "[Interface]\nPrivateKey = ", _letters(43) + "=", "\nAddress = 10.0.0.2/32")
    yield planted("OpenSSL", "openssl rsa -in k.pem -passin pass:", _letters(10), " -out k2.pem")
    yield planted("behind a colour", "\x1b[32m", "gh" + "p_" + _letters(36), "\x1b[0m")
    yield planted("behind an escape", "token:\\n", "gh" + "o_" + _letters(36), "\\n")


def _keys() -> Iterator[Planted]:
    """Yield files of keys."""
    for kind in ("RSA", "EC", "OPENSSH", "DSA", "ENCRYPTED"):
        block, line = _pem(f"{kind} PRIVATE KEY")
        yield Planted(f"{kind} key", f"$ cat key\n{block}\n$", line)
    block, line = _pem("PRIVATE KEY")
    escaped = json.dumps({"type": "service_account", "private_key": block, "client_email": "a@b.iam"})
    yield Planted("GCP service account", escaped, line)
    yield Planted("key without its end", block[:200], line[:40])
    block, line = _pem("PGP PRIVATE KEY BLOCK")
    yield Planted("PGP key", block, line)
    lines = [_letters(64) for _ in range(3)]
    mac = hashlib.sha1(lines[0].encode()).hexdigest()  # noqa: S324  # the format's own
    putty = f"PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 3\n{chr(10).join(lines)}\n"
    yield Planted("PuTTY key", f"{putty}Private-MAC: {mac}\n", lines[1])


TOKENS = [Planted(kind, token, token) for kind, token in _tokens()]
"""Tokens, each alone."""

SURROUNDED = [*_surrounded(), *_keys()]

SECRETS = [
    *(Planted(one.kind, f"the {one.kind} one is {one.text} as it was", one.secret) for one in TOKENS),
    *SURROUNDED,
]
"""All of them, in sentences, commands, headers and files."""
