"""Who decides how much of a session is kept: its environment, its project, the default; the strictest wins."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from tracing.capture import FULL, LEVELS, NO_CONTENT
from tracing.event import Event
from tracing.settings import Settings

VARIABLE = "HOOKTRACE_CAPTURE"
"""What a session is told in its environment: a level, in letters of any case."""


def is_level(asked: str) -> bool:
    """Tell whether the variable's value *asked* is a level; empty, it says nothing, and that is none."""
    return asked.strip().lower() in LEVELS


@dataclass(frozen=True)
class CaptureRule:
    """What the settings say."""

    level: str = FULL
    projects: tuple[str, ...] = ()
    """Projects of which no content is kept: names, and directories that begin with / or ~/."""

    @classmethod
    def of(cls, settings: Settings) -> CaptureRule:
        """Return what *settings* say."""
        return cls(settings.text("capture.level"), settings.texts("capture.no_content"))

    def omits(self, event: Event, repository: str | None = None) -> bool:
        """Tell whether *event*, of a session that works in *repository*, is kept without its content."""
        told = (event.header.get("CLAUDE_PROJECT_DIR"), event.text("cwd"), repository)
        return self.reason(event.header.get(VARIABLE, ""), filter(None, told)) is not None

    def reason(self, asked: str, directories: Iterable[str]) -> str | None:
        """Return why no content is kept; None: it is.

        *asked* is the variable's value, in which what is no level counts as the strictest; *directories* are
        those that the session works in.
        """
        if asked.strip() and asked.strip().lower() != FULL:
            return f"{VARIABLE}={asked}" + (
                "" if is_level(asked) else f", which is no level and counts as {NO_CONTENT}"
            )
        for directory in directories:
            if project := next((one for one in self.projects if _is_in(directory, one)), None):
                return f"capture.no_content names {project}"
        return f"capture.level is {self.level}" if self.level != FULL else None


def _is_in(directory: str, project: str) -> bool:
    """Tell whether *directory* has the name of *project*, or is that directory or beneath it, links followed."""
    if not project.startswith(("/", "~")):
        return PurePath(directory).name == project
    place = PurePath(os.path.realpath(os.path.expanduser(project)))  # noqa: PTH111  # pathlib raises where there is no home
    here = PurePath(os.path.realpath(directory))
    return here == place or place in here.parents
