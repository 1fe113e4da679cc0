"""Finds ``hooks/`` and ``sql/``: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).resolve().parent


def resource(name: Literal["hooks", "sql"]) -> Path:
    """Return the directory *name*.

    Raises:
        FileNotFoundError: neither place has it: the installation is incomplete.
    """
    candidates = (PACKAGE / "_resources" / name, PACKAGE.parent / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(
        f"no directory {name}/ in {candidates[0].parent} or {candidates[1].parent}\nhint: reinstall hooktrace"
    )
