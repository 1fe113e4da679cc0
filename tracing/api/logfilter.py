"""The ids of the running execution in the records of the module logging."""

from __future__ import annotations

import logging
import os

from tracing.api.execution import current
from tracing.api.ids import known_id
from tracing.api.origin import inherited_root

NONE = "-"
"""What stands where there is no id: a format that names the id must find one."""


class LogFilter(logging.Filter):
    """A filter that lets every record pass, and gives it ``root_id`` and ``correlation_id``.

    They are those of the running execution; outside of any those that the environment names, else ``-``.  Put it on
    a handler, so that records of every logger have them:

    >>> import logging, sys, tracing
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> handler.addFilter(tracing.LogFilter())
    >>> handler.setFormatter(logging.Formatter("%(message)s in %(correlation_id)s"))
    >>> logger = logging.getLogger("shop")
    >>> logger.addHandler(handler)
    >>> with tracing.execution("order") as order:
    ...     logger.warning("sold")  # doctest: +ELLIPSIS
    sold in ...-...-...-...-...
    >>> logger.removeHandler(handler)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids to *record*, and let it pass."""
        running = current()
        if running:
            record.root_id, record.correlation_id = running.root_id, running.correlation_id
        else:
            root = inherited_root()
            parent = known_id(os.environ.get("HOOKTRACE_CORRELATION_ID")) if root else None
            record.root_id, record.correlation_id = root or NONE, parent or NONE
        return True
