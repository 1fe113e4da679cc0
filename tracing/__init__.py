"""hooktrace: what a coding agent did, as one connected trace in PostgreSQL.

For programs of your own::

    import tracing

    with tracing.execution("nightly import", day="monday") as execution:
        with execution.endpoint_call("shop", "/orders", method="GET") as call:
            call.status_code = 200
        subprocess.run(["claude", "-p", "sum it up"], env=tracing.environment())

This module imports nothing, so that naming the package costs nothing: each of its names is loaded when it is
first used.
"""

TYPE_CHECKING = False
"""As in the module typing, whose import would cost more than everything here; type checkers know the name."""

if TYPE_CHECKING:
    from tracing.api.calls import EndpointCall
    from tracing.api.connect import NoDatabase, connect, database_url
    from tracing.api.environment import environment
    from tracing.api.execution import Execution, current, execution
    from tracing.api.logfilter import LogFilter
else:
    _HOMES = {
        "EndpointCall": "calls",
        "Execution": "execution",
        "LogFilter": "logfilter",
        "NoDatabase": "connect",
        "connect": "connect",
        "current": "execution",
        "database_url": "connect",
        "environment": "environment",
        "execution": "execution",
    }

    def __getattr__(name):  # type checkers see the imports above
        """Load a name of the API."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.api.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        """List the names of the API, loaded or not."""
        return sorted({*globals(), *__all__})


__all__ = [
    "EndpointCall",
    "Execution",
    "LogFilter",
    "NoDatabase",
    "connect",
    "current",
    "database_url",
    "environment",
    "execution",
]
