"""Passwords that are typed in a command line: ``mysql -p…``, ``curl -u bob:…``."""

from __future__ import annotations

from tracing.redact.shape import GIVEN, Shape, Shapes, shape

_WORD = r"(?!-)[^\s\"'\\|;&)]+"
_QUOTE = r"\\{0,3}[\"']?"


def _command(program: str, option: str, value: str = _WORD, kind: str = "command-password") -> Shape:
    """Return the shape of *program*'s password, which comes behind *option*; the program begins with its hint.

    What is between them is taken greedily, for `re` then jumps from space to space.
    """
    pattern = rf"{program}[ \t](?:[^\r\n|;&]{{0,200}} )?{option}{_QUOTE}{GIVEN}(?P<secret>{value})"
    return shape(kind, pattern, program.partition("(")[0])


_USER = rf"(?:-[uUa]|--(?:proxy-)?user|--auth)[ =]?{_QUOTE}[\w.@+-]{{1,64}}:"

COMMANDS = Shapes(
    _command("curl", _USER, r"[^\s\"'\\]+", "curl-password"),
    _command("http(?:s|ie)?", _USER, r"[^\s\"'\\]+", "curl-password"),
    _command("mysql(?:dump|admin|import|check|sh)?", "-p"),
    _command("mariadb(?:-dump|-admin)?", "-p"),
    _command("sshpass", "-p ?"),
    _command("redis-cli", "-a "),
    _command("docker login", "-p ?"),
    _command("mongo(?:sh|dump|restore|export|import)?", "-p ?"),
    _command("sqlcmd", "-P ?"),
    _command("ldap(?:search|modify|add|delete|whoami|passwd)", "-w "),
    _command("smbclient", rf"-U ?{_QUOTE}[\w.\\/-]{{1,64}}%"),
    _command("zip", "-P ?"),
    _command("openssl", r"-pass(?:in|out)?[ ]{1,4}pass:"),
    _command("chpasswd", rf"<<<[ ]{{0,4}}{_QUOTE}[\w.-]{{1,32}}:"),
    _command("aws configure set", r"[\w.-]{0,64}(?:secret_access_key|session_token) "),
)
