"""An installation as it is on this machine: its places and settings, its database, and how it fares."""

from tracing.installation.installed import EXPECTED, CommandError, Installation

__all__ = ["EXPECTED", "CommandError", "Installation"]
