"""Calls of a program to something outside: a service, a model."""

from __future__ import annotations

import os
import time

from tracing.api.failure import MESSAGE_LIMIT, NAME_LIMIT, cancels, text_of, type_name
from tracing.api.ids import new_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType


class EndpointCall:
    """A running call, as ``with execution.endpoint_call(...) as call`` gives it; set what is known before its end.

    It is stored when its block ends, as a row of endpoint_calls.  It succeeded unless an exception left the block,
    ``fail`` was called, or ``status_code`` is 400 or more.

    >>> import tracing
    >>> with tracing.execution("ask") as asking:
    ...     with asking.endpoint_call("anthropic", "/v1/messages", method="POST") as call:
    ...         call.model, call.status_code, call.retry_count = "claude-sonnet-4-5", 200, 1
    ...         call.input_tokens, call.output_tokens = 1200, 85
    """

    call_id: str
    """Its id, a UUID as text: column id."""
    status_code: int | None
    """HTTP status, 100 to 599."""
    retry_count: int
    """How often it was tried again; 0: the first try was the last."""
    model: str | None
    """The model that answered, as its provider names it."""
    input_tokens: int | None
    """Tokens sent that were neither read from nor written to the provider's cache."""
    output_tokens: int | None
    """Tokens that the model answered with."""
    cache_read_tokens: int | None
    """Tokens of the prompt that the provider had in its cache."""
    cache_write_tokens: int | None
    """Tokens of the prompt that the provider put into its cache."""
    cost_usd: float | None
    """US dollars, as far as the program knows; None: not known."""

    def __init__(
        self, post: Callable[[Mapping[str, object], int], None], service: str, endpoint: str, method: str | None
    ) -> None:
        self.call_id = new_id()
        self.status_code, self.retry_count, self.model = None, 0, None
        self.input_tokens = self.output_tokens = self.cache_read_tokens = self.cache_write_tokens = None
        self.cost_usd = None
        self._post = post
        self._target = {
            "call_id": self.call_id,
            "call_service": text_of(service)[:NAME_LIMIT],
            "call_endpoint": text_of(endpoint)[:NAME_LIMIT],
            "call_method": None if method is None else text_of(method)[:NAME_LIMIT],
        }
        self._failure: tuple[str, str] | None = None
        self._pid = os.getpid()
        self._began = time.perf_counter_ns()

    def fail(self, error_type: str, message: str = "") -> None:
        """Let it end as failed, though no exception leaves the block.

        Args:
            error_type: the kind of failure in one word, such as ``timeout``; 512 characters are kept.
            message: what went wrong; 4,096 characters are kept, without secrets.
        """
        self._failure = (text_of(error_type)[:NAME_LIMIT], text_of(message)[:MESSAGE_LIMIT])

    def __enter__(self) -> EndpointCall:
        """Begin."""
        self._began = time.perf_counter_ns()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, exception: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End, and leave the event in the spool; an exception goes on."""
        if os.getpid() != self._pid:
            return  # a forked child that leaves the block by its own end: the parent's call goes on
        took_ns = time.perf_counter_ns() - self._began
        failure = self._failure
        if exception is not None:
            kind = "cancelled" if cancels(exception) else type_name(exception)
            failure = (kind, text_of(exception)[:MESSAGE_LIMIT])
        error_type, message = failure or ("", "")
        told = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        outcome = {"call_failed": failure is not None, "error_type": error_type, "error": message}
        event = {"hook_event_name": "EndpointCall", **self._target, **told, **outcome, "duration_ms": took_ns / 1e6}
        self._post(event, time.time_ns())

    async def __aenter__(self) -> EndpointCall:
        """Begin."""
        return self.__enter__()

    async def __aexit__(
        self, type_: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End, likewise."""
        self.__exit__(type_, exception, traceback)
