"""What a request may ask for: what is taken works, what nobody takes is said."""

from __future__ import annotations

import pytest

from tests.dashboard.board import Board
from tracing.dashboard.pages import PAGES

ADDRESSES = [address for page in PAGES if "{" not in page.path for address in (page.path, page.api)]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_parameter_that_nobody_takes_is_an_error(small: Board, address: str) -> None:
    """A filter that was passed over would make figures lie."""
    answer = small.get(f"{address}?colour=green")
    assert answer.status == 400
    assert "colour" in answer.text
