"""The embedders by their names, as the setting learning.embedder has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the settings name the embedders: whoever reads them needs no vocabulary
    from tracing.learning.embedding import Embedder

HASHED, SEMANTIC = NAMES = ("hashed", "semantic")


class NotInstalled(Exception):
    """The embedder needs an extra that is not installed."""


def embedder_named(name: str) -> Embedder:
    """Return the embedder of one of NAMES; what it needs is loaded when it is first used.

    Raises:
        NotInstalled: its extra is missing.
    """
    if name != SEMANTIC:
        from tracing.learning.embedding import HashedEmbedder

        return HashedEmbedder()
    from tracing.learning.semantic import EXTRA, SemanticEmbedder, installed

    if not installed():
        raise NotInstalled(f"learning.embedder is {SEMANTIC}, and {EXTRA} is not installed")
    return SemanticEmbedder()
