"""What finished prompts teach stands in the learned tables once, whenever and however often it is learned."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.learned import BEGIN, BROKEN, FIXED, LATER, Work, new_work, session_id
from tests.servers import Cluster
from tests.team import new_team
from tracing.database import learner
from tracing.database.caretaker import Caretaker, NotDone
from tracing.database.embeddings import embed_decisions, embed_patterns
from tracing.database.forgetting import Forgetting
from tracing.database.learner import Learner, is_refused
from tracing.database.retention import Limits, Retention
from tracing.database.upkeep import Upkeep
from tracing.learning.embedding import HashedEmbedder
from tracing.learning.outcome import Outcome, judge
from tracing.learning.story import Story

FIX = "fix the failing login test in app.py"
CURED = (
    ("Bash", {"command": "pytest -q"}, "Exit code 1\nModuleNotFoundError: No module named 'attr'"),
    ("Bash", {"command": "pip install attrs"}, None),
    ("Bash", {"command": "pytest -q"}, None),
)


@pytest.fixture
def work(any_server: Cluster) -> Iterator[Work]:
    """Give a database without a prompt."""
    with new_work(any_server) as made:
        yield made


def test_the_same_way_in_two_sessions_is_one_pattern(work: Work) -> None:
    """Two uses, two successes, both prompts as examples; the texts are the first one's."""
    prompts = [work.prompt(FIX, session="one"), work.prompt(FIX, session="two")]
    assert work.learn() == 2
    assert work.patterns() == [(2, 2, 0)]
    told = work.query("SELECT prompt_text, example_trace_ids, tool_sequence, avg_duration_ms FROM success_patterns")
    assert told == [(FIX, prompts, ["Edit", "Bash"], 30_000)]


def test_what_a_use_was_expected_to_take_is_what_the_uses_before_it_took(work: Work) -> None:
    """The first one is expected to take no time of its own; learning again does not change what was expected."""
    for took in (30_000, 10_000, 70_000):
        work.prompt(FIX, duration_ms=took)
    expected = "SELECT expected_duration_ms, actual_duration_ms FROM pattern_usage_log ORDER BY used_at"
    work.learn()
    assert work.query(expected) == [(None, 30_000), (30_000, 10_000), (20_000, 70_000)]
    work.query("UPDATE hooktrace.outcomes SET learned_at = NULL")
    work.learn()
    assert work.query(expected) == [(None, 30_000), (30_000, 10_000), (20_000, 70_000)]


def test_a_failing_run_counts_against_its_pattern(work: Work) -> None:
    """Also one that came before the first that succeeded: until then there was no pattern to count against."""
    work.prompt(FIX, BROKEN, session="before")
    work.learn()
    assert work.patterns() == []
    work.prompt(FIX, session="one")
    work.learn()
    assert work.patterns() == [(2, 1, 1)]
    work.prompt(FIX, BROKEN, session="after")
    work.learn()
    assert work.patterns() == [(3, 1, 2)]


def test_a_similar_wish_done_alike_is_the_same_pattern(work: Work) -> None:
    """Other words that mean alike are merged; the same tools for something else are not."""
    work.prompt("fix the failing login test in app.py")
    work.prompt("please fix the login test that is failing in app.py", session="two")
    work.prompt("translate the user manual into French", session="three")
    work.learn()
    assert work.patterns() == [(2, 2, 0), (1, 1, 0)]
    scores = work.query("SELECT match_score FROM pattern_usage_log ORDER BY used_at")
    assert all(0.4 < score <= 1 for (score,) in scores)


def test_learning_again_changes_nothing(work: Work) -> None:
    """What is learned once is not due; and learned again it counts no more than once."""
    work.prompt(FIX, CURED)
    work.learn()
    before = work.learned()
    assert work.learn() == 0
    work.query("UPDATE hooktrace.outcomes SET learned_at = NULL")
    assert work.learn() == 1
    assert work.learned() == before


def test_an_error_is_told_with_its_cure(work: Work) -> None:
    """Two occurrences in two sessions, one of them cured: by what was done before the same thing succeeded."""
    work.prompt(FIX, CURED, session="one")
    work.prompt(FIX, CURED[:1], session="two")
    work.learn()
    told = work.query(
        "SELECT occurrence_count, resolution_count, resolution_pattern, affected_projects, tool_name, error_type,"
        " cardinality(sample_trace_ids) FROM error_patterns"
    )
    assert told == [(2, 1, {"Bash pip install": 1}, ["shop"], "Bash", "ModuleNotFoundError", 2)]


def test_tests_that_run_in_the_background_neither_pass_nor_cure(work: Work) -> None:
    """The agent is answered at once: what its answer tells is that they have begun."""
    prompt = work.prompt(FIX, (*BROKEN, ("Edit", {"file_path": "/p/app.py"}, None), FIXED[1]))
    work.query(
        "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status,"
        " output_data) SELECT gen_random_uuid(), root_id, correlation_id, session_id, 'PostToolUse', 'record',"
        " completed_at, 'completed', '{\"backgroundTaskId\": \"b1\"}' FROM execution_traces"
        " WHERE parent_id = %s AND name = 'Bash' ORDER BY started_at DESC LIMIT 1",
        prompt,
    )
    work.learn()
    assert work.query("SELECT verdict, parts -> 'checks' FROM hooktrace.outcomes") == [("failure", -1)]
    assert work.one("SELECT resolution_count FROM error_patterns") == 0


def test_chains_of_agents_are_counted(work: Work) -> None:
    """A sequence seen twice is one row, with its mean time and how much of it no agent was running."""
    for session in ("one", "two"):
        work.prompt(FIX, session=session, agents=("Explore", "Plan"))
    work.learn()
    told = work.query(
        "SELECT chain, occurrence_count, success_count, avg_total_duration_ms, avg_coordination_overhead_ms"
        " FROM agent_chaining_patterns"
    )
    assert told == [(["Explore", "Plan"], 2, 2, 3000, 1000)]


def _busy(work: Work, learn_each: bool) -> None:
    """Fill with prompts of all kinds; some are rated in the middle, and some change after they were learned."""
    draw = random.Random(7)
    texts = [FIX, "please fix the failing test of the login", "add a button to the page", "explain this function", None]
    prompts = []
    for number in range(40):
        calls = draw.choice([FIXED, BROKEN, CURED, CURED[:1], FIXED[:1]])
        agents = draw.choice([(), ("Explore",), ("Explore", "Plan")])
        prompts.append(work.prompt(draw.choice(texts), calls, session=f"s{draw.randrange(8)}", agents=agents))
        if learn_each:
            work.learn()
        if learn_each and number % 5 == 4:
            work.rate(draw.choice(prompts), draw.choice([1, -1]))
            work.learn()
    if learn_each:
        for prompt in draw.sample(prompts, 5):  # an event came late: it ended otherwise
            work.query(
                "UPDATE execution_traces SET status = 'failed', updated_at = now() WHERE correlation_id = %s", prompt
            )
            work.learn()


def test_learning_all_again_gives_what_learning_one_by_one_gave(work: Work) -> None:
    """After ratings and late changes, whose prompts had founded patterns, every table is the same, row by row."""
    _busy(work, learn_each=True)
    before = work.learned()
    assert all(before.values())
    assert work.learner.learn_again() == 40
    again = work.learned()
    for table, rows in before.items():
        assert again[table] == rows, table
    assert work.learner.learn_again() == 40
    assert work.learned() == again


def test_counters_agree_with_the_log(work: Work) -> None:
    """However often outcomes changed, each pattern counts what stands in the log of its uses, and has succeeded."""
    _busy(work, learn_each=True)
    wrong = work.query(
        "SELECT id FROM success_patterns AS p WHERE (usage_count, success_count, failure_count) IS DISTINCT FROM"
        " (SELECT ROW(count(*), count(*) FILTER (WHERE outcome = 'success'),"
        "             count(*) FILTER (WHERE outcome = 'failure'))"
        "  FROM pattern_usage_log AS u WHERE u.pattern_id = p.id AND u.used) OR success_count = 0 OR intent = ''"
    )
    assert wrong == []


def test_a_rating_decides(work: Work) -> None:
    """The only success of a pattern is rated bad, and the pattern is none; rated good it is one again."""
    prompt = work.prompt(FIX)
    work.learn()
    work.rate(prompt, -1)
    work.learn()
    assert work.patterns() == []
    work.rate(prompt, 1)
    work.learn()
    assert work.patterns() == [(1, 1, 0)]


def test_the_next_prompt_can_tell_that_it_was_wrong(work: Work) -> None:
    """A prompt that was learned as a success is learned again when the next one of its session corrects it."""
    work.prompt(FIX)
    work.learner.learn_sessions([str(session_id("one"))], LATER)
    assert work.patterns() == [(1, 1, 0)]
    work.prompt("no, that is wrong, undo that")
    work.learner.learn_sessions([str(session_id("one"))], LATER)
    assert work.query("SELECT verdict FROM hooktrace.outcomes ORDER BY learned_at, verdict")[0] == ("failure",)
    assert work.one("SELECT count(*) FROM success_patterns WHERE prompt_text = %s", FIX) == 0


def test_what_was_learned_outlives_its_prompts(work: Work) -> None:
    """Retention takes prompts and outcomes, and no counter goes down; relearning the rest leaves it alone."""
    work.prompt(FIX, CURED, session="old")
    work.learn()
    before = work.patterns(), work.query("SELECT occurrence_count, resolution_count FROM error_patterns")
    upkeep = Upkeep(work.caretaker)
    Retention(upkeep, Limits(14, 90, 0, 0), LATER + timedelta(days=100)).run()
    assert work.one("SELECT count(*) FROM hooktrace.outcomes") == 0
    work.learner.learn_again()
    assert (work.patterns(), work.query("SELECT occurrence_count, resolution_count FROM error_patterns")) == before
    work.prompt(FIX, CURED, session="new")
    work.learn()
    assert work.patterns() == [(2, 2, 0)]


def test_forgetting_takes_back_exactly_what_a_session_taught(work: Work) -> None:
    """What is left is what would have been learned without it; the rest is learned again where its texts were in it."""
    work.prompt(FIX, CURED, session="secret", agents=("Explore", "Plan"))
    others = [work.prompt(FIX, CURED, session=f"s{number}", agents=("Explore", "Plan")) for number in range(3)]
    work.prompt(FIX, CURED, session="secret", agents=("Explore", "Plan"))
    work.learn()
    assert work.patterns() == [(5, 5, 0)]
    Forgetting(Upkeep(work.caretaker), [str(session_id("secret"))]).run()
    work.learn()
    assert work.query("SELECT usage_count, success_count, example_trace_ids, prompt_text FROM success_patterns") == [
        (3, 3, others, FIX)
    ]
    assert work.query("SELECT occurrence_count, resolution_count FROM error_patterns") == [(3, 3)]
    assert work.query("SELECT occurrence_count FROM agent_chaining_patterns") == [(3,)]
    before = work.learned()
    work.learner.learn_again()
    assert work.learned() == before


def test_forgetting_the_only_one_leaves_nothing(work: Work) -> None:
    """Of a way that one session went alone nothing stays."""
    work.prompt(FIX, CURED, session="secret", agents=("Explore", "Plan"))
    work.learn()
    Forgetting(Upkeep(work.caretaker), [str(session_id("secret"))]).run()
    assert not any(work.learned().values())


def test_forgetting_clears_the_texts_that_expired_prompts_taught(work: Work) -> None:
    """Whose they were nobody knows any more; what they counted stays."""
    work.prompt(FIX, CURED, session="old")
    work.learn()
    Retention(Upkeep(work.caretaker), Limits(14, 90, 0, 0), LATER + timedelta(days=100)).run()
    work.prompt("Explain the parser", (), session="new")
    work.learn()
    Forgetting(Upkeep(work.caretaker), [str(session_id("new"))]).run()
    texts = "SELECT intent, keywords, prompt_text, prompt_embedding, usage_count FROM success_patterns"
    assert work.query(texts) == [("", [], None, None, 1)]
    texts = "SELECT message_template, resolution_pattern, affected_projects, occurrence_count FROM error_patterns"
    assert work.query(texts) == [("", None, [], 1)]


def test_forgetting_what_is_wholly_recorded_leaves_what_others_taught(work: Work) -> None:
    """Texts of sessions that expired before it began cannot be its own; of a project's they may be."""
    work.prompt(FIX, CURED, session="old")
    work.learn()
    Retention(Upkeep(work.caretaker), Limits(14, 90, 0, 0), LATER + timedelta(days=100)).run()
    work.prompt("Explain the parser", session="kept")
    work.prompt("Explain the lexer", session="new")
    work.learn()
    texts = "SELECT count(*) FROM success_patterns WHERE prompt_text = %s"
    Forgetting(Upkeep(work.caretaker), [str(session_id("new"))]).run()
    assert work.one(texts, FIX) == 1
    Forgetting(Upkeep(work.caretaker), [str(session_id("kept"))], of_project=True).run()
    assert work.one(texts, FIX) == 0


def test_forgetting_all_examples_leaves_what_was_counted_beyond_them(work: Work) -> None:
    """Of many occurrences only the first are listed; those of other sessions stay counted, without a text."""
    failing = BROKEN[1:]
    work.prompt(FIX, failing * 25, session="secret")
    work.prompt(FIX, failing * 2, session="other")
    work.learn()
    Forgetting(Upkeep(work.caretaker), [str(session_id("secret"))]).run()
    left = "SELECT occurrence_count, sample_trace_ids, message_template FROM error_patterns"
    assert work.query(left) == [(2, [], "")]


def test_without_content_no_text_is_learned(work: Work) -> None:
    """A prompt of which no words are kept is judged; it is no pattern, and nothing is embedded."""
    work.prompt(None)
    work.learn()
    assert work.query("SELECT verdict, way, pattern_id FROM hooktrace.outcomes")[0][1:] == (None, None)
    assert work.patterns() == []


def test_what_has_aged_teaches_no_less_when_it_is_learned_again(work: Work) -> None:
    """Its commands are gone by then: it keeps how it went, its failures and their cures; a rating still counts."""
    prompt = work.prompt(FIX, CURED)
    work.query(
        "INSERT INTO hook_executions (id, root_id, trace_id, session_id, hook_type, hook_name, started_at, status)"
        " SELECT gen_random_uuid(), root_id, correlation_id, session_id, 'UserPromptSubmit', 'record', started_at,"
        " 'completed' FROM execution_traces WHERE correlation_id = %s",
        prompt,
    )
    work.learn()
    before = work.learned()
    work.query("""UPDATE hook_executions SET input_data = NULL, metadata = metadata || '{"aged": true}'""")
    work.query("UPDATE hooktrace.outcomes SET learned_at = NULL, version = version - 1")
    assert work.learn() == 1
    assert work.learned() == before
    work.rate(prompt, -1)
    work.learn()
    assert work.patterns() == []
    assert work.query("SELECT resolution_pattern FROM error_patterns") == [({"Bash pip install": 1},)]


def test_patterns_that_did_not_prove_themselves_are_pruned(work: Work) -> None:
    """What was gone once, and then not for long, goes, and comes back when seen again; what was gone twice stays."""
    for session in ("one", "two"):
        work.prompt(FIX, session=session)
    once = work.prompt("translate the user manual into French", session="three")
    work.learn()
    Retention(Upkeep(work.caretaker), Limits(0, 0, 180, 0), LATER + timedelta(days=200)).run()
    assert work.patterns() == [(2, 2, 0)]
    assert work.one("SELECT pattern_id FROM hooktrace.outcomes WHERE correlation_id = %s", once) is None
    work.prompt("translate the user manual into French", session="four")
    work.learn()
    assert work.patterns() == [(2, 2, 0), (2, 2, 0)]


def test_patterns_are_embedded_anew(work: Work) -> None:
    """Vectors of another model are replaced, those of the same are left."""
    work.prompt(FIX)
    work.learn()
    before = work.learned()
    work.query("UPDATE success_patterns SET prompt_embedding = '{1,0}', embedding_model = 'other'")
    assert embed_patterns(work.caretaker, HashedEmbedder()) == 1
    assert work.learned() == before
    assert embed_patterns(work.caretaker, HashedEmbedder()) == 0


def test_choices_are_embedded_anew(work: Work) -> None:
    """Else the router would find none of them by another model."""
    root = session_id("one")
    work.prompt(FIX)
    work.query(
        "INSERT INTO agent_routing_decisions (root_id, trace_id, session_id, query_text, query_embedding,"
        " embedding_model, agent_selected, routing_strategy) VALUES (%s, %s, %s, %s, '{1,0}', 'other', 'x', 'model')",
        root, root, str(root), FIX,
    )  # fmt: skip
    assert embed_decisions(work.caretaker, HashedEmbedder()) == 1
    told = "SELECT embedding_model, cardinality(query_embedding) FROM agent_routing_decisions"
    assert work.query(told) == [(HashedEmbedder.model, 384)]
    assert embed_decisions(work.caretaker, HashedEmbedder()) == 0


def test_one_that_cannot_be_learned_holds_up_no_other(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt on which the judge stumbles is told of once and left alone; the others of its batch are learned."""

    def stumbling(story: Story) -> Outcome:
        if story.text == "stumble":
            raise ValueError("stumbled")
        return judge(story)

    monkeypatch.setattr(learner, "judge", stumbling)
    work.prompt(FIX, session="one")
    work.prompt("stumble", session="two")
    work.prompt(FIX, session="three")
    with pytest.raises(ValueError, match="stumbled"):
        work.learn()
    assert work.patterns() == [(2, 2, 0)]
    assert work.learn() == 0


def test_behind_each_batch_it_may_rest(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who learns beside other work is told behind each transaction how long it took."""
    monkeypatch.setattr(learner, "BATCH", 2)
    for number in range(5):
        work.prompt(FIX, session=str(number))
    rests: list[float] = []
    resting = Learner(work.caretaker, HashedEmbedder(), rest=rests.append)
    assert resting.learn_due(LATER) == 5
    assert len(rests) == 3
    assert min(rests) > 0


def test_what_changes_while_others_are_learned_is_learned_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of a prompt is told late, while another prompt of its session is still being learned."""
    monkeypatch.setattr(learner, "BATCH", 1)
    prompt = work.prompt(FIX, session="one")
    work.prompt("refactor the parser", session="one")
    session = str(session_id("one"))
    assert work.learner.learn_sessions([session], LATER) == 2
    late: list[float] = []

    def told_late(taken_s: float) -> None:
        if not late:
            fails = "status = 'failed', error_type = 'tool_error', error_message = 'Exit code 1'"
            changed = f"UPDATE execution_traces SET {fails}, updated_at = %s WHERE parent_id = %s"
            work.query(changed, datetime.now(UTC), prompt)
        late.append(taken_s)

    Learner(work.caretaker, HashedEmbedder(), rest=told_late).learn_sessions([session], LATER)
    assert work.one("SELECT verdict FROM hooktrace.outcomes WHERE correlation_id = %s", prompt) == "failure"


def test_each_users_work_is_learned_for_himself(embedded18: Cluster) -> None:
    """The owner learns from everybody's prompts: each user's pattern is his own, and a writer may learn nothing."""
    with new_team(embedded18) as team:
        for user in ("alice", "bob"):
            with closing(team.connect(user)) as connection:
                connection.execute("SET ROLE hooktrace_writer")
                connection.execute(PROMPT, {"text": FIX})
        with closing(Caretaker(team.url("alice"))) as caretaker, pytest.raises(NotDone) as refused:
            Learner(caretaker, HashedEmbedder()).learn_due(datetime.now(UTC) + timedelta(minutes=1))
        assert is_refused(refused.value)
        with closing(Caretaker(team.url("olga"))) as caretaker:
            assert Learner(caretaker, HashedEmbedder()).learn_due(datetime.now(UTC) + timedelta(minutes=1)) == 2
        told = "SELECT user_id, usage_count FROM success_patterns ORDER BY user_id"
        assert team.rows(told) == [("alice", 1), ("bob", 1)]
        with closing(team.connect("bob")) as connection:
            assert connection.execute(told.encode()).fetchall() == [("bob", 1)]


PROMPT = """
WITH made AS (
    INSERT INTO execution_traces (root_id, correlation_id, session_id, source, kind, prompt_text, start_observed,
                                  last_started_at, observed_end)
    SELECT id, id, id::text, 'claude-code', 'prompt', %(text)s, true, now(),
           ROW(now(), 'completed', '', '')::hooktrace.ending
    FROM gen_random_uuid() AS id RETURNING root_id
)
INSERT INTO execution_traces (root_id, correlation_id, parent_id, session_id, source, kind, name, start_observed,
                              last_started_at, observed_end)
SELECT root_id, gen_random_uuid(), root_id, root_id::text, 'claude-code', 'tool', 'Edit', true, now(),
       ROW(now(), 'completed', '', '')::hooktrace.ending
FROM made
"""


def test_prompts_that_still_settle_wait(work: Work) -> None:
    """What ended after the given time is left for the next one."""
    work.prompt(FIX)
    assert work.learner.learn_due(BEGIN) == 0
    assert work.learner.learn_due(datetime.now(UTC)) == 1
