"""Kinds of failure: what two failures of one cause have in common."""

# ruff: noqa: E501 - tables of patterns and of words are read by line

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from tracing.learning.command import subject_of_command
from tracing.learning.story import Call

LONGEST_TEMPLATE = 300
LONGEST_MESSAGE, LONGEST_LINE = 20_000, 500

FILE_TOOLS = frozenset({"Read", "Edit", "MultiEdit", "Write", "NotebookEdit", "NotebookRead"})
AGENT_TOOLS = frozenset({"Agent", "Task"})
EDITING_TOOLS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})


@dataclass(frozen=True)
class Failure:
    """A kind of failure."""

    fingerprint: str
    tool: str
    error_type: str
    category: str
    severity: str
    """critical, high, medium or low."""
    template: str
    """The message, with paths, numbers, ids and hashes folded."""


def failure_of(call: Call) -> Failure:
    """Return the kind of *call*'s failure."""
    line = telling_line(call.error_message)
    template = template_of(line)
    kind = _error_type(call, line)
    category, severity = _category(f"{kind} {line}", call)
    if not template or template in ("<n>", "Exit code <n>"):
        template = f"{subject_of(call)}: {template or call.status}"
    tool = "Edit" if call.name in EDITING_TOOLS else call.name
    content = "\n".join([tool, kind, template.lower()])
    fingerprint = hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return Failure(fingerprint, call.name, kind, category, severity, template)


def subject_of(call: Call) -> str:
    """Return what *call* is about, without arguments: a program and its subcommand, a file's path, else the tool."""
    given = call.input or {}
    command, path = given.get("command"), given.get("file_path") or given.get("notebook_path")
    if call.name == "Bash" and isinstance(command, str):
        return subject_of_command(command) or call.name
    if call.name in FILE_TOOLS and isinstance(path, str) and path:
        return path
    agent = given.get("subagent_type")
    if call.name in AGENT_TOOLS and isinstance(agent, str) and agent:
        return agent
    return call.name


_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WRAPPED = re.compile(r"</?tool_use_error>|^\s*(?:E\s{2,}|npm (?:ERR!|error)\s+|\d+:\d+\s+error\s+)")
_EXIT = re.compile(r"Exit code -?\d+$")

_TELLING = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\s*(?:E\s+)?(?:[\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|NotFound|DoesNotExist|Violation)\b(?::|$)",
        r"^\s*E\s{2,}\S",
        r"(?i)\b(?:fatal|error|panic|err!)\s*(?:\[\w+\]|TS\d+)?\s*:",
        r"(?i)\berror TS\d+:|\berror\[E\d+\]",
        r"(?i)command not found|no such file|permission denied|not permitted|timed out|timeout|refused|unreachable"
        r"|no space left|out of memory|cannot allocate|killed|segmentation fault|conflict|already in use|could not resolve"
        r"|no rule to make target|cannot find|unable to|rejected|denied|not found|does not exist|too many|rate limit",
        r"(?i)\bfail(?:ed|ure|ures)?\b",
        r"(?i)\berrors?\b|\bcannot\b|\bcan't\b|\binvalid\b|\bmissing\b|\bunexpected\b",
    )
)
"""What the line looks like that says why, the surest first."""
_COUNTS = re.compile(
    r"^[=\s]*\d+ (?:failed|passed|error)|^Tests?:|^FAILED \(|^\s*Error: Process completed|^make(\[\d+\])?: \*\*\*"
)
"""Lines that say that something failed, and not why."""


def telling_line(message: str) -> str:
    """Return the line of *message* that says why: of the surest form, the last where programs put it last."""
    lines = [_ANSI.sub("", line[:LONGEST_LINE]).rstrip() for line in message[-LONGEST_MESSAGE:].splitlines()]
    lines = [line for line in lines if line.strip()]
    body = [line for line in lines if not _EXIT.fullmatch(line.strip())]
    telling = [line for line in body if not _COUNTS.search(line)] or body
    for at, pattern in enumerate(_TELLING):
        found = [line for line in telling if pattern.search(line)]
        if found:
            return _bare(found[-1] if at == 0 else found[0])
    return _bare(telling[0] if telling else lines[0] if lines else "")


def _bare(line: str) -> str:
    return _WRAPPED.sub("", line).strip()


_FOLDS = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        (r"^(?:/\S*/)?(?:bash|sh|zsh)(?=: )", "shell"),
        (r"^(?:psql:[^\s:]+:\d+|docker): ", ""),
        (r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>)]+", "<url>"),
        (r"\b[\w.+-]+@[\w-]+\.[\w.-]+", "<mail>"),
        (r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "<id>"),
        (r"\b(?:toolu|req|msg|sess|run|job|call)_[A-Za-z0-9_-]{6,}", "<id>"),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?", "<time>"),
        (r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
        (r"(?:\b(?:sha256|sha1|sha512|md5)[:-])[A-Za-z0-9+/=]{16,}", "<hash>"),
        (r"\b0x[0-9a-fA-F]+\b", "<hex>"),
        (r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b", "<hash>"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?", "<host>"),
        (r":::\d+", "<host>"),
        (r"\b(?:localhost|(?:[a-z0-9_-]+\.)+(?:com|org|net|io|de|dev|local|internal|example|test|cloud))(?::\d+)?\b", "<host>"),
        (r"\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`|(?<!\w)'[^'\n]{0,200}'(?!\w)|[\u2018\u201c\u201e][^\u2019\u201d\u201c\n]{0,200}[\u2019\u201d\u201c]", "<name>"),
        (r"(?<![\w<])(?:[A-Za-z]:)?(?:[\\/][\w.@+-]+)+(?::\d+)*", "<path>"),
        (r"(?<![\w<])(?:~|\.{1,2})?(?:[\w.@+-]*[\\/])+[\w.@+-]*(?:::[\w\[\]-]+)*(?::\d+)*", "<path>"),
        (r"\b[\w-]+\.(?:py|js|jsx|ts|tsx|go|rs|java|kt|rb|php|c|h|cc|cpp|hpp|cs|sh|sql|md|txt|json|ya?ml|toml|lock|ini|cfg"
         r"|css|scss|html|xml|csv|log|ipynb|vue|svelte|swift|ex|exs)\b(?::\d+)*", "<path>"),
        (r"(?<=: )[\w.+-]+(?=: (?:command )?not found)|^[\w.+-]+(?=: command not found)", "<name>"),
        (r"[\w.@/-]+(?:==|>=|<=|~=)[\w.*-]+|(?<=requirement )[\w.-]+", "<name>"),
        (r"(?<=, needed by ).*|(?<=denied for )[\w./:@<>-]+", "<name>"),
        (r"(?<=FAIL: )\S+.*", "<name>"),
        (r"[\w.]+\([^()\n]{0,200}\)(?:\.\w+)*", "<call>"),
        (r"(?<=command not found: )\S+", "<name>"),
        (r"-?\b\d+(?:[.,]\d+)*(?:\s?(?i:ms|s|m|h|[kmgt]i?b|b|k|x)\b|%|\b)", "<n>"),
        (r"\bv<n>", "<n>"),
    )
)  # fmt: skip
_ASSERTED = re.compile(r"(?i)^((?:AssertionError:?\s*)?assert(?:ion)?\b(?: failed)?).*")
_WITHIN_PATH = re.compile(r"(?:<path>(?:<hash>|<id>|<n>)|(?:[\\/]|<hash>|<id>)+<path>)(?:<path>|<hash>|<id>|[\\/])*")
_SAME = re.compile(r"(<[a-z]+>)(?:[\s,:;|x=*+/-]*\1)+")


def template_of(line: str) -> str:
    """Return *line* with what varies folded: paths, numbers, ids, hashes, addresses and what stands in quotes."""
    asserted = _ASSERTED.match(line)
    if asserted:
        return "assert"
    for pattern, told in _FOLDS:
        line = pattern.sub(told, line)
    line = _SAME.sub(r"\1", _WITHIN_PATH.sub("<path>", line))
    line = re.sub(r"\s+", " ", line).removesuffix(". Stop.").replace(", needed by <name>", "")
    return line.strip(" .:")[:LONGEST_TEMPLATE]


_TYPE = re.compile(r"\b(?:[a-z_][\w]*\.)*([A-Z]\w*(?:Error|Exception|Exit|Interrupt|Violation|DoesNotExist))\b")
_CODE = re.compile(r"\b(E(?!RROR\b|RR\b)[A-Z]{4,}|TS\d{4}|E\d{4})\b")
_GENERIC = frozenset({"", "tool_error", "error", "unknown", "failed"})


def _error_type(call: Call, line: str) -> str:
    """Return the name of the error: of an exception, of a code, else what the client called it."""
    if line.lower().startswith("assert"):
        return "AssertionError"
    for pattern in (_TYPE, _CODE):
        found = pattern.search(line)
        if found:
            return found[1]
    if call.status == "timeout":
        return "timeout"
    return "" if call.error_type in _GENERIC else call.error_type


_CATEGORIES = tuple(
    (re.compile(pattern, re.IGNORECASE), category, severity)
    for pattern, category, severity in (
        (r"no space left|disk quota|out of memory|\boom\b|heap out of|cannot allocate|MemoryError|killed$", "resource", "critical"),
        (r"segmentation fault|core dumped|panic", "crash", "critical"),
        (r"permission denied|not permitted|EACCES|EPERM|PermissionError|access denied|forbidden|\b403\b", "permission", "high"),
        (r"authentication|unauthori[sz]ed|\b401\b|invalid credentials|password", "authentication", "high"),
        (r"timed? ?out|timeout|deadline exceeded", "timeout", "medium"),
        (r"connection|EADDRINUSE|address already in use|refused|unreachable|resolve host|\bENOTFOUND|\bECONN|network|getaddrinfo|\b50[234]\b|rate limit|\b429\b"
         r"|certificate|\bssl\b", "network", "medium"),
        (r"command not found|not recognized as|executable file not found", "environment", "medium"),
        (r"ModuleNotFoundError|ImportError|cannot find module|no module named|ERESOLVE|unresolved import|could not find a version"
         r"|no matching distribution|cannot find package|peer dep", "dependency", "medium"),
        (r"merge conflict|CONFLICT|non-fast-forward|not a git repository|pathspec|rejected|fatal:|failed to push", "git", "medium"),
        (r"OperationalError|ProgrammingError|IntegrityError|relation .* does not exist|column .* does not exist|duplicate key"
         r"|deadlock detected|psycopg|syntax error at or near", "database", "high"),
        (r"SyntaxError|IndentationError|unexpected token|parse error|unterminated|syntax error", "syntax", "medium"),
        (r"TypeError|AttributeError|TS\d{4}|type .* is not assignable|incompatible type|mismatched types", "type", "medium"),
        (r"assert|\btests? .*fail|\d+ failed|^FAILED|expected .* (?:to|but)", "test", "medium"),
        (r"file has not been read|string to replace|modified since read|old_string|found \d+ matches", "edit", "low"),
        (r"no such file|does not exist|FileNotFoundError|ENOENT|not found|EISDIR|is a directory", "not_found", "low"),
        (r"ValueError|KeyError|IndexError|ZeroDivisionError|RuntimeError|\w+Error\b", "runtime", "medium"),
        (r"error:|compil|no rule to make target|linker|undefined reference", "build", "medium"),
    )
)  # fmt: skip


def _category(text: str, call: Call) -> tuple[str, str]:
    if call.status == "denied":
        return "refused", "low"
    if call.error_type == "refused":  # by the client, which did not run it: no such tool, wrong parameters
        return "invalid_call", "low"
    for pattern, category, severity in _CATEGORIES:
        if pattern.search(text):
            return category, severity
    return "unknown", "medium"
