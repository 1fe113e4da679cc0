"""The database's own page says nothing that was not run."""

from __future__ import annotations

import re

import pytest

from tests.conftest import CHECKOUT, Installation
from tests.replay import RECORDINGS

PAGE = (CHECKOUT / "sql" / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def recorded(module_home: Installation) -> Installation:
    """Give an installation that holds a session."""
    module_home.replay(RECORDINGS / "2.1.330" / "failing.jsonl")
    module_home.flush()
    return module_home


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_answers(recorded: Installation, query: str) -> None:
    """Every query of the page runs on a recorded session, and all but the one about patterns find rows."""
    rows = recorded.query(query.replace("%", "%%"))
    assert rows or "pattern_effectiveness" in query


@pytest.mark.parametrize("link", re.findall(r"\]\(([a-z]+)\)", PAGE))
def test_each_folder_is_there(link: str) -> None:
    """The page's table of folders names folders that exist."""
    assert (CHECKOUT / "sql" / link).is_dir()
