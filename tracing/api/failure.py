"""What an exception tells of a failure: its type in one word, its message, and whether it is one at all."""

from __future__ import annotations

NAME_LIMIT = 512
MESSAGE_LIMIT = 4096
"""Characters at most, as the database has them (tracing/event.py, tracing/assemble.py)."""

_CANCELLING = frozenset({"KeyboardInterrupt", "CancelledError", "Cancelled", "GeneratorExit"})
"""By name, since asyncio (and trio) need not be imported to tell."""


def cancels(exception: BaseException) -> bool:
    """Tell whether *exception* only breaks off what runs."""
    return type(exception).__name__ in _CANCELLING


def type_name(exception: BaseException) -> str:
    """Return the type's name, with its module unless it is one of Python's own."""
    kind = type(exception)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"[:NAME_LIMIT]


def text_of(value: object) -> str:
    """Return *value* as ``str`` gives it; empty where that fails."""
    try:
        return str(value)
    except Exception:  # somebody else's __str__
        return ""
