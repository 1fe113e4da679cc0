"""What sessions teach, from the real hooks to the commands that tell it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Installation
from tests.replay import RECORDINGS, retarget
from tests.story import NEXT_PROMPT, PROMPT, SESSION, Story
from tests.waiting import eventually
from tracing.identity import prompt_uuid
from tracing.learning.embedding import HashedEmbedder

OTHER = "22222222-2222-4222-8222-222222222222"
FIX = "fix the failing login test in app.py"


def works(story: Story, prompt_id: str = PROMPT, text: str = FIX, error: str | None = None) -> None:
    """Tell of a prompt in which a file is edited and tested."""
    story.starts()
    story.prompts(prompt_id=prompt_id, text=text)
    use = prompt_id[:8]
    edit = {"file_path": "/p/app.py", "old_string": "a", "new_string": "b"}
    story.calls(f"{use}-1", prompt_id=prompt_id, tool="Edit", tool_input=edit)
    story.returns(f"{use}-1", prompt_id=prompt_id, tool="Edit", tool_input=edit)
    command: dict[str, Any] = {"tool_input": {"command": "pytest -q"}}
    story.calls(f"{use}-2", prompt_id=prompt_id, **command)
    if error:
        told: dict[str, Any] = {"prompt_id": prompt_id, "tool_name": "Bash", "tool_use_id": f"{use}-2", "error": error}
        story.tell("PostToolUseFailure", **told, **command)
    else:
        story.returns(f"{use}-2", prompt_id=prompt_id, **command)
    story.tell("Stop", prompt_id=prompt_id)


def counts(home: Installation) -> list[tuple[Any, ...]]:
    """Return uses, successes and failures of each pattern."""
    return home.query("SELECT usage_count, success_count, failure_count FROM success_patterns ORDER BY 1 DESC")


def test_a_flush_returns_when_what_was_stored_is_learned(home: Installation) -> None:
    """Two sessions that go one way, and a third that fails on it: one pattern, as soon as flush is back."""
    works(Story(home, SESSION))
    works(Story(home, OTHER), NEXT_PROMPT)
    home.flush()
    assert counts(home) == [(2, 2, 0)]
    works(Story(home, "33333333-3333-4333-8333-333333333333"), str(UUID(int=9)), error="Exit code 1\n1 failed in 0.1s")
    home.flush()
    assert counts(home) == [(3, 2, 1)]


def test_a_flush_waits_for_what_an_earlier_collector_stored(home: Installation) -> None:
    """It ended before the prompt had settled: the next one learns from it before flush is back."""
    works(Story(home))
    home.done("collector", "start")
    assert eventually(lambda: not home.json("status")["spool"]["waiting"])
    home.stop_collector()
    home.flush()
    assert counts(home) == [(1, 1, 0)]


def test_a_correction_by_the_next_prompt_takes_the_success_back(home: Installation) -> None:
    """What was learned a moment ago is learned anew, once the next prompt says that it was wrong."""
    story = Story(home)
    works(story)
    home.flush()
    assert counts(home) == [(1, 1, 0)]
    story.prompts(prompt_id=NEXT_PROMPT, text="no, that is wrong, undo that")
    home.flush()
    assert home.query("SELECT verdict FROM hooktrace.outcomes") == [("failure",)]
    assert counts(home) == []


@pytest.mark.long
def test_the_collector_learns_by_itself(home: Installation) -> None:
    """Nobody asks for it; a prompt that has settled, a quarter of a minute, is learned from."""
    home.done("collector", "start")
    works(Story(home))
    assert eventually(lambda: counts(home) == [(1, 1, 0)], patience_s=60)


def test_a_recorded_session_twice_is_one_pattern(home: Installation, tmp_path: Path) -> None:
    """A run of the real client, and the same run under other ids, go one way; what failed is known by its kind."""
    recording = RECORDINGS / "2.1.330" / "subagent.jsonl"
    for seed in ("first", "second"):
        home.replay(retarget(recording, seed, tmp_path / seed))
    home.replay(RECORDINGS / "2.1.330" / "failing.jsonl")
    home.flush()
    patterns = home.json("patterns")
    assert [one["usage_count"] for one in patterns if one["agent_sequence"] == ["general-purpose"]] == [2]
    errors = home.json("errors")
    assert {one["tool_name"] for one in errors} >= {"Bash", "Read", "WebFetch"}
    before = home.query(
        "SELECT intent, usage_count, success_count, failure_count, metadata FROM success_patterns ORDER BY id"
    )
    assert home.json("learn", "--all")["learned"] > 2
    assert (
        home.query(
            "SELECT intent, usage_count, success_count, failure_count, metadata FROM success_patterns ORDER BY id"
        )
        == before
    )


def test_a_choice_is_judged_by_its_prompt(home: Installation) -> None:
    """A choice of an agent gets an embedding of its request, and how it went."""
    home.replay(RECORDINGS / "2.1.330" / "subagent.jsonl")
    home.flush()
    told = home.query("SELECT outcome, embedding_model, cardinality(query_embedding) FROM agent_routing_decisions")
    assert told == [("success", HashedEmbedder.model, 384)]


def test_rating_names_a_prompt_by_what_is_known_of_it(home: Installation) -> None:
    """By its own id, by its session's, or by that of a call in it; it is learned before the command returns."""
    works(Story(home))
    home.flush()
    prompt = prompt_uuid(SESSION, PROMPT)
    ((call,),) = home.query("SELECT correlation_id FROM execution_traces WHERE kind = 'tool' AND name = 'Edit'")
    for id_, rating, learned in ((str(prompt), "bad", []), (SESSION, "good", [(1, 1, 0)]), (str(call), "bad", [])):
        assert home.json("rate", id_, rating) == {"correlation_id": str(prompt), "rating": rating}
        assert counts(home) == learned
    refused = home.run("rate", "ffffffff", "good")
    assert refused.returncode == 1
    assert "nothing has the id" in refused.stderr


def test_comparing_says_when_there_is_not_enough(home: Installation) -> None:
    """With one prompt a side the figures stand there, and no difference is told."""
    works(Story(home, SESSION))
    works(Story(home, OTHER, CLAUDE_PROJECT_DIR="/elsewhere/other"), NEXT_PROMPT, error="Exit code 1\n1 failed")
    home.flush()
    groups = home.json("compare", "--by", "project")
    assert [(one["value"], one["successes"], one["judged"]) for one in groups][1] == ("other", 0, 1)
    assert groups[1]["difference"]["success_rate"] == "not enough yet (fewer than 10)"
    assert "not enough yet" in home.done("compare", "--by", "project")


def test_comparing_tells_a_difference_with_its_interval(home: Installation) -> None:
    """Twelve good and twelve bad prompts of two projects: the success rate differs, and that is no chance."""
    for number in range(24):
        project, error = ("/p/bad", "Exit code 1\n1 failed") if number % 2 else ("/p/good", None)
        story = Story(home, str(UUID(int=100 + number)), CLAUDE_PROJECT_DIR=project)
        works(story, str(UUID(int=200 + number)), error=error)
    home.flush()
    good, bad = home.json("compare", "--by", "project")
    assert (good["success_rate"], bad["success_rate"]) == (1.0, 0.0)
    told = bad["difference"]["success_rate"]
    assert told["difference"] == -1.0
    assert told["interval"][1] < -0.5


def test_what_subagents_cost_is_their_prompts_cost(home: Installation) -> None:
    """Who delegates more is not cheaper."""
    works(Story(home))
    home.flush()
    home.query(
        "INSERT INTO endpoint_calls (root_id, trace_id, session_id, service, endpoint, started_at, model, cost_usd)"
        " SELECT root_id, correlation_id, session_id, 'anthropic', '/v1/messages', started_at, kind, 0.25"
        " FROM execution_traces WHERE kind IN ('prompt', 'tool')"
    )
    (group,) = home.json("compare", "--by", "model")
    assert (group["value"], group["mean_cost_usd"]) == ("prompt", 0.75)  # itself and its two calls


def test_instructions_are_known_by_their_hash(home: Installation, tmp_path: Path) -> None:
    """Two sessions with the same instructions have one hash, a third with others another; the text is not kept."""
    file = tmp_path / "CLAUDE.md"
    for number, text in enumerate(("be brief xqsecretqx", "be brief xqsecretqx", "be thorough")):
        file.write_text(text)
        story = Story(home, str(UUID(int=300 + number)))
        told: dict[str, Any] = {"file_path": str(file), "memory_type": "Project", "load_reason": "session_start"}
        story.starts()
        story.tell("InstructionsLoaded", **told)
        works(story, str(UUID(int=400 + number)))
        home.flush()
    hashes = home.query("SELECT context ->> 'instructions' FROM hooktrace.sessions ORDER BY session_id")
    assert hashes[0] == hashes[1] != hashes[2]
    assert all(one for (one,) in hashes)
    assert [one["prompts"] for one in home.json("compare", "--by", "instructions")] == [2, 1]


@pytest.mark.parametrize("command", ["patterns", "errors", "learn", "compare --by model"])
def test_without_anything_learned_a_sentence_says_so(home: Installation, command: str) -> None:
    """Nothing is nothing, as a sentence and as JSON."""
    assert len(home.done(*command.split()).splitlines()) == 1
    assert home.json(*command.split()) in ([], {"learned": 0})


def test_tables_are_plain_when_piped(home: Installation) -> None:
    """Nothing is cut and nothing coloured; reembedding says how many there were."""
    works(Story(home))
    home.flush()
    printed = home.done("patterns")
    assert FIX in printed
    assert "\x1b" not in printed
    assert json.loads(home.done("patterns", "reembed", "--json"))["embedded"] == 0


def test_without_content_nothing_said_is_learned(own_home: Installation) -> None:
    """Where no content is kept, a prompt is judged by what is, and no word of it is in what is learned."""
    own_home.done("config", "set", "capture.level", "no-content")
    own_home.stop_collector()
    works(Story(own_home), text="xqsecretqx fix it", error="Exit code 1\nxqsecretqx")
    own_home.flush()
    assert own_home.count("hooktrace.outcomes") == 1
    for table in ("success_patterns", "error_patterns", "hooktrace.outcomes"):
        assert "xqsecretqx" not in str(own_home.query(f"SELECT to_jsonb(t) FROM {table} AS t"))
    assert own_home.count("success_patterns") == 0
