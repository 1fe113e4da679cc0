"""The one error of the embedded server and of what it is made of."""

from __future__ import annotations


class ServerError(Exception):
    """The embedded server cannot do what was asked of it."""
