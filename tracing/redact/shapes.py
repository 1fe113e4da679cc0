"""Text that is a secret by the way it looks: ``ghp_…``, a PEM block, a password in a URL."""

from __future__ import annotations

import re
from dataclasses import dataclass


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

HINTS = [(hint, shape) for shape in SHAPES if not shape.folded for hint in shape.hints]
FOLDED_HINTS = [(hint, shape) for shape in SHAPES if shape.folded for hint in shape.hints]
