"""What a user types that is no plain prompt: slash commands, skills, and what the client does itself."""

from __future__ import annotations

from tests.live.client import Client
from tests.live.performance import live
from tests.live.script import call


@live
def test_a_command_and_a_skill(client: Client) -> None:
    """Typed, each is a prompt as it was typed; called by the model, a skill is a call like any other."""
    command = client.project / ".claude/commands/greet.md"
    skill = client.project / ".claude/skills/wave/SKILL.md"
    for file in (command, skill):
        file.parent.mkdir(parents=True)
    command.write_text("---\ndescription: Greets\n---\nSay hello to $ARGUMENTS\n")
    skill.write_text("---\nname: wave\ndescription: Waves at people\n---\nWave at them.\n")
    client.answers("Done.", model=[call("Skill", skill="wave", args="Bob"), "Waved."])
    for prompt in ("/greet Amy", "/wave Amy", "[[route:model]]"):
        client.ask(prompt, "--continue") if client.roots else client.ask(prompt)
    client.becomes("""
        session
          prompt
          prompt
          prompt
            tool Skill
    """)
    texts = "SELECT prompt_text FROM execution_traces WHERE root_id = %s AND kind = 'prompt' ORDER BY started_at"
    assert client.home.query(texts, *client.roots) == [("/greet Amy",), ("/wave Amy",), ("[[route:model]]",)]
    client.saw("UserPromptExpansion", times=2)


@live
def test_compaction(client: Client) -> None:
    """/compact is no prompt, and the summarising no subagent's work."""
    client.answers("Done.")
    terminal = client.open()
    for count in (1, 2, 3):
        terminal.enter(f"Prompt {count}")
        client.saw("Stop", times=count)
        terminal.see_no_more("esc to interrupt")
    terminal.enter("/compact")
    client.saw("PostCompact")
    client.becomes("""
        session: in_progress
          prompt
          prompt
          prompt
    """)


@live
def test_a_compaction_of_too_little(client: Client) -> None:
    """Where the oldest client finds nothing to compact, PreCompact stays alone: nothing is left open."""
    client.answers("Done.")
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    terminal.see_no_more("esc to interrupt")
    terminal.enter("/compact")
    client.saw("PreCompact")
    terminal.enter("/exit")
    terminal.process.wait()
    client.becomes("""
        session
          prompt
    """)


@live
def test_another_model(client: Client) -> None:
    """/model is no prompt; the newest client tells of the switch in two events."""
    client.answers("Done.")
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    terminal.see_no_more("esc to interrupt")
    terminal.enter("/model sonnet")
    switch = "Yes, switch to Sonnet 5" + ("" if client.oldest else ".5")
    terminal.choose(switch, lambda shown: "Switch model?" not in shown)
    if not client.oldest:
        client.saw("PreModelSwitch")
        client.saw("PostModelSwitch")
    client.becomes("""
        session: in_progress
          prompt
    """)


@live
def test_a_shell_command_of_the_user(client: Client) -> None:
    """Typed behind a `!`, it fires nothing; the newest client lets the model answer under an id of its own."""
    client.answers("Done.")
    terminal = client.open()
    terminal.enter("Please start")
    client.saw("Stop")
    terminal.see_no_more("esc to interrupt")
    terminal.press("!")
    terminal.see("! for shell mode" if client.oldest else "shell mode")
    terminal.enter("echo bang")
    client.saw("Stop", times=2)
    answered = "" if client.oldest else "\n          prompt"
    client.becomes(f"""
        session: in_progress
          prompt{answered}
    """)
