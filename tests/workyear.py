"""Fills a database with a year of work, as several people and their agents would have left it.

    python -m tests.workyear URL [--factor 0.02] [--events N] [--executions N] ... [--seed 1]

The same seed and end give the same rows.  They are written in life's order: the year is cut into spans,
and in each the executions come before what hangs on them, all by time.  What was learned comes last, since
its counters sum up the year.  A factor of 1 is a million events, 1.1 GB and a minute or two.

    fill(url, 0.02)        20,000 events: the schema is applied where it is missing
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tracing.database.migration import DIMENSIONS, migrate
from tracing.identity import event_uuid

SPANS = 24
"""Half a month each: the rows of one are held in memory."""

YEAR = timedelta(days=365)
LOG_KEPT = timedelta(days=180)
"""How far back the usage log reaches; the counters of the patterns reach further."""

MODELS = ("all-MiniLM-L6-v2", "bge-small-en-v1.5")
SECOND_MODEL_SHARE = 0.1
TOPICS = 200
"""Around so many points the embeddings lie."""

EVENTS_NEEDED = 2
"""An execution has a beginning and an end."""

USERS = ("ada", "barbara", "edsger", "grace")
PROJECTS = ("compiler", "website", "billing", "search", "mobile-app", "infra")
SUBAGENTS = ("Explore", "Plan", "code-reviewer", "test-runner", "general-purpose", "security-auditor")
STRATEGIES = ("model", "explicit", "pattern")
TOOLS = {
    "Bash": 30, "Read": 28, "Edit": 15, "Grep": 10, "Write": 5, "Glob": 4, "TodoWrite": 3, "WebFetch": 2,
    "WebSearch": 1, "mcp__github__get_issue": 1, "mcp__postgres__query": 1,
}  # fmt: skip
SERVICES = {"WebFetch": ("web", "docs.python.org"), "WebSearch": ("web", "WebSearch")} | {
    name: (name.split("__")[1], name.split("__")[2]) for name in TOOLS if name.startswith("mcp__")
}
MODEL_REQUESTS = {"claude-sonnet-4-5": 3.0, "claude-haiku-4-5": 1.0, "claude-opus-4-5": 5.0}
"""US dollars for a million input tokens; output costs five times as much."""

FAILURES = {
    "tool_error": 60, "file_not_found": 12, "exit_code": 12, "timeout": 6, "rate_limit": 5, "connection": 5,
}  # fmt: skip
MESSAGES = {
    "tool_error": "String to replace not found in file.",
    "file_not_found": "File does not exist: /home/dev/project/src/module_{}.py",
    "exit_code": "Exit code {}: make: *** [Makefile:12: test] Error 1",
    "timeout": "Command timed out after {}s",
    "rate_limit": "429 Too Many Requests, retry after {} seconds",
    "connection": "connect ECONNREFUSED 10.0.0.{}:5432",
}
VERBS = ("fix", "explain", "refactor", "test", "document", "deploy", "review", "speed up", "migrate", "translate")
THINGS = ("parser", "login form", "invoice export", "index", "push notifications", "pipeline", "cache", "README")
WORDS = ("the", "value", "of", "this", "field", "is", "read", "before", "it", "was", "written", "twice", "at", "once")


@dataclass(frozen=True)
class Sizes:
    """How many rows of each kind."""

    events: int = 1_000_000
    executions: int = 100_000
    decisions: int = 20_000
    calls: int = 60_000
    patterns: int = 10_000
    uses: int = 50_000
    chains: int = 2_000
    errors: int = 2_000

    @classmethod
    def scaled(cls, factor: float) -> Sizes:
        """Return each size times *factor*, at least one of each."""
        return cls(**{name: max(1, round(size * factor)) for name, size in asdict(cls()).items()})

    @property
    def rows(self) -> int:
        """All together."""
        return sum(asdict(self).values())


def fill(
    url: str,
    factor: float = 1.0,
    progress: Callable[[int], None] | None = None,
    *,
    sizes: Sizes | None = None,
    seed: int = 1,
    until: datetime | None = None,
    dimensions: int = DIMENSIONS,
) -> Sizes:
    """Fill the database at *url* with a year that ends at *until* (default: now), and return how much that was.

    *progress* is told the number of rows after each portion.  The schema is applied first, and vacuumed
    and analysed afterwards.  What the database holds already stays; two years of one seed collide.
    """
    sizes = sizes or Sizes.scaled(factor)
    if sizes.events < EVENTS_NEEDED * sizes.executions:
        raise ValueError(f"{sizes.events} events are too few for {sizes.executions} executions")
    migrate(url, dimensions=dimensions)
    with psycopg.connect(url, autocommit=True) as connection:
        _Filling(connection, sizes, random.Random(seed), until or datetime.now(UTC), dimensions, progress).run()
    return sizes


# The rows, in memory


@dataclass(slots=True)
class Execution:
    """A row of execution_traces, and what its events will tell."""

    root: UUID
    id: UUID
    parent: UUID | None
    session: str
    user: str
    project: str
    kind: str
    name: str | None
    start: datetime
    end: datetime | None = None
    outcome: tuple[str, str, str] = ("completed", "", "")
    """Status, error type and message of the observed end."""
    agent: str | None = None
    """The agent_id of the subagent in which it ran."""
    text: str | None = None
    measured_ms: float | None = None
    tool_use: str | None = None

    @property
    def after(self) -> datetime:
        """A time at which it was over or, still running, under way."""
        return self.end or self.start + timedelta(seconds=1)


@dataclass
class Learned:
    """A success pattern while its uses are counted."""

    id: UUID
    topic: int
    created: datetime
    user: str
    used: Counter[str] = field(default_factory=Counter)
    last_used: datetime | None = None


class _Life:
    """Invents sessions and what happens in them."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw

    def span(self, begin: datetime, length: timedelta, executions: int, last: bool) -> list[Execution]:
        """Return *executions* executions that began in the span, by time.

        Towards the end of the *last* span work gets denser, and some still runs.
        """
        made: list[Execution] = []
        length -= timedelta(hours=1)  # for the last of them to end in
        while len(made) < executions:
            share = (len(made) + self.draw.random()) / executions
            self._session(made, begin + length * (1 - (1 - share) ** 3 if last else share), None)
        del made[executions:]
        made.sort(key=lambda execution: execution.start)
        for one in self.draw.sample(made, executions // 1000):
            one.end = None  # interrupted, and no event told
        if last:
            self._leave_open(made)
        return made

    def _leave_open(self, made: Sequence[Execution]) -> None:
        """Let the sessions that began last go on, each with its last prompt and tool call."""
        sessions = [one for one in made if one.kind == "session"]
        for session in sessions[-max(1, len(sessions) // 50) :]:
            inside = [one for one in made if one.session == session.session]
            for kind in ("session", "prompt", "tool"):
                for one in [one for one in inside if one.kind == kind][-1:]:
                    one.end = None

    def _session(self, made: list[Execution], at: datetime, outer: Execution | None) -> datetime:
        draw = self.draw
        id_ = self._uuid()
        user = outer.user if outer else draw.choice(USERS)
        project = outer.project if outer else draw.choice(PROJECTS)
        root, parent = (outer.root, outer.id) if outer else (id_, None)
        session = Execution(root, id_, parent, str(id_), user, project, "session", None, at)
        made.append(session)
        at += self._pause(1, 20)
        for _ in range(1 if outer else draw.randint(1, 7)):
            at = self._prompt(made, session, at) + self._pause(5, 600)
        session.end = at
        return at

    def _prompt(self, made: list[Execution], session: Execution, at: datetime) -> datetime:
        draw = self.draw
        prompt = self._beneath(session, "prompt", None, at)
        prompt.text = self.prompt_text()
        made.append(prompt)
        at += self._pause(1, 8)
        for _ in range(draw.choice((0, 1, 2, 3, 4, 5, 8))):
            chance = draw.random()
            at = self._subagent(made, prompt, at) if chance < 0.07 else self._tool(made, prompt, at, chance > 0.995)
            at += self._pause(0.2, 6)
        if draw.random() < 0.03:
            prompt.outcome = self._failure(prompt)
        prompt.end = at + self._pause(0.5, 5)
        return prompt.end

    def _subagent(self, made: list[Execution], above: Execution, at: datetime) -> datetime:
        call = self._beneath(above, "tool", "Agent", at)
        call.tool_use = f"toolu_{self.draw.getrandbits(96):024x}"
        agent = self._beneath(call, "agent", self.draw.choice(SUBAGENTS), at + self._pause(0.05, 0.3))
        agent.agent = f"a{self.draw.getrandbits(64):016x}"
        made += (call, agent)
        at = agent.start
        for _ in range(self.draw.randint(1, 6)):
            at = self._tool(made, agent, at + self._pause(0.3, 4), False)
        agent.end = at + self._pause(0.5, 3)
        if self.draw.random() < 0.02:
            agent.outcome = self._failure(agent)
        call.end = agent.end + self._pause(0.01, 0.1)
        call.measured_ms = _milliseconds(call.end - call.start)
        return call.end

    def _tool(self, made: list[Execution], above: Execution, at: datetime, nests: bool) -> datetime:
        draw = self.draw
        name = "Bash" if nests else draw.choices(tuple(TOOLS), tuple(TOOLS.values()))[0]
        call = self._beneath(above, "tool", name, at)
        call.tool_use = f"toolu_{draw.getrandbits(96):024x}"
        made.append(call)
        taken = timedelta(milliseconds=draw.lognormvariate(5.5 if name == "Bash" else 3.5, 1.2))
        call.end = self._session(made, at + self._pause(0.1, 0.5), call) if nests else at + taken
        call.outcome = self._tool_outcome(call)
        call.measured_ms = _milliseconds(call.end - at)
        return call.end

    def _tool_outcome(self, call: Execution) -> tuple[str, str, str]:
        chance = self.draw.random()
        if chance < 0.05:
            return self._failure(call)
        if chance < 0.06:
            return ("denied", "permission", "The user does not want to proceed with this tool use.")
        if chance < 0.068:
            return ("cancelled", "interrupt", "[Request interrupted by user for tool use]")
        return ("completed", "", "")

    def _failure(self, execution: Execution) -> tuple[str, str, str]:
        kind = self.draw.choices(tuple(FAILURES), tuple(FAILURES.values()))[0]
        message = MESSAGES[kind].format(self.draw.randint(1, 60))
        return ("timeout" if kind == "timeout" and execution.kind == "tool" else "failed", kind, message)

    def _beneath(self, above: Execution, kind: str, name: str | None, at: datetime) -> Execution:
        return replace(
            above, id=self._uuid(), parent=above.id, kind=kind, name=name, start=at, end=None, text=None,
            outcome=("completed", "", ""), measured_ms=None, tool_use=None,
        )  # fmt: skip

    def prompt_text(self) -> str:
        """Return what a human might ask."""
        draw = self.draw
        sentence = " ".join(draw.choices(WORDS, k=draw.randint(4, 40)))
        return f"Please {draw.choice(VERBS)} the {draw.choice(THINGS)}: {sentence}."

    def _uuid(self) -> UUID:
        return UUID(int=self.draw.getrandbits(128), version=4)

    def _pause(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=self.draw.uniform(least, most))


class Embeddings:
    """Invents vectors that lie in clusters: a topic each, and every model has topics of its own."""

    def __init__(self, draw: random.Random, dimensions: int = DIMENSIONS, topics: int = TOPICS) -> None:
        self._draw, self._dimensions = draw, dimensions
        self._spread = 0.7 / dimensions**0.5
        self._centres = {model: [self._noise(1 / dimensions**0.5) for _ in range(topics)] for model in MODELS}

    def one(self, topic: int, model: str | None = None) -> tuple[str, str]:
        """Return an array as PostgreSQL reads it, and its model: *model*, else one in the shares of life."""
        model = model or MODELS[self._draw.random() < SECOND_MODEL_SHARE]
        pairs = zip(self._centres[model][topic], self._noise(self._spread), strict=True)
        return "{" + ",".join(f"{x + y:.5f}" for x, y in pairs) + "}", model

    def _noise(self, size: float) -> list[float]:
        gauss = self._draw.gauss
        return [gauss(0.0, size) for _ in range(self._dimensions)]


# The rows, on their way


class _Filling:
    """One run: what was written so far is what later rows may refer to."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        sizes: Sizes,
        draw: random.Random,
        until: datetime,
        dimensions: int,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.connection, self.sizes, self.draw, self.until = connection, sizes, draw, until
        self.dimensions, self.progress = dimensions, progress
        self.life, self.embeddings = _Life(draw), Embeddings(draw, dimensions)
        self.numbers = itertools.count()
        self.prompts: list[tuple[UUID, UUID, datetime]] = []
        """Root, id and start of every prompt."""
        self.patterns = [self._pattern(number) for number in range(sizes.patterns)]

    def run(self) -> None:
        """Write everything, in autocommit mode: a portion is a transaction."""
        begin, length = self.until - YEAR, YEAR / SPANS
        self._do("SELECT hooktrace.create_partitions(%s, 13)", begin)
        # A graph is built several times as fast as it grows row by row.
        self._do("DROP INDEX IF EXISTS idx_pattern_embedding, idx_routing_embedding")
        for number in range(SPANS):
            self._span(number, begin + length * number, length)
        self._learned()
        self._do("SELECT hooktrace.complete_schema(%s)", self.dimensions)
        self._do("VACUUM (ANALYZE)")

    def _span(self, number: int, begin: datetime, length: timedelta) -> None:
        sizes = self.sizes
        executions = self.life.span(begin, length, _share(sizes.executions, number), number == SPANS - 1)
        if not executions:
            return
        self.prompts += [(one.root, one.id, one.start) for one in executions if one.kind == "prompt"]
        self._copy("hooktrace.sessions", SESSION_COLUMNS, (_session_row(e) for e in executions if e.kind == "session"))
        self._copy("execution_traces", EXECUTION_COLUMNS, map(_execution_row, executions), counted=True)
        self._copy("hook_executions", EVENT_COLUMNS, self._events(executions, _share(sizes.events, number)), True)
        chosen = self._some(executions, ("prompt", "agent"), _share(sizes.decisions, number))
        self._copy("agent_routing_decisions", DECISION_COLUMNS, map(self._decision, chosen), True)
        callers = self._some(executions, ("prompt", "agent", "tool"), _share(sizes.calls, number))
        self._copy("endpoint_calls", CALL_COLUMNS, map(self._call, callers), True)

    def _some(self, executions: Sequence[Execution], kinds: Sequence[str], wanted: int) -> list[Execution]:
        found = [one for one in executions if one.kind in kinds and (one.kind != "tool" or one.name in SERVICES)]
        chosen = self.draw.choices(found or executions, k=wanted)
        return sorted(chosen, key=lambda execution: execution.start)

    # Events

    def _events(self, executions: Sequence[Execution], wanted: int) -> Iterator[Row]:
        """Yield the beginning and end of each execution, and so many between them that it makes *wanted*, by time."""
        told = [(one.start, BEGINNINGS[one.kind], one) for one in executions]
        told += [(one.end, _end_event(one), one) for one in executions if one.end]
        between = (self.draw.choice(executions) for _ in range(wanted - len(told)))
        told += [(_within(one, self.draw), BETWEEN[one.kind], one) for one in between]
        told.sort(key=lambda event: event[0])
        return (self._event_row(*event) for event in told)

    def _event_row(self, at: datetime, name: str, about: Execution) -> Row:
        tool = about.kind == "tool"
        ended = name == _end_event(about) and at == about.end
        status = about.outcome[0] if ended else "in_progress" if name == "PreToolUse" else "completed"
        path = (
            f"/home/dev/{about.project}/src/module_{about.id.int % 500}.py" if tool and about.name != "Bash" else None
        )
        output = json.dumps({"stdout": self._prose(60), "interrupted": False}) if tool and ended else None
        return (
            event_uuid(at, str(next(self.numbers))), about.root, about.id, about.session, about.user, name,
            "session-start" if name == "SessionStart" else "record", about.name if tool else None, about.tool_use,
            path, about.agent, at, round(about.measured_ms) if ended and about.measured_ms else None, status,
            json.dumps(self._input(about, path)) if tool or name == "UserPromptSubmit" else None, output,
            about.outcome[2] or None if ended else None, METADATA, at,
        )  # fmt: skip

    def _input(self, about: Execution, path: str | None) -> dict[str, str | None]:
        if about.kind != "tool":
            return {"prompt": about.text}
        if about.name == "Bash":
            return {"command": f"make test TARGET=module_{about.id.int % 500}", "description": self._prose(8)}
        return {"file_path": path, "old_string": self._prose(25), "new_string": self._prose(25)}

    def _prose(self, words: int) -> str:
        return " ".join(self.draw.choices(WORDS, k=words))

    # What hangs on executions

    def _decision(self, of: Execution) -> Row:
        draw = self.draw
        strategy = draw.choices(STRATEGIES, (60, 15, 25))[0]
        at = of.start + timedelta(milliseconds=draw.randint(5, 900))
        confidence = None if strategy == "explicit" else round(draw.betavariate(5, 2), 3)
        agent = draw.choice(SUBAGENTS)
        others = json.dumps([{"agent": one, "score": 0.3} for one in SUBAGENTS if one != agent][:2])
        outcome = None if at > self.until - timedelta(days=1) else draw.choices(("success", "failure"), (9, 1))[0]
        topic = draw.randrange(TOPICS)
        pattern = draw.choice(self.patterns).id if strategy == "pattern" else None
        return (
            event_uuid(at, str(next(self.numbers))), of.root, of.id, of.session, of.user, of.project, _intent(topic),
            *self.embeddings.one(topic), agent, confidence, strategy, others, pattern, draw.randint(1, 400), outcome,
            at, at,
        )  # fmt: skip

    def _call(self, of: Execution) -> Row:
        draw = self.draw
        at = of.start + timedelta(milliseconds=draw.randint(1, 500))
        end = at + timedelta(milliseconds=draw.lognormvariate(6, 1))
        failed = draw.random() < 0.04
        status, retries = (
            (draw.choice((429, 500, 529)), draw.randint(0, 4)) if failed else (200, int(draw.random() < 0.03))
        )
        service, endpoint = SERVICES.get(of.name or "", ("anthropic", "/v1/messages"))
        tokens: tuple[int | float | str | None, ...] = (None, None, None, None, None, None)
        if service == "anthropic":
            model = draw.choice(tuple(MODEL_REQUESTS))
            counts = (draw.randint(5, 3000), draw.randint(20, 2000), draw.randint(0, 90_000), draw.randint(0, 9000))
            price = MODEL_REQUESTS[model] * (counts[0] + 5 * counts[1] + counts[2] / 10 + counts[3] * 1.25) / 1e6
            tokens = (model, *counts, None if draw.random() < 0.05 else round(price, 6))
        error = ("http_error", f"HTTP {status}") if failed else (None, None)
        return (
            event_uuid(at, str(next(self.numbers))), of.root, of.id, of.session, of.user, of.project, service, endpoint,
            "POST", status, at, end, *error, retries, *tokens, at,
        )  # fmt: skip

    # What was learned

    def _pattern(self, number: int) -> Learned:
        created = self.until - YEAR + YEAR * (number / self.sizes.patterns)
        topic = self.draw.randrange(TOPICS)
        return Learned(event_uuid(created, str(next(self.numbers))), topic, created, self.draw.choice(USERS))

    def _learned(self) -> None:
        uses = sorted(self._uses(), key=lambda row: row[-1])
        self._copy("success_patterns", PATTERN_COLUMNS, map(self._pattern_row, self.patterns), True)
        # The patterns hold their counters already.
        self._do("ALTER TABLE pattern_usage_log DISABLE TRIGGER pattern_usage_log_count_use")
        self._copy("pattern_usage_log", USE_COLUMNS, uses, True)
        self._do("ALTER TABLE pattern_usage_log ENABLE TRIGGER pattern_usage_log_count_use")
        self._copy("agent_chaining_patterns", CHAIN_COLUMNS, map(self._chain, range(self.sizes.chains)), True)
        self._copy("error_patterns", ERROR_COLUMNS, map(self._error, range(self.sizes.errors)), True)

    def _uses(self) -> Iterator[Row]:
        """Yield uses of the log's time, most of them of few patterns, and count them and older ones."""
        draw = self.draw
        for pattern in self.patterns:
            for _ in range(min(40, int(draw.paretovariate(1.1)))):
                pattern.used[draw.choices(("success", "failure", ""), (8, 1, 1))[0]] += 1
        taken = set[tuple[UUID, UUID]]()
        recent = [prompt for prompt in self.prompts if prompt[2] > self.until - LOG_KEPT]
        for number in range(self.sizes.uses):
            pattern = self.patterns[int(draw.random() ** 3 * len(self.patterns))]
            root, trace, at = draw.choice(recent or self.prompts)
            at = max(at, pattern.created) + timedelta(seconds=1)
            offered, used = draw.random() < 0.7, draw.random() < 0.85
            outcome = draw.choices(("success", "failure", None), (8, 1, 1))[0] if used else None
            if used:
                pattern.used[outcome or ""] += 1
                pattern.last_used = max(pattern.last_used or at, at)
            score = round(draw.uniform(0.5, 1), 3) if offered or not used else None
            told = {"offered": offered, "followed": used} if score else {}
            outside = number % 5 == 0 or (pattern.id, trace) in taken  # advice asked for without a session
            taken.add((pattern.id, trace))
            yield (
                event_uuid(at, str(next(self.numbers))), pattern.id, None if outside else root,
                None if outside else trace, pattern.user, score, used, outcome, 20_000.0,
                draw.lognormvariate(10, 1) if outcome == "success" else None, at, at, json.dumps(told),
            )  # fmt: skip

    def _pattern_row(self, pattern: Learned) -> Row:
        draw = self.draw
        intent = _intent(pattern.topic)
        vector, model = (None, None) if draw.random() < 0.02 else self.embeddings.one(pattern.topic)
        tools = draw.sample(tuple(TOOLS), draw.randint(1, 5))
        agents = draw.sample(SUBAGENTS, draw.choice((0, 0, 1, 1, 2)))
        known = pattern.used["success"] + pattern.used["failure"]
        last = pattern.last_used or pattern.created
        return (
            pattern.id, f"{draw.getrandbits(256):064x}", pattern.user, intent, _array(intent.split()),
            self.life.prompt_text(), vector, model, _array(agents), _array(tools), pattern.used["success"],
            pattern.used["failure"], known + pattern.used[""], draw.lognormvariate(10, 1), last, pattern.created, last,
        )  # fmt: skip

    def _chain(self, number: int) -> Row:
        draw = self.draw
        base, places = len(SUBAGENTS), 5
        while number >= base**places:  # longer ones, once all of that length are there: each chain once
            places += 1
        digits = [number // base**place % base for place in range(places)]
        seen = int(draw.paretovariate(1)) % 5000
        failed = int(seen * draw.random() * 0.3)
        at = self.until - YEAR * draw.random()
        return (
            event_uuid(at, str(next(self.numbers))), draw.choice(USERS), _array([SUBAGENTS[d] for d in digits]), seen,
            seen - failed, failed, draw.lognormvariate(11, 1), draw.lognormvariate(7, 1), at, at, at,
        )  # fmt: skip

    def _error(self, number: int) -> Row:
        draw = self.draw
        kind = draw.choices(tuple(FAILURES), tuple(FAILURES.values()))[0]
        tool = draw.choices(tuple(TOOLS), tuple(TOOLS.values()))[0]
        seen = int(draw.paretovariate(1)) % 5000 + 1
        cured = int(seen * draw.random()) if draw.random() < 0.7 else 0
        first, last = sorted(self.until - YEAR * draw.random() for _ in range(2))
        cure = json.dumps({"Read": cured}) if cured else None
        return (
            event_uuid(first, str(next(self.numbers))), f"{number:016x}", draw.choice(USERS), kind, "execution",
            draw.choice(("critical", "high", "medium", "low")), MESSAGES[kind].format("<n>"), tool, _array(["main"]),
            _array([draw.choice(PROJECTS)]), seen, first, last, cure, cured, first, last,
        )  # fmt: skip

    # To the server

    def _copy(self, table: str, columns: str, rows: Iterable[Row], counted: bool = False) -> None:
        written = 0
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
                written += 1
        if counted and self.progress:
            self.progress(written)

    def _do(self, statement: str, *values: object) -> None:
        self.connection.execute(statement.encode(), values or None)


Row = tuple[Any, ...]

SESSION_COLUMNS = "session_id, root_id, parent_id, user_id, created_at"
EXECUTION_COLUMNS = (
    "correlation_id, root_id, parent_id, session_id, user_id, source, kind, name, prompt_text, started_at, project,"
    " context, created_at, updated_at, start_observed, last_started_at, observed_end, inferred_end, measured_ms"
)
EVENT_COLUMNS = (
    "id, root_id, trace_id, session_id, user_id, hook_type, hook_name, tool_name, tool_use_id, file_path, agent_id,"
    " started_at, duration_ms, status, input_data, output_data, error_message, metadata, created_at"
)
DECISION_COLUMNS = (
    "id, root_id, trace_id, session_id, user_id, project, query_text, query_embedding, embedding_model, agent_selected,"
    " confidence_score, routing_strategy, alternatives, pattern_id, decision_duration_ms, outcome, created_at,"
    " updated_at"
)
CALL_COLUMNS = (
    "id, root_id, trace_id, session_id, user_id, project, service, endpoint, method, status_code, started_at,"
    " completed_at, error_type, error_message, retry_count, model, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, cost_usd, created_at"
)
PATTERN_COLUMNS = (
    "id, pattern_hash, user_id, intent, keywords, prompt_text, prompt_embedding, embedding_model, agent_sequence,"
    " tool_sequence, success_count, failure_count, usage_count, avg_duration_ms, last_used_at, created_at, updated_at"
)
USE_COLUMNS = (
    "id, pattern_id, root_id, trace_id, user_id, match_score, used, outcome, expected_duration_ms, actual_duration_ms,"
    " used_at, updated_at, metadata"
)
CHAIN_COLUMNS = (
    "id, user_id, chain, occurrence_count, success_count, failure_count, avg_total_duration_ms,"
    " avg_coordination_overhead_ms, last_used_at, created_at, updated_at"
)
ERROR_COLUMNS = (
    "id, fingerprint, user_id, error_type, error_category, severity, message_template, tool_name, affected_agents,"
    " affected_projects, occurrence_count, first_seen_at, last_seen_at, resolution_pattern, resolution_count,"
    " created_at, updated_at"
)

BEGINNINGS = {
    "session": "SessionStart", "prompt": "UserPromptSubmit", "agent": "SubagentStart", "tool": "PreToolUse",
}  # fmt: skip
BETWEEN = {"session": "ConfigChange", "prompt": "Notification", "agent": "Notification", "tool": "PermissionRequest"}
ENDS = {"session": "SessionEnd", "prompt": "Stop", "agent": "SubagentStop", "tool": "PostToolUse"}

CONTEXT = json.dumps({"cwd": "/home/dev/project", "version": "2.1.330", "entrypoint": "cli"})
METADATA = json.dumps({"cwd": "/home/dev/project", "permission_mode": "default", "effort": {"level": "medium"}})


def _session_row(session: Execution) -> Row:
    return (session.session, session.root, session.parent, session.user, session.start)


def _execution_row(one: Execution) -> Row:
    refused = one.outcome[0] == "denied" and one.id.int % 2 == 0  # concluded from a batch, not told
    ending = _ending(one.end, ("refused" if refused else one.outcome[0], *one.outcome[1:])) if one.end else None
    return (
        one.id, one.root, one.parent, one.session, one.user, "claude-code", one.kind, one.name, one.text, one.start,
        one.project, CONTEXT if one.kind == "session" else "{}", one.start, one.after, True, one.start,
        None if refused else ending, ending if refused else None, one.measured_ms if one.end else None,
    )  # fmt: skip


def _ending(at: datetime, outcome: Iterable[str]) -> str:
    """Return a hooktrace.ending as PostgreSQL reads it."""
    quoted = (f'"{text}"' for text in (at.isoformat(), *outcome))  # no message holds a quote or a backslash
    return f"({','.join(quoted)})"


def _end_event(one: Execution) -> str:
    if one.kind == "tool" and one.outcome[0] == "denied":
        return "PermissionDenied"
    if one.kind == "tool" and one.outcome[0] != "completed":
        return "PostToolUseFailure"
    return "StopFailure" if one.kind == "prompt" and one.outcome[0] != "completed" else ENDS[one.kind]


def _within(one: Execution, draw: random.Random) -> datetime:
    return one.start + (one.after - one.start) * draw.random()


def _milliseconds(length: timedelta) -> float:
    return length / timedelta(milliseconds=1)


def _intent(topic: int) -> str:
    return f"{VERBS[topic % len(VERBS)]} {THINGS[topic // len(VERBS) % len(THINGS)]} {topic // 80}"


def _array(texts: Iterable[str]) -> str:
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"


def _share(size: int, number: int) -> int:
    """Return the part of *size* that falls into span *number*; all parts together are *size*."""
    return size * (number + 1) // SPANS - size * number // SPANS


def main() -> int:
    """Fill the database that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--factor", type=float, default=1.0, help="of all sizes (default: 1)")
    parser.add_argument("--seed", type=int, default=1)
    for size in fields(Sizes):
        parser.add_argument(f"--{size.name}", type=int, metavar="N", help=f"default: {size.default:,} times the factor")
    arguments = parser.parse_args()
    given = {size.name: getattr(arguments, size.name) for size in fields(Sizes)}
    sizes = replace(Sizes.scaled(arguments.factor), **{name: size for name, size in given.items() if size is not None})
    with bar(sizes) as progress:
        fill(arguments.url, progress=progress, sizes=sizes, seed=arguments.seed)
    return 0


@contextmanager
def bar(sizes: Sizes) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many rows are written; yield what ``fill`` is to be given as *progress*."""
    console = Console(stderr=True)
    columns = (TextColumn("filling"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=sizes.rows)
        yield lambda rows: progress.advance(task, rows)


if __name__ == "__main__":
    sys.exit(main())
