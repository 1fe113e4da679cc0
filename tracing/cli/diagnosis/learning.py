"""What tells how alike two prompts are: it is there, and what was learned is in its terms."""

from __future__ import annotations

from collections.abc import Iterator

from tracing.cli.diagnosis.finding import Finding, NotApplicable, note, problem
from tracing.cli.diagnosis.situation import Situation
from tracing.cli.learning import EMBEDDER_CURE
from tracing.database.embedded import ServerError
from tracing.database.reader import Unreachable
from tracing.installation import CommandError
from tracing.learning.embedders import NotInstalled, embedder_named
from tracing.learning.embedding import Embedder


def embedder_installed(situation: Situation) -> Iterator[Finding]:
    """Look for what the embedder that is set needs."""
    try:
        _embedder(situation)
    except NotInstalled as error:
        yield problem("embedder-missing", f"{error}: the default learns in its place", EMBEDDER_CURE)


def embeddings_comparable(situation: Situation) -> Iterator[Finding]:
    """Look for patterns and choices that another model described: they are not found."""
    try:
        model = _embedder(situation).model
        with situation.installation.reader() as reader:
            rows = reader.row("embedded_otherwise", model=model)["rows"]
    except (NotInstalled, CommandError, ServerError, Unreachable):
        raise NotApplicable from None  # said already, or a login that may not see them
    if rows:
        message = f"{rows} patterns and choices have embeddings of another model than {model}, and are not found"
        yield note("embeddings-of-another-model", message, "`hooktrace patterns reembed`")


def _embedder(situation: Situation) -> Embedder:
    return embedder_named(situation.installation.settings.text("learning.embedder"))
