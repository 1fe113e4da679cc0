"""A stage on which the real client plays a scenario, offline, with whatever hooks it is given.

    stage = Stage(directory, claude, hooks=settings_hooks(...), env={"HOOKTRACE_HOME": ...})
    with stage.client("simple") as client:
        client.ask("Please start")

Every client of one stage has the same home, project and transcripts, so a later one can
resume what an earlier one began.  A client plays one script of tests/client/scripts.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.replay import CHECKOUT

SCRIPTS = CHECKOUT / "tests" / "client" / "scripts"

RUN_TIMEOUT_S = 120
"""For one run of the client on a machine that does much else; a run takes one to five seconds."""

ASK_FOR_PERMISSION = ("--permission-mode", "default")
"""What makes a client on a terminal ask: since 2.1.3xx its own default is to decide by itself."""

GREET = "---\nname: greet\ndescription: Greets somebody by name\n{fork}---\n{marker}Say hello.\n"


class StageError(Exception):
    """The client does not play its part."""


def version_of(claude: Path) -> str:
    """Return the version of the client *claude*, such as 2.1.330."""
    done = subprocess.run([claude, "--version"], capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=True)
    return done.stdout.split()[0]


class Stage:
    """A home and a project for the clients of one scenario."""

    def __init__(self, directory: Path, claude: Path, hooks: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self.directory = directory
        self.claude = claude
        self.version = version_of(claude)
        self.project = directory / "project"
        self._hooks = hooks
        self._env = dict(env)
        # By name: a tool taken over whole, outside of what mypy checks.
        self._client_run: Any = importlib.import_module("tests.client.client_run")
        self.project.mkdir(parents=True)
        (self.project / "a.txt").write_text("alpha\n")

    @property
    def newer(self) -> bool:
        """Whether the client is newer than the oldest one that is supported."""
        return self.version != "2.1.197"

    @contextlib.contextmanager
    def client(
        self, script: str, settings: Mapping[str, Any] | None = None, variables: Mapping[str, str] | None = None
    ) -> Iterator[Client]:
        """Lend a client for the script of that name; what it holds is released at the end of the block."""
        path = SCRIPTS / f"{script}.json"
        with self._client_run.Run(self.directory, path, claude=str(self.claude), variables=variables) as run:
            run.settings(self._merged(settings or {}))
            try:
                yield Client(run, self._env)
            finally:
                (self.project / "release").touch()

    def _merged(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return *settings* with the stage's hooks beside those that they have."""
        hooks = {event: [*groups, *settings.get("hooks", {}).get(event, [])] for event, groups in self._hooks.items()}
        return {**settings, "hooks": hooks}

    def is_held(self) -> None:
        """Wait until the client runs the command of a script that holds."""
        until((self.project / "held").exists, "the command that holds has begun")

    def make_repository(self) -> None:
        """Make the project a git repository with one commit, as worktrees need it."""
        for arguments in (("init", "-q"), ("add", "."), (*_IDENTITY, "commit", "-q", "-m", "Begin")):
            subprocess.run(["git", *arguments], cwd=self.project, check=True, capture_output=True)

    def make_command(self) -> None:
        """Give the project the command /hello."""
        self._write(".claude/commands/hello.md", "---\ndescription: greets\n---\nSay hello to $ARGUMENTS.\n")

    def make_skill(self, route: str | None = None) -> None:
        """Give the project the skill greet; with a *route* it runs as a subagent that follows it."""
        fork, marker = ("context: fork\n", f"[[route:{route}]] ") if route else ("", "")
        self._write(".claude/skills/greet/SKILL.md", GREET.format(fork=fork, marker=marker))

    def make_script(self, route: str) -> None:
        """Give the project start-client, a script that starts a client on *route*."""
        prompt = f"[[route:{route}]] inner task"
        self._write("start-client", f"{self.claude} --dangerously-skip-permissions -p '{prompt}' </dev/null\n")

    def _write(self, name: str, text: str) -> None:
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


_IDENTITY = ("-c", "user.name=dev", "-c", "user.email=dev@example.org")


class Client:
    """A client with its script; each method is something that somebody does to it."""

    def __init__(self, run: Any, env: Mapping[str, str]) -> None:
        self._run = run
        self._env = env

    def ask(
        self, prompt: str = "Please start", *arguments: str, status: int = 0, skip: bool = True, **env: str
    ) -> None:
        """Run ``claude -p`` to its end, which must be *status*; without *skip* permissions are asked for."""
        env = {**self._env, **env}
        done = self._run.claude(prompt, *arguments, env=env, skip_permissions=skip, timeout=RUN_TIMEOUT_S)
        if (done.returncode, done.stderr) != (status, ""):
            raise StageError(f"claude -p ended with {done.returncode}: {done.stdout}{done.stderr}")

    def stop(self, with_signal: signal.Signals, ready: Callable[[], None]) -> None:
        """Run ``claude -p``, send it a signal as soon as *ready* returns, and wait for its end."""
        with self._run.start("Please start", env=self._env) as process:
            try:
                ready()
                process.send_signal(with_signal)
                process.wait(RUN_TIMEOUT_S)
            finally:
                process.kill()

    @contextlib.contextmanager
    def terminal(self, *arguments: str, skip: bool = True) -> Iterator[Any]:
        """Lend a terminal with an interactive client, a client_run.Terminal; the last argument is the prompt."""
        with self._run.terminal(*arguments, env=self._env, skip_permissions=skip) as terminal:
            yield terminal


def enter(terminal: Any, text: str) -> None:
    """Type *text*, and the return key once it is drawn: sooner it would be a line break of a paste."""
    terminal.type(text)
    terminal.wait_for(text)
    terminal.type("\r")


def leave(terminal: Any) -> None:
    """Type /exit and wait for the client's end."""
    enter(terminal, "/exit")
    terminal.process.wait(RUN_TIMEOUT_S)


def until(condition: Callable[[], bool], what: str, timeout: float = 30) -> None:
    """Wait until *condition* holds.

    Raises:
        StageError: it does not within *timeout* seconds; the message tells *what* did not happen.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise StageError(f"{timeout:g} s have passed, and not this: {what}")
        time.sleep(0.02)


@contextlib.contextmanager
def web_site(directory: Path) -> Iterator[tuple[str, Path]]:
    """Serve /page, and elsewhere a redirection or 404, by HTTPS: WebFetch takes nothing else.

    Gives the URL and the file of the authority to trust.  Needs openssl.
    """
    key, certificate = directory / "site.key", directory / "site.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files],
        check=True,
        capture_output=True,
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", certificate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the base class calls it so
        body = b"<h1>A page</h1>"
        self.send_response({"/page": 200, "/elsewhere": 302}.get(self.path, 404))
        self.send_header("Location", "https://elsewhere.invalid/")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def missing_program(*programs: str) -> str | None:
    """Return the first of *programs* that is not installed."""
    return next((program for program in programs if shutil.which(program) is None), None)
