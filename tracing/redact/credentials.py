"""Secrets that are known by what stands around them: in URLs, in headers, in files of keys and of logins."""

from __future__ import annotations

from tracing.redact.shape import GIVEN, Shapes, shape

_SPACE = r"(?:\s|\\{1,7}[nrt]){1,8}"
"""Between two words, that may be in different lines, and those in a string of JSON."""

# The names of the user and of the host stay everywhere: they tell what was connected to.
CREDENTIALS = Shapes(
    # A block without its END was cut off somewhere: all that follows is key.  A header that
    # a quote closes, with nothing like a key behind it, is source code that mentions one.
    shape(
        "private-key",
        r"-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----"
        r"(?!\\{0,3}[\"'`](?!.{0,40}?[A-Za-z0-9+/]{40}))"
        r".*?(?:-----END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----[\w-]*|\Z)",
        "PRIVATE KEY",
    ),
    shape(
        "private-key",
        r"---- BEGIN SSH2 [A-Z ]{0,20}PRIVATE KEY ----.*?(?:---- END SSH2 [A-Z ]{0,20}PRIVATE KEY ----|\Z)",
        "BEGIN SSH2 ",
    ),
    shape("private-key", r"Private-Lines: [0-9]{1,4}(?P<secret>\W.*?)(?=\\?\w?Private-MAC|\Z)", "Private-Lines: "),
    shape("private-key", r"Private-MAC: (?P<secret>[0-9a-f]{40,64})", "Private-MAC: "),
    shape(
        "url-password",
        rf"://[^\s:/@\"'<>\\\[\]]{{0,64}}:{GIVEN}(?P<secret>[^\s/\"'<>\\`]{{1,256}})@[\w\[$%{{-]",
        "://",
    ),
    shape("azure-key", r"Acc(?:ount|ess)Key=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})", "AccountKey=", "AccessKey="),
    shape("azure-signature", r"sig=(?<=[?&\"';\s]sig=)(?P<secret>[A-Za-z0-9%+/_-]{30,}={0,2})", "sig="),
    shape("url-signature", r"X-(?:Amz|Goog)-Signature=(?P<secret>[0-9a-f]{64,})", "-Signature="),
    shape(
        "slack-webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{16,})",
        "hooks.slack.com/",
    ),
    shape("discord-webhook", r"/api/webhooks/[0-9]{15,21}/(?P<secret>[\w-]{40,})", "/api/webhooks/"),
    shape("teams-webhook", r"/webhookb2/(?P<secret>[\w@-]{36,}/IncomingWebhook/[\w/-]{32,})", "/webhookb2/"),
    shape("docker-auth", r"\"auth\\{0,7}\"[ \t]{0,4}:[ \t]{0,4}\\{0,7}\"(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", '"auth'),
    shape(
        "netrc-password",
        rf"login{_SPACE}[^\s\"'\\]{{1,128}}{_SPACE}password{_SPACE}(?P<secret>[^\s\"'\\]{{1,256}})",
        "login",
    ),
    shape(
        "pgpass-password",
        r"(?<![^\s\"'`])[\w.*/-]{1,128}:(?:[5-6]43[0-9]|\*):[\w*-]{1,64}:[\w*.@-]{1,64}:(?P<secret>[^\s\"'`]{1,256})",
        *(":543", ":643", ":*:"),
    ),
)

HEADERS = Shapes(
    shape(
        "authorization",
        r"authorization\\{0,7}[\"'`]?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,7}[\"'`]?"
        r"(?:bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4}(?P<secret>[a-z0-9._~+/=-]{4,})",
        "authorization",
    ),
    # Outside of a header the word is English ("bearer authentication-scheme"): a digit is asked for.
    shape(
        "bearer-token",
        r"bearer(?<!\wbearer)[ \t]{1,4}(?P<secret>(?=[a-z._~+/=-]{0,100}[0-9])[a-z0-9._~+/=-]{12,})",
        "bearer",
    ),
    shape(
        "cookie",
        r"cookie:(?<![\w.]cookie:)[ \t]{0,4}(?P<secret>[\w.!#$%&*+^|~-]{1,128}=(?![$<{])[^\r\n\"'\\`]{1,})",
        "cookie:",
    ),
)
"""For the text in small letters: headers are written in any."""
