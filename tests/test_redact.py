from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from tracing.redact import FIELD_LIMIT, is_secret_name, redact, redact_text

# Made of pieces, so that no scanner takes this file for a leak.
MIXED = "a1B2c3D4e5" * 20
HEX = "0123abcd" * 20
BEGIN = "-----BEGIN " + "RSA PRIVATE KEY-----"
END = "-----END " + "RSA PRIVATE KEY-----"
JWT = ".".join(["ey" + "J" + MIXED[:20], "ey" + "J" + MIXED[:40], MIXED[:43]])
GITHUB = "gh" + "p_" + MIXED[:36]

NAMES_OF_SECRETS = """
password DB_PASSWORD dbPassword userPasswd pwd passphrase secret clientSecret client-secret
client.secret token accessToken refresh_token id_token API_KEY apiKey apikey X-Api-Key Authorization
proxy-authorization Cookie set-cookie privateKey credential credentials session_key
AWS_SECRET_ACCESS_KEY connectionString connection_string DSN SecretString TOKEN_GITHUB PGPASSWORD
password2 access_tokens _auth
"""

OTHER_NAMES = """
input_tokens max_tokens token_count tokens totalTokens cache_read_input_tokens tool_use_id
session_id prompt_id keyboard author tokenizer passed secretary key token_type TOKEN_COUNT
MAX_TOKENS public_key primaryKey nextPageToken token.py src/token.py PWD compass monkey
password_field secretName api_key_id permission_mode
"""

TOKENS = {
    "aws-access-key-id": ["AK" + "IA" + "ABCD" * 4, "AS" + "IA" + "AB2D" * 4],
    "gcp-api-key": ["AI" + "za" + MIXED[:35]],
    "google-oauth": ["ya" + "29." + MIXED[:60]],
    "github-token": [*("gh" + kind + "_" + MIXED[:36] for kind in "pousr"), "github" + "_pat_" + MIXED[:82]],
    "gitlab-token": ["gl" + "pat-" + MIXED[:20], "gl" + "pat-" + MIXED[:27] + ".01.0a1b2c3d4"],
    "slack-token": [*("xox" + kind + "-123456-" + MIXED[:24] for kind in "abposr"), "xa" + "pp-1-" + MIXED[:40]],
    "anthropic-key": ["sk-" + "ant-api03-" + MIXED[:90]],
    "openai-key": ["sk-" + MIXED[:48], "sk-" + "proj-" + MIXED[:60] + "_-" + MIXED[:60]],
    "stripe-key": ["sk" + "_live_" + MIXED[:24], "rk" + "_live_" + MIXED[:24], "wh" + "sec_" + MIXED[:32]],
    "npm-token": ["np" + "m_" + MIXED[:36]],
    "pypi-token": ["py" + "pi-AgEI" + MIXED[:100]],
    "huggingface-token": ["h" + "f_" + MIXED[:34]],
    "sendgrid-key": ["S" + "G." + MIXED[:22] + "." + MIXED[:43]],
    "twilio-key": ["S" + "K" + HEX[:32]],
    "digitalocean-token": ["do" + "p_v1_" + HEX[:64]],
    "jwt": [JWT],
    "private-key": [f"{BEGIN}\nMII{MIXED}\n{END}", f"{BEGIN}\\nMII{MIXED}\\n{END}"],
}


@pytest.mark.parametrize(("kind", "token"), [(kind, token) for kind, all_ in TOKENS.items() for token in all_])
def test_a_token_is_known_by_its_shape(kind: str, token: str) -> None:
    """Wherever it stands: alone, in a sentence, in quotes, in a URL, in JSON within a string, in a diff."""
    for form in ("{}", "see {} there", "'{}',", '"{}"', "https://x/y?z={}&a=1", '{{\\"k\\": \\"{}\\"}}', "\n+{}\n"):
        assert redact_text(form.format(token)) == (form.format(f"[redacted:{kind}]"), 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://bob:s3cr@t!@db:5432/x?a=b", "postgres://bob:[redacted:url-password]@db:5432/x?a=b"),
        ("redis://:pw@cache", "redis://:[redacted:url-password]@cache"),
        (
            "https://x-access-token:" + GITHUB + "@github.com/a/b",
            "https://x-access-token:[redacted:github-token]@github.com/a/b",
        ),
        ("curl -H 'Authorization: Bearer abc' x", "curl -H 'Authorization: Bearer abc' x"),
        ("curl -H 'Authorization: Bearer abcd1' x", "curl -H 'Authorization: Bearer [redacted:authorization]' x"),
        ("Authorization: Basic dXNlcjpwdw==\r\nHost: x", "Authorization: Basic [redacted:authorization]\r\nHost: x"),
        ("got Bearer abcdefgh12345678.", "got Bearer [redacted:bearer-token]"),
        ("Cookie: sid=abc; theme=dark\nHost: x", "Cookie: [redacted:cookie]\nHost: x"),
        ("Set-Cookie: sid=abc; Path=/\r\n", "Set-Cookie: [redacted:cookie]\r\n"),
        ("curl -u bob:pw https://x", "curl -u bob:[redacted:curl-password] https://x"),
        ("hooks.slack.com/" + "services/T0/B0/abcdefgh1234", "hooks.slack.com/services/[redacted:slack-webhook]"),
        ("A=b;Account" + "Key=" + MIXED[:86] + "==;E=c", "A=b;AccountKey=[redacted:azure-key];E=c"),
        ("?sv=1&sig=" + MIXED[:44] + "%3D&se=2", "?sv=1&sig=[redacted:azure-signature]&se=2"),
    ],
)
def test_what_surrounds_a_secret_stays(text: str, expected: str) -> None:
    """User, host, header and scheme stay: they tell what was connected to."""
    assert redact_text(text)[0] == expected


@pytest.mark.parametrize(
    "text",
    [
        "PASSWORD=«hunter2»",
        'export API_KEY="«abc1»"; run',
        "DB_PASSWORD='«correct horse»'",
        "PGPASSWORD=«a$b(c),d» psql",
        "mysql --password «hunter2» -h db",
        "run --token=«abc» --verbose",
        "?access_token=«abc»&x=1",
        '{"client_secret": "«hunter2»", "a": 1}',
        '{"apiKey":"«hunter2»"}',
        '{\\"client_secret\\": \\"«hunter2»\\"}',
        '\\\\\\"password\\\\\\": \\\\\\"«x1»\\\\\\"',
        '"password": «12345»,',
        "db:\n  password: «hunter2»\n  user: bob",
        "- token: '«abc»'",
        "a\\npassword: «hunter2»\\nb",
        "     12→secret_key: «hunter2»  # ours",
        "aws_secret_access_key = «wJalr/7MDENG+bPx»",
        "AWS_SECRET_ACCESS_KEY=«wJalr/7MDENG+bPx»",
        '+password = "«hunter2»"',
        'const token: string = "«abc»";',
        'token := "«abc»"',
        ":password => '«abc»'",
        "-H 'X-Api-Key: «abc»'",
        "//npm.example.com/:_authToken=«abc-1»",
        "host=db password=«hunter2» user=bob",
        "User[name=bob, password=«hunter2»]",
    ],
)
def test_an_assignment_to_a_secret_name_is_redacted(text: str) -> None:
    """In any dialect the value goes and the rest stays."""
    before, rest = text.split("«")
    secret, after = rest.split("»")
    assert redact_text(before + secret + after) == (before + "[redacted]" + after, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("PASSWORD=$PASSWORD", "PASSWORD=${DB_PASSWORD}", 'TOKEN="$(cat token)"', "password: ${{ secrets.PASSWORD }}"),
        *("password=<placeholder>", "PASSWORD=***", "PASSWORD=********", "PASSWORD=", 'PASSWORD=""', "PASSWORD=\nX=1"),
        *("password = get_password()", "token: str", "def f(token: str, password: str | None = None) -> str:"),
        *("token=token, password=password)", "password=args.password", "self.token = token", "token = data['token']"),
        *("connect(password=new_user_password)", 'f"Bearer {token}"', '{"Authorization": f"Bearer {token}"}'),
        *('headers = {"Authorization": "Bearer " + token}', "Authorization: Bearer ${TOKEN}", "`Bearer ${token}`"),
        *('print("password: " + x.password + "\\n")', 'if password == "x":', "if token != other:", "x => token"),
        *("token: config.token,", "password: string;", "  password: String,", "token = 0", 'Token: "#ddd0c0",'),
        *("import { token } from './token'", 'credentials: "include"', "secrets: inherit", "password: true"),
        *("max_tokens=500, input_tokens: 12345", '"max_tokens": 50000', "tokens: 12345", "token_count = 12345"),
        *("use --token to authenticate", "--password-stdin", "--token TOKEN", "--token string   the token"),
        *(
            "PWD=/home/dev/project",
            "OLDPWD=/root",
            '"password": "Enter the password of your account"',
            "Token usage: 5000/200000",
        ),
        *("the token is: see below", "Bearer authentication is required", "tokenizer: abc12345", "secretary: bob1"),
        *('FORCE_PASSWORD = "FORCE_PASSWORD"', "https://user:$PASS@host/", "http://localhost:8080/@scope/pkg"),
        *("git@github.com:a/b.git", "ssh://git@host:22/x", "https://u:{password}@host", "docker run -u 1000:1000 x"),
        *("sk-circle-fade-dot-and-some-more-words-here", "task-" + "sk_test", "eyJ2ZXJzaW9uIjozLCJmaWxlIjoi" + MIXED),
        *("3f786850e387550fdab836ed7e6dc881de23001b", "0b5c1f9e-6f3a-4c1e-9a70-5d3c1b2a0f9e", HEX[:64]),
        *(
            "sha512-" + MIXED[:86] + "==",
            "/usr/lib/python3/secrets.py",
            "src/token.py:12: error",
            "tests/test_password.py::t",
        ),
        *("data:image/png;base64,iVBORw0KGgo" + MIXED * 5, "npm_config_registry=https://x", "hf_hub_download(repo)"),
        f'if "{BEGIN}" in text:\n    return True\n',
    ],
)
def test_what_only_resembles_a_secret_survives(text: str) -> None:
    """References, types, code, counters, hashes and prose: over-redaction misleads."""
    assert redact_text(text) == (text, 0)


@pytest.mark.parametrize("name", NAMES_OF_SECRETS.split())
def test_secret_names(name: str) -> None:
    """Case and joints do not matter; the last word does."""
    assert is_secret_name(name)
    assert redact({name: "hunter2"}).value == {name: "[redacted]"}


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_names_that_are_not_secret(name: str) -> None:
    """Counters, ids, and things about a secret."""
    assert not is_secret_name(name)
    assert redact({name: "some value"}).count == 0


def test_under_a_secret_name_strings_and_numbers_go() -> None:
    """Booleans, null and the empty string tell nothing; a nested object loses its strings and keeps its keys."""
    value = {
        "password": "a",
        "token": 12345,
        "secret": ["a", 2, True],
        "apiKey": None,
        "cookie": "",
        "hasPassword": True,
        "credentials": {"user": "bob", "ttl": 60, "ok": True, "nested": [{"password": 1, "x": ["y"]}]},
    }
    original = copy.deepcopy(value)
    mark = "[redacted]"
    result = redact(value)
    assert result.value == {
        "password": mark,
        "token": mark,
        "secret": [mark, mark, True],
        "apiKey": None,
        "cookie": "",
        "hasPassword": True,
        "credentials": {"user": mark, "ttl": 60, "ok": True, "nested": [{"password": mark, "x": [mark]}]},
    }
    assert result.count == 7
    assert value == original, "the argument is never changed"


def test_a_question_is_not_a_name() -> None:
    """A key that is a sentence does not name a secret."""
    value = {"Which kind of login should use a token?": "OAuth"}
    assert redact(value).value == value


def test_a_key_is_text_too() -> None:
    """A secret used as a key is redacted; two of them do not become one."""
    other = "gh" + "o_" + MIXED[:36]
    assert redact({GITHUB: 1, other: 2}).value == {"[redacted:github-token]": 1, "[redacted:github-token]~2": 2}


def test_a_private_key_without_its_end_goes_to_the_end() -> None:
    """It was cut off; also with its lines joined by a literal backslash-n."""
    assert redact_text(f"a {BEGIN}\nMII{MIXED}") == ("a [redacted:private-key]", 1)
    assert redact_text(f'{{"private_key": "{BEGIN}\\nMII{MIXED}') == ('{"private_key": "[redacted:private-key]', 1)
    assert redact_text(f"{BEGIN}\nx\n{END}\nkept") == ("[redacted:private-key]\nkept", 1)
    assert MIXED[:40] not in redact_text(f'key = "{BEGIN}"\n"{MIXED[:60]}"')[0]


def test_secrets_of_a_string_that_is_json_are_found() -> None:
    """A tool's answer is often JSON, twice wrapped."""
    inner = json.dumps({"env": {"GITHUB_TOKEN": GITHUB, "DB_PASSWORD": "hunter2", "HOME": "/root"}})
    result = redact({"a": json.dumps({"b": inner})})
    assert result.count == 2
    assert json.loads(json.loads(result.value["a"])["b"])["env"] == {
        "GITHUB_TOKEN": "[redacted:github-token]",
        "DB_PASSWORD": "[redacted]",
        "HOME": "/root",
    }


def test_letters_that_change_their_length_do_not_shift_a_secret() -> None:
    """U+0130 is two characters in small letters."""
    assert redact_text("İİİ PASSWORD=hunter2 İ") == ("İİİ PASSWORD=[redacted] İ", 1)


def test_redacting_twice_changes_nothing() -> None:
    """What is left holds no secret by our own rules, whatever stood side by side."""
    source = random.Random(7)  # for variety, not for secrecy
    pieces = [
        *(token for tokens in TOKENS.values() for token in tokens),
        *(
            "password",
            "token",
            "API_KEY",
            "secret",
            "_",
            "-",
            ".",
            "=",
            " = ",
            ": ",
            "://",
            "user:",
            "@host",
            '"',
            "'",
            "\\",
        ),
        *(
            "\n",
            " ",
            ",",
            ";",
            "(",
            ")",
            "[",
            "]",
            "{",
            "$",
            "<",
            "Bearer ",
            "Authorization: ",
            "Cookie: a=",
            "--",
            "[redacted]",
        ),
        *("hunter2", "word", "curl -u a:", "x" * 600, BEGIN, END, "/", "&", "é", "12345", 'f"', "sig=", "export "),
    ]
    for _ in range(10_000):
        text = "".join(source.choices(pieces, k=source.randint(1, 9)))
        once = redact({"value": text, text: 1, "token": text})
        assert redact(once.value) == type(once)(once.value, 0), text


def test_a_value_too_deep_becomes_a_mark() -> None:
    """The walk is bounded; values from parse() are never so deep."""
    value: Any = "x"
    for _ in range(50_000):
        value = [value]
    text = json.dumps(redact(value).value)
    assert text == "[" * 100 + '"[hooktrace: nested deeper than 100 levels]"' + "]" * 100


def test_a_long_text_is_cut() -> None:
    """The result has the limit's length; the mark tells the original's. Redacting twice cuts once."""
    text = redact({"a": ["x" * 2_000_000]}).value["a"][0]
    assert len(text) == FIELD_LIMIT
    assert text.endswith("x…[hooktrace: cut, 2000000 characters]")
    assert redact_text(text) == (text, 0)
    whole = ["x" * FIELD_LIMIT, 1, None, {"a": True}]
    assert redact(whole).value == whole


def test_a_cut_halves_no_mark() -> None:
    """A mark that would be cut is left out whole."""
    for shift in range(100):
        text, _ = redact_text("x" * shift + f" {GITHUB}" * 10, 120)
        assert text.split("…")[0].strip("x ").replace("[redacted:github-token]", "").strip() == ""
        assert len(text) <= 120


def test_a_key_is_cut_too() -> None:
    """Long keys that become equal stay two."""
    long = "k" * 2 * FIELD_LIMIT
    value = redact({long + "a": 1, long + "b": 2}).value
    assert sorted(value.values()) == [1, 2]
    assert all(len(key) <= FIELD_LIMIT + 2 for key in value)
