from __future__ import annotations

import pytest

from tests.learning.corrections import CORRECTIONS, LOOKALIKES
from tests.learning.prompts import TUNING
from tracing.learning.correction import corrects


def test_corrections_are_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    """Four of five of the half on which no wording was chosen; who wrote them wrote the patterns, too."""
    shares = {half: sum(map(corrects, said)) / len(said) for half, said in CORRECTIONS.items()}
    with capsys.disabled():
        taken = {half: sum(map(corrects, said)) for half, said in LOOKALIKES.items()}
        print(f"\ncorrections recognised {shares}; lookalikes taken for one {taken}")
    assert shares["report"] >= 0.8


@pytest.mark.parametrize("half", LOOKALIKES)
def test_what_only_sounds_like_a_correction_is_none(half: str) -> None:
    """Another task, praise, a question, a "no" that agrees: a wrong failure misleads."""
    assert [text for text in LOOKALIKES[half] if corrects(text)] == []


def test_a_new_task_corrects_nothing() -> None:
    """Not even one that begins with what is broken: none of 400 prompts to tune on."""
    assert [text for texts in TUNING.values() for text in texts if corrects(text)] == []


def test_long_hostile_text_is_read_at_once() -> None:
    """Only the beginning of a prompt is read."""
    for text in ("no " * 100_000, "the " + "a " * 100_000, "i said " + "x " * 100_000, "no, that " * 50_000):
        assert not corrects(text)
