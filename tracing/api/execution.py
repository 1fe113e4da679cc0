"""Executions of a program's own: what runs between the beginning and the end of a ``with`` block.

Each leaves two files in the spool, at its start and at its end; the collector makes a row of
execution_traces of them, of kind ``task``.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from contextvars import ContextVar

from tracing.api import slot
from tracing.api.calls import EndpointCall
from tracing.api.failure import MESSAGE_LIMIT, NAME_LIMIT, cancels, text_of, type_name
from tracing.api.ids import new_id
from tracing.api.origin import INHERITED, Origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token
    from types import TracebackType
    from typing import Any, Literal, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

ATTRIBUTES_LIMIT = 100_000
"""Characters of all attributes at most, as JSON: past it only their names are kept."""

PYTHON = "python"
"""The source of what a Python program records of itself."""

_current: ContextVar[Execution | None] = ContextVar("tracing_execution", default=None)


def execution(name: str, /, *, kind: Literal["task"] = "task", **attributes: object) -> Scope:
    """Return a context manager that records what runs in its block, as one execution.

    Args:
        name: what it is called in traces; 512 characters of it are kept.
        kind: the kind of execution; programs have one of their own.
        attributes: anything that tells more about it, kept as ``context -> 'attributes'`` of its row; what JSON does
            not know is kept as ``str`` gives it.  Secrets in them are taken out by the collector, as in everything.

    An execution within another one of this program is its child, across ``await``, tasks and copied contexts.  The
    outermost one is a child of what the environment names (an agent's Bash call, another program, `hooktrace run`);
    where that names nothing it begins a tree of its own.

    The block's end is its outcome: ``completed``; ``failed`` with the exception's type and message; ``cancelled`` by
    KeyboardInterrupt or CancelledError.  The exception goes on to the caller.

    Never raises: what cannot be recorded is counted (`hooktrace status`: dropped), unless HOOKTRACE_STRICT is 1.

    >>> with execution("resize images", album="holidays") as resizing:
    ...     resizing.name
    'resize images'

    ``async with`` is the same.  As a decorator, of a function or a coroutine function, it records each call:

    >>> @execution("add")
    ... def add(one: int, other: int) -> int:
    ...     return one + other
    >>> add(1, 2)
    3
    """
    return Scope(name, attributes, kind=kind)


def current() -> Execution | None:
    """Return the execution that this code runs in; None outside of any, and where nothing is recorded.

    >>> current() is None
    True
    """
    return _current.get()


class Execution:
    """A running execution, as ``with tracing.execution(...) as execution`` gives it.

    All ids are UUIDs as text of 36 characters.
    """

    name: str
    correlation_id: str
    """The execution itself: column correlation_id of execution_traces, trace_id of the other tables."""
    root_id: str
    """The tree that it is part of, as far as this process knows."""
    session_id: str
    """The outermost execution of this program around it: they are stored together."""
    parent_id: str | None
    """The execution that it is part of; None at a root, and where only the collector can tell."""
    recorded: bool
    """False where nothing is recorded: HOOKTRACE_ENABLED=0, or `hooktrace pause`."""

    def __init__(self, name: str, around: Execution | None, source: str) -> None:
        """Begin, beneath *around* or what the environment names; nothing is written yet."""
        self.name = text_of(name)[:NAME_LIMIT]
        self.correlation_id = new_id()
        self._origin: Origin = around._origin if around else Origin(self.correlation_id, source)
        self.root_id, self.session_id = self._origin.root_id, self._origin.session_id
        self.parent_id = around.correlation_id if around else self._origin.parent_id
        self.recorded = slot.recording()
        self._outermost = around is None
        self._pid = os.getpid()
        self._began_at_ns = time.time_ns()
        self._began = time.perf_counter_ns()
        self._failure: tuple[str, str, str] | None = None

    def endpoint_call(self, service: str, endpoint: str, *, method: str | None = None) -> EndpointCall:
        """Return a context manager that records a call to something outside, as a row of endpoint_calls.

        Args:
            service: who is called, such as ``anthropic`` or ``billing``.
            endpoint: what is called there; of a URL only host, port and path are kept.
            method: such as ``POST``.

        >>> with execution("invoice") as invoicing:
        ...     with invoicing.endpoint_call("billing", "/invoices", method="POST") as call:
        ...         call.status_code = 201
        """
        return EndpointCall(self._post, service, endpoint, method)

    def fail(self, error_type: str, message: str = "") -> None:
        """Let it end as ``failed``, though no exception leaves the block.

        Args:
            error_type: the kind of failure in one word, such as ``timeout``; 512 characters are kept.
            message: what went wrong; 4,096 characters are kept, without secrets.

        An exception that leaves the block after all says more, and holds.
        """
        self.end_as("failed", error_type, message)

    def end_as(self, status: str, error_type: str = "", message: str = "") -> None:
        """Let it end as *status*: ``completed``, ``failed`` or ``cancelled``."""
        self._failure = (status, text_of(error_type)[:NAME_LIMIT], text_of(message)[:MESSAGE_LIMIT])

    def environment(self) -> dict[str, str]:
        """Return a copy of ``os.environ`` in which subprocesses find this execution as their parent.

        Where nothing is recorded it is a plain copy.
        """
        names = dict(os.environ)
        if self.recorded:
            for name in INHERITED:
                names.pop(name, None)
            names |= {"HOOKTRACE_ROOT_ID": self.root_id, "HOOKTRACE_CORRELATION_ID": self.correlation_id}
        return names

    def _start(self, attributes: Mapping[str, object]) -> None:
        inner = None if self._outermost else self.parent_id  # of the outermost one the collector finds it
        told = {"execution_parent_id": inner, "cwd": self._origin.cwd, **_kept(attributes)}
        self._post({"hook_event_name": "TaskStart", **told}, self._began_at_ns)
        if self._outermost:
            slot.attempt(slot.wake)

    def _end(self, exception: BaseException | None) -> None:
        if os.getpid() != self._pid:
            return  # a forked child that leaves the block by its own end: the parent's goes on
        took_ns = time.perf_counter_ns() - self._began
        status, error_type, message = _outcome(exception) or self._failure or ("completed", "", "")
        self._post(
            {
                "hook_event_name": "TaskEnd",
                "execution_parent_id": None if self._outermost else self.parent_id,
                "execution_status": status,
                "error_type": error_type,
                "error": message,
                "began_at_ns": self._began_at_ns,
                "duration_ms": took_ns / 1e6,
                "cwd": self._origin.cwd,
            },
            max(time.time_ns(), self._began_at_ns),
        )
        if self._outermost:
            slot.attempt(slot.wake)

    def _post(self, told: Mapping[str, object], at_ns: int) -> None:
        """Leave an event of this execution in the spool."""
        if not self.recorded:
            return
        own: dict[str, object] = {"session_id": self.session_id, "execution_id": self.correlation_id}
        own |= {"execution_name": self.name, "at_ns": at_ns}
        slot.attempt(lambda: slot.drop(self._origin.header, {**own, **_without_empty(told)}))


class Scope:
    """What ``with tracing.execution(...)`` and ``@tracing.execution(...)`` take; one block at a time."""

    def __init__(self, name: str, attributes: Mapping[str, object], kind: str = "task", source: str = PYTHON) -> None:
        self._name = name
        self._attributes = attributes
        self._kind = kind
        self._source = source
        self._running: Execution | None = None
        self._token: Token[Execution | None] | None = None

    def __enter__(self) -> Execution:
        """Begin."""
        running = self._running = Execution(self._name, _current.get(), self._source)
        if running.recorded:
            slot.attempt(self._start)  # where it raises, HOOKTRACE_STRICT being 1, there is no end either
            self._token = _current.set(running)
        return running

    def __exit__(
        self, _type: type[BaseException] | None, exception: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End; the exception goes on."""
        running, token, self._running, self._token = self._running, self._token, None, None
        if token is not None:
            with suppress(ValueError):  # begun in another context: an asynchronous generator that was left unfinished
                _current.reset(token)
        if running is not None:
            slot.attempt(lambda: running._end(exception))

    async def __aenter__(self) -> Execution:
        """Begin: nothing is waited for, two small files are all there is to write."""
        return self.__enter__()

    async def __aexit__(
        self, type_: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End; the exception goes on."""
        self.__exit__(type_, exception, traceback)

    def __call__(self, function: Function) -> Function:
        """Return *function*, of which each call is recorded; that of a generator is over once it is made."""
        import functools
        import inspect

        def again() -> Scope:
            return Scope(self._name, self._attributes, self._kind, self._source)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def recorded_coroutine(*arguments: Any, **options: Any) -> Any:
                with again():
                    return await function(*arguments, **options)

            return recorded_coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def recorded(*arguments: Any, **options: Any) -> Any:
            with again():
                return function(*arguments, **options)

        return recorded  # type: ignore[return-value]

    def _start(self) -> None:
        if self._kind != "task":
            raise ValueError(f"no kind of execution: {self._kind!r}")
        if self._running:
            self._running._start(self._attributes)


def _outcome(exception: BaseException | None) -> tuple[str, str, str] | None:
    """Return status, type and message of what an exception did to the block; None if it did nothing."""
    if exception is None:
        return None
    if isinstance(exception, SystemExit) and exception.code in (None, 0):
        return None
    status = "cancelled" if cancels(exception) else "failed"
    return status, type_name(exception), text_of(exception)[:MESSAGE_LIMIT]


def _without_empty(told: Mapping[str, object]) -> dict[str, object]:
    """Return what is neither None nor an empty text: of the program's own values ``==`` may fail, or be no bool."""
    return {name: value for name, value in told.items() if value is not None and not (type(value) is str and not value)}


def _kept(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return *attributes* as they go into the event: as JSON has them, and not endlessly many."""
    import json

    if not attributes:
        return {}
    try:
        text = json.dumps(attributes, default=str)
    except Exception:  # a circle, keys that are no texts, a value whose __str__ fails
        text = ""
    if 0 < len(text) <= ATTRIBUTES_LIMIT:
        return {"attributes": json.loads(text)}
    return {"attributes": dict.fromkeys(attributes, "[hooktrace: not kept: too much, or no JSON]")}
