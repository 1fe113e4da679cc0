"""Makes Markdown, or a page that needs nothing else, of what is told of a session.

All that an agent said is hostile here: what it asks a reader's browser or GitHub to do must not be done.
On a page it is escaped.  In Markdown every text that is not marked as ours stands in a code span, where
neither tags nor mentions, links, numbers of issues or emphasis are seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from itertools import islice
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tracing.outline import Line, outline
from tracing.report.session import SessionReport
from tracing.report.wordings import counts, moment, money, parts_of_time, plural, share
from tracing.wording import OUTCOMES, duration, one_line

LONGEST_TEXT = 300
"""Characters of a message or a path."""

MOST_LINES = {"md": 250, "html": 5000}
"""Lines of the tree.  A comment on GitHub holds 65,536 characters."""

MOST_ENTRIES = {"md": 50, "html": 1000}
"""Failures, and files."""

TITLE_WIDTH, BAR_WIDTH = 72, 20
"""Characters of the tree in Markdown."""


def as_markdown(report: SessionReport) -> str:
    """Return *report* as GitHub renders it, short enough for a comment there."""
    return _written(_MARKDOWN, "md", report)


def as_page(report: SessionReport) -> str:
    """Return *report* as one file of HTML without a script; it loads nothing."""
    return _written(_PAGES, "html", report)


def _written(environment: Environment, form: str, report: SessionReport) -> str:
    lines = list(outline([report.session], report.made_at))
    values: dict[str, Any] = {
        "report": report,
        "row": report.session.row,
        "usage": report.session.usage,
        "version": version("hooktrace"),
        "parts": list(parts_of_time(report)),
        "lines": lines[: MOST_LINES[form]],
        "failures": list(islice(report.failures, MOST_ENTRIES[form])),
        "files": list(islice(report.files, MOST_ENTRIES[form])),
        "lines_left": len(lines) - MOST_LINES[form],
        "failures_left": len(report.failures) - MOST_ENTRIES[form],
        "files_left": len(report.files) - MOST_ENTRIES[form],
    }
    return environment.get_template(f"session.{form}").render(values)


def code(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return *text* as a code span, also in a table's cell: a bar, which would end one, is a broken bar."""
    line = one_line(text, longest).replace("|", "\N{BROKEN BAR}")
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def block(text: str) -> str:
    """Return the lines of *text* as a block of code, which nothing in them ends."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _tree(lines: list[Line]) -> str:
    return "\n".join(_tree_line(line) for line in lines)


def _tree_line(line: Line) -> str:
    row = line.node.row
    title = f"{line.lead}{OUTCOMES[row['status']][0]} {line.what}  {line.about}".rstrip()
    title = title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"
    return f"{title:<{TITLE_WIDTH}}  {line.bar(BAR_WIDTH):<{BAR_WIDTH}}  {duration(row['duration_ms']):>11}".rstrip()


def _ours(words: Callable[..., str]) -> Callable[..., Markup]:
    """Return *words*, whose words are ours, so that they are printed as they are."""
    return lambda *values: Markup(words(*values))  # noqa: S704  # figures, and words of this package


def _environment(**options: Any) -> Environment:
    made = Environment(  # noqa: S701  # told below
        loader=PackageLoader("tracing.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    made.filters.update(
        counts=_ours(counts),
        duration=_ours(duration),
        moment=_ours(moment),
        money=_ours(money),
        number=_ours(lambda value: f"{value or 0:,}"),
        plural=_ours(plural),
        share=_ours(share),
        sign=_ours(lambda status: OUTCOMES[status][0]),
        words=_ours(str),
        line=lambda text: one_line(text or "", LONGEST_TEXT),
    )
    return made


_PAGES = _environment(autoescape=True)
_MARKDOWN = _environment(
    autoescape=False,  # whatever is not Markup becomes a code span
    finalize=lambda value: code(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
)
_MARKDOWN.filters["tree"] = lambda lines: Markup(block(_tree(lines)))  # noqa: S704  # nothing ends the block
