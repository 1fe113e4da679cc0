"""Claude Code's settings.json is its user's: what goes in comes out, and nothing else is touched."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.making import new_directory
from tracing import settingsfile
from tracing.agentsettings import (
    ADVICE,
    AgentSettings,
    SettingsFileError,
    copy_hooks,
    hooks_missing,
    recorded,
    settings_file,
)
from tracing.hookconfig import NEWER_EVENTS, settings_hooks

OTHER = {"matcher": "Bash", "hooks": [{"type": "command", "command": "/opt/other/notify.sh", "timeout": 5}]}
"""Another tool's group."""


@pytest.fixture
def settings(tmp_path: Path) -> AgentSettings:
    """Give the settings of a home in which nothing is there yet."""
    base = tmp_path / "it's hooktrace's"  # every path of ours has a space and a quote
    return AgentSettings(tmp_path / "home/.claude/settings.json", base / "hooks", base / "state", base / "backups")


def standing(settings: AgentSettings, content: str | bytes | dict[str, Any], mode: int = 0o644) -> bytes:
    """Put *content* where the settings are, and return its bytes."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n" if isinstance(content, dict) else content
    data = text if isinstance(text, bytes) else text.encode()
    settings.path.parent.mkdir(parents=True, exist_ok=True)
    settings.path.write_bytes(data)
    settings.path.chmod(mode)
    return data


def values(settings: AgentSettings) -> dict[str, Any]:
    """Return what the file says."""
    found: dict[str, Any] = json.loads(settings.path.read_bytes().decode("utf-8-sig"))
    return found


def ours(settings: AgentSettings) -> dict[str, Any]:
    """Return the hooks that belong in."""
    return settings_hooks(settings.hooks_dir, settings.state)


def tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    """Return every path below *directory* with its mode and its content or target."""
    found = {}
    for path in sorted(directory.rglob("*")):
        mode = path.lstat().st_mode
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(directory))] = (mode, content)
    return found


# Where


def test_the_settings_are_where_the_agent_looks() -> None:
    """CLAUDE_CONFIG_DIR decides, else HOME; an empty variable is none."""
    assert settings_file({"HOME": "/h"}) == Path("/h/.claude/settings.json")
    assert settings_file({"HOME": "/h", "CLAUDE_CONFIG_DIR": ""}) == Path("/h/.claude/settings.json")
    assert settings_file({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}) == Path("/c/settings.json")


@pytest.mark.parametrize("environment", [{}, {"HOME": "/h", "CLAUDE_CONFIG_DIR": "relative"}])
def test_a_home_that_means_no_one_place_is_refused(environment: dict[str, str]) -> None:
    """Without HOME, or with a relative directory, nothing is guessed."""
    with pytest.raises(SettingsFileError, match="\nhint: "):
        settings_file(environment)


# In and out again

STANDING = {
    "empty file": "",
    "white space": " \n",
    "empty object": "{}",
    "empty object on lines": "{\n}\n",
    "hooks empty": '{"hooks": {}}',
    "an event empty": '{\n  "hooks": {\n    "Stop": []\n  }\n}\n',
    "empty groups": '{"hooks": {"Stop": [{"hooks": []}], "PreToolUse": [{"matcher": "x", "hooks": []}, {}]}}',
    "other hooks": json.dumps({"model": "opus", "hooks": {"PreToolUse": [OTHER], "Future": [OTHER]}}, indent=2),
    "one line": '{"model": "opus", "permissions": {"allow": ["Bash(ls:*)"]}}',
    "compact": '{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"x"}]}]}}',
    "tabs": '{\n\t"model": "opus",\n\t"hooks": {\n\t\t"Stop": []\n\t}\n}\n',
    "four spaces": '{\n    "permissions": {"allow": ["a", "b"]},\n    "model": "opus"\n}',
    "line ends of Windows": '{\r\n  "model": "opus"\r\n}\r\n',
    "byte order mark": '\ufeff{\n  "model": "opus"\n}\n',
    "unicode": '{\n  "é": "\\u00e9 ✓ 😀 \\ud83d",\n  "hooks": {"Stop": [{"hooks": [{"command": "é ✓ \\udc00"}]}]}\n}\n',
    "odd numbers": '{"a": 1.10, "b": 1E5, "c": 123456789012345678901234567890, "d": 1e999}',
    "hooks in the middle": '{\n  "a": 1,\n  "hooks": {},\n  "z": [ 1,2 ]\n}\n',
    "blank lines": '\n\n{\n\n  "a" : 1 ,\n\n  "b" : 2\n\n}\n\n',
}
"""Files as their users may have left them."""


@pytest.mark.parametrize("name", STANDING)
def test_what_goes_in_comes_out_byte_for_byte(settings: AgentSettings, name: str) -> None:
    """Whatever the file looked like, install and remove leave it as it was, and no file beside it."""
    before = standing(settings, STANDING[name])
    trees = tree(settings.path.parent)
    assert settings.install().wrote
    assert settings.installed() == "all"
    assert settings.remove().wrote
    assert settings.path.read_bytes() == before
    assert tree(settings.path.parent) == trees
    assert list(settings.backups.iterdir()) == []


@pytest.mark.parametrize("name", STANDING)
def test_entries_are_taken_out_also_when_nobody_remembers_what_was_there(settings: AgentSettings, name: str) -> None:
    """Without backups the file says what it said; only "hooks" may be written another way."""
    before = standing(settings, STANDING[name])
    settings.install()
    shutil.rmtree(settings.backups)
    settings.remove()
    assert settings.installed() == "none"
    left, said = values(settings), json.loads(before.decode("utf-8-sig").strip() or "{}")
    emptied = {event: groups for event, groups in said.get("hooks", {}).items() if groups}
    assert {key: value for key, value in left.items() if key != "hooks"} == {
        key: value for key, value in said.items() if key != "hooks"
    }
    assert left.get("hooks", {}) == emptied


@pytest.mark.parametrize("name", STANDING)
def test_every_byte_outside_of_the_hooks_stays(settings: AgentSettings, name: str) -> None:
    """What another wrote, and how, is found again in what we write."""
    before = standing(settings, STANDING[name]).decode()
    settings.install()
    text = settings.path.read_bytes().decode()
    lines = [line.strip("{} ,") for line in before.splitlines()]
    assert [line for line in lines if "hooks" not in line and "Stop" not in line and line not in text] == []
    assert text.startswith("\ufeff") == before.startswith("\ufeff")
    assert ("\r\n" in text) == ("\r\n" in before)
    assert not ("\r\n" in before and "\n" in text.replace("\r\n", ""))
    if before.strip():
        assert text[len(text.rstrip()) :] == before[len(before.rstrip()) :]


@pytest.mark.parametrize(
    ("name", "line"), [("tabs", '\t"hooks": {'), ("four spaces", '    "hooks": {'), ("compact", "")]
)
def test_the_files_indentation_is_ours(settings: AgentSettings, name: str, line: str) -> None:
    """Tabs stay tabs, four spaces four, and a file of one line one line."""
    standing(settings, STANDING[name])
    settings.install()
    lines = settings.path.read_text().splitlines()
    assert (line in lines) if line else len(lines) == 1


def test_where_there_was_no_file_there_is_none_again(settings: AgentSettings, tmp_path: Path) -> None:
    """The file and the directories made for it go; ours was private."""
    (tmp_path / "home").mkdir()
    before = tree(tmp_path / "home")
    assert settings.install().backup is None
    assert stat.S_IMODE(settings.path.stat().st_mode) == 0o600
    assert values(settings) == {"hooks": ours(settings)}
    settings.remove()
    assert tree(tmp_path / "home") == before


def test_a_directory_made_for_the_file_stays_once_others_use_it(settings: AgentSettings) -> None:
    """The client keeps its own files beside the settings."""
    settings.install()
    (settings.path.parent / "projects").mkdir()
    settings.remove()
    assert [path.name for path in settings.path.parent.iterdir()] == ["projects"]


def test_other_tools_hooks_and_the_order_stay(settings: AgentSettings) -> None:
    """Ours come after the groups that are there, new events after the events that are there."""
    standing(settings, {"z": 1, "hooks": {"Unknown": [OTHER], "Stop": [OTHER, {"hooks": []}]}, "a": {"b": [1]}})
    settings.install()
    hooks = values(settings)["hooks"]
    assert list(values(settings)) == ["z", "hooks", "a"]
    assert list(hooks)[:2] == ["Unknown", "Stop"]
    assert hooks["Unknown"] == [OTHER]
    assert hooks["Stop"] == [OTHER, {"hooks": []}, *ours(settings)["Stop"]]


def test_only_handlers_that_every_client_knows_are_written(settings: AgentSettings) -> None:
    """An unknown type would make an old client drop the whole file."""
    settings.install()
    groups = itertools.chain(*values(settings)["hooks"].values())
    assert {handler["type"] for group in groups for handler in group["hooks"]} == {"command"}


def test_what_another_tool_added_meanwhile_stays(settings: AgentSettings) -> None:
    """Only our groups go, also out of events that both use; what was set aside is kept and named."""
    before = standing(settings, {"hooks": {"Stop": []}})
    settings.install()
    changed = values(settings)
    changed["hooks"]["PreToolUse"].append(OTHER)
    changed["hooks"]["Stop"][0]["hooks"].append(OTHER["hooks"][0])
    changed["theme"] = "dark"
    standing(settings, changed)
    change = settings.remove()
    handler = OTHER["hooks"][0]
    assert values(settings) == {
        "hooks": {"Stop": [{"hooks": [handler]}], "PreToolUse": [OTHER]},
        "theme": "dark",
    }
    assert change.backup
    assert change.backup.read_bytes() == before


def test_a_file_that_the_client_wrote_anew_is_still_put_back(settings: AgentSettings) -> None:
    """Another indentation is no change: what the file says besides our hooks is what it said."""
    before = standing(settings, STANDING["tabs"])
    settings.install()
    standing(settings, values(settings))
    settings.remove()
    assert settings.path.read_bytes() == before


def test_the_users_later_changes_survive_an_upgrade_and_the_removal(settings: AgentSettings) -> None:
    """A second install over a file that others changed does not take the first backup for the truth."""
    standing(settings, {"model": "opus"})
    settings.install()
    standing(settings, {**values(settings), "model": "haiku"})
    upgraded = AgentSettings(settings.path, settings.hooks_dir.with_name("hooks2"), settings.state, settings.backups)
    assert upgraded.install().wrote
    upgraded.remove()
    assert values(settings) == {"model": "haiku"}


def test_removing_a_key_that_was_there_before_is_no_reason_to_put_it_back(settings: AgentSettings) -> None:
    """A user who deleted a key after the installation finds it deleted after the removal."""
    standing(settings, {"model": "opus", "theme": "dark"})
    settings.install()
    standing(settings, {"theme": "dark", "hooks": values(settings)["hooks"]})
    settings.remove()
    assert values(settings) == {"theme": "dark"}


def test_both_are_harmless_twice(settings: AgentSettings) -> None:
    """A second install or remove writes nothing, not even the same."""
    standing(settings, STANDING["other hooks"])
    settings.install()
    first, backups = settings.path.stat(), tree(settings.backups)
    again = settings.install()
    assert (again.wrote, again.warnings) == (False, ())
    assert (settings.path.stat().st_ino, settings.path.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert tree(settings.backups) == backups
    settings.remove()
    inode = settings.path.stat().st_ino
    assert not settings.remove().wrote
    assert settings.path.stat().st_ino == inode


def test_one_private_backup_is_made_however_often_we_write(settings: AgentSettings) -> None:
    """What stood there before the first write is what is kept, for nobody else to read."""
    before = standing(settings, {"model": "opus"})
    first = settings.install().backup
    moved = AgentSettings(settings.path, settings.hooks_dir, settings.state.with_name("state2"), settings.backups)
    assert moved.install().backup == first
    [backup] = settings.backups.glob("*.json")
    assert (backup, backup.read_bytes()) == (first, before)
    assert stat.S_IMODE(settings.backups.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in settings.backups.iterdir()} == {0o600}
    moved.remove()
    assert settings.path.read_bytes() == before


# Links, modes, owners


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_the_mode_stays(settings: AgentSettings, mode: int) -> None:
    """Neither wider nor narrower than its user wants it."""
    standing(settings, "{}", mode)
    settings.install()
    assert stat.S_IMODE(settings.path.stat().st_mode) == mode
    settings.remove()
    assert stat.S_IMODE(settings.path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets files of others that it may write")
def test_root_leaves_the_files_of_a_user_that_users(settings: AgentSettings) -> None:
    """Under sudo the file, old or new, and its directory stay readable for whom they are."""
    home = settings.path.parent.parent
    home.mkdir()
    os.chown(home, 1234, 1234)
    settings.install()
    for path in (settings.path, settings.path.parent):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1234)
    os.chown(settings.path, 1235, 1236)
    settings.path.write_text("{}")
    settings.install()
    assert (settings.path.stat().st_uid, settings.path.stat().st_gid) == (1235, 1236)


@pytest.mark.parametrize("there", [True, False], ids=["file", "dangling"])
def test_a_link_stays_a_link(settings: AgentSettings, tmp_path: Path, there: bool) -> None:
    """Who keeps the settings elsewhere finds them written there, and the link as it was."""
    target = tmp_path / "dotfiles/claude.json"
    target.parent.mkdir()
    if there:
        target.write_text('{"model": "opus"}')
    settings.path.parent.mkdir(parents=True)
    settings.path.symlink_to("../../dotfiles/claude.json")
    before = tree(tmp_path)
    settings.install()
    assert settings.path.is_symlink()
    assert target.is_file()
    assert settings.installed() == "all"
    settings.remove()
    shutil.rmtree(settings.hooks_dir.parent)
    assert tree(tmp_path) == before


def test_a_link_to_itself_and_a_directory_are_no_file(settings: AgentSettings) -> None:
    """Neither can be read, and both are said so."""
    settings.path.mkdir(parents=True)
    with pytest.raises(SettingsFileError, match="is no file\nhint: "):
        settings.install()
    settings.path.rmdir()
    settings.path.symlink_to(settings.path)
    with pytest.raises(SettingsFileError, match="\nhint: "):
        settings.install()


# What is refused

BROKEN: dict[str, tuple[str | bytes, int]] = {
    "half": ('{\n  "model": "opus",\n', 3),
    "comment": ('{\n  // mine\n  "model": "opus"\n}', 2),
    "comma too many": ('{\n  "model": "opus",\n}', 3),
    "key twice": ('{\n  "model": "a",\n  "model": "b"\n}', 3),
    "key twice inside": ('{"env": {\n"A": "1",\n"A": "2"\n}}', 3),
    "array": ("[]", 1),
    "text": ('"hooks"', 1),
    "hooks is an array": ('{\n  "a": 1,\n  "hooks": []\n}', 3),
    "event is an object": ('{\n  "hooks": {\n    "Stop": {}\n  }\n}', 3),
    "not a number": ('{"a": NaN}', 1),
    "not UTF-8": (b'{\n"a": "\xff"\n}', 2),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), 1),
    "too deep": ('{"a": ' + "[" * 100_000, 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_understood_is_left_alone(settings: AgentSettings, name: str) -> None:
    """The message names the file, the line and the cure; nothing is written anywhere."""
    content, line = BROKEN[name]
    before = standing(settings, content)
    for act in (settings.install, settings.diff, settings.installed):
        with pytest.raises(SettingsFileError) as caught:
            act()
        assert str(caught.value).startswith(f"{settings.path} cannot be used, line {line}: ")
        assert "\nhint: " in str(caught.value)
    assert not settings.remove().wrote, "it holds nothing of ours"
    assert settings.path.read_bytes() == before
    assert [path.name for path in settings.path.parent.iterdir()] == ["settings.json"]
    assert not settings.backups.exists()


def test_a_file_broken_since_the_installation_is_said_so(settings: AgentSettings) -> None:
    """Our hooks stand in it, so the removal is not done before it is mended; then it goes on."""
    settings.install()
    whole = settings.path.read_text()
    settings.path.write_text(whole + "}")
    with pytest.raises(SettingsFileError, match="cannot be used, line"):
        settings.remove()
    settings.path.write_text(whole)
    settings.remove()
    assert not settings.path.exists()


def test_a_read_only_file_is_respected(settings: AgentSettings) -> None:
    """Its owner protected it, also against a rename; root respects that too."""
    before = standing(settings, '{"model": "opus"}', 0o444)
    with pytest.raises(SettingsFileError, match=r"it is read-only\nhint: .*chmod u\+w"):
        settings.install()
    assert settings.path.read_bytes() == before
    assert [path.name for path in settings.path.parent.iterdir()] == ["settings.json"]
    assert hooks_missing(settings.backups) is None


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """Give a directory in which an unprivileged user may do what it likes."""
    directory = new_directory()
    if os.geteuid() == 0:
        os.chown(directory, 65534, 65534)
    yield directory
    shutil.rmtree(directory)


def refusal_to_nobody(settings: AgentSettings, directory: Path) -> str:
    """Return what an unprivileged user is told who installs; "" if nothing stands in the way."""
    if (child := os.fork()) == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            settings.install()
            (directory / "message").touch()
        except SettingsFileError as error:
            (directory / "message").write_text(str(error))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return (directory / "message").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_home_of_another_owner_that_one_may_write_into_is_no_hindrance(nobodys: Path) -> None:
    """A volume that is root's and open to a group, as of a container: what is made there is one's own."""
    os.chown(nobodys, 0, 65534)
    nobodys.chmod(0o770)
    base = nobodys / "hooktrace"
    settings = AgentSettings(nobodys / ".claude/settings.json", base / "hooks", base / "state", base / "backups")
    assert refusal_to_nobody(settings, nobodys) == ""
    assert settings.installed() == "all"
    os.chown(settings.path, 65534, 1234)
    settings.path.write_text("{}")
    assert refusal_to_nobody(settings, nobodys) == ""
    assert settings.installed() == "all"
    settings.remove()
    assert not settings.path.parent.exists(), "it was remembered who made it"


def test_a_read_only_directory_is_said_so(nobodys: Path) -> None:
    """Nothing is half-written, and the message says which directory refuses."""
    directory = nobodys / ".claude"
    directory.mkdir()
    (directory / "settings.json").write_text("{}")
    if os.geteuid() == 0:
        os.chown(directory / "settings.json", 65534, 65534)
    directory.chmod(0o555)
    base = nobodys / "hooktrace"
    settings = AgentSettings(directory / "settings.json", base / "hooks", base / "state", base / "backups")
    message = refusal_to_nobody(settings, nobodys)
    directory.chmod(0o755)  # so that whoever runs the tests can remove it
    assert str(directory) in message
    assert "Permission denied\nhint: " in message
    assert {path.name for path in directory.iterdir()} == {"settings.json"}
    assert (directory / "settings.json").read_text() == "{}"
    assert not base.exists()


def test_a_full_disk_leaves_the_old_file(settings: AgentSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written whole does not take the place of what is there."""
    before = standing(settings, '{"model": "opus"}')

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsFileError, match="No space left on device\nhint: "):
        settings.install()
    assert settings.path.read_bytes() == before
    assert [path.name for path in settings.path.parent.iterdir()] == ["settings.json"]


def test_a_write_of_the_client_in_between_is_not_lost(settings: AgentSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another wrote between our reading and our writing is read, and kept."""
    standing(settings, {"model": "opus"})
    stage = settingsfile.staged
    late = iter([{"model": "haiku"}])

    @contextlib.contextmanager
    def staged(*arguments: Any) -> Iterator[Path]:
        with stage(*arguments) as temporary:
            for content in late:
                standing(settings, content)
            yield temporary

    monkeypatch.setattr(settingsfile, "staged", staged)
    settings.install()
    assert values(settings) == {"model": "haiku", "hooks": ours(settings)}
    settings.remove()
    assert values(settings) == {"model": "haiku"}


def test_a_file_that_never_rests_is_given_up(settings: AgentSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few attempts the user is told, and what the others wrote stands."""
    standing(settings, {"n": 0})
    stage = settingsfile.staged
    numbers = itertools.count(1)

    @contextlib.contextmanager
    def staged(*arguments: Any) -> Iterator[Path]:
        with stage(*arguments) as temporary:
            standing(settings, {"n": next(numbers)})
            yield temporary

    monkeypatch.setattr(settingsfile, "staged", staged)
    with pytest.raises(SettingsFileError, match="changes whenever"):
        settings.install()
    assert "hooks" not in values(settings)


# What would be done


def test_the_diff_writes_nothing_and_says_what_install_writes(settings: AgentSettings, tmp_path: Path) -> None:
    """--dry-run is a promise: applied by patch(1), the diff gives what install gives."""
    before = standing(settings, STANDING["four spaces"].replace("opus", "op\u2028us"))
    trees = tree(tmp_path)
    diff = settings.diff()
    assert tree(tmp_path) == trees
    assert diff.startswith(f"--- {settings.path}\n+++ {settings.path}\n")
    settings.install()
    after = settings.path.read_bytes()
    assert settings.diff() == ""
    if shutil.which("patch"):
        settings.path.write_bytes(before)
        subprocess.run(["patch", "-s", str(settings.path)], input=diff.encode(), check=True)
        assert settings.path.read_bytes() == after


def test_the_diff_of_a_file_that_is_not_there_makes_it(settings: AgentSettings) -> None:
    """As with any tool, it comes from /dev/null."""
    assert settings.diff().startswith(f"--- /dev/null\n+++ {settings.path}\n@@ -0,0 +1,")
    assert not settings.path.parent.exists()


# What is there


def test_it_is_told_whether_all_some_or_none_are_in(settings: AgentSettings) -> None:
    """And which are missing."""
    assert (settings.installed(), settings.missing()) == ("none", tuple(ours(settings)))
    settings.install()
    assert (settings.installed(), settings.missing()) == ("all", ())
    changed = values(settings)
    del changed["hooks"]["Stop"]
    standing(settings, changed)
    assert (settings.installed(), settings.missing()) == ("some", ("Stop",))


def test_a_form_of_an_earlier_version_is_brought_up_to_date(settings: AgentSettings) -> None:
    """One hook an event, in the form of now; events that are no longer wanted go."""
    script = str(settings.hooks_dir / "record")
    old = {"hooks": [{"type": "command", "command": f"[ -x '{script}' ] && '{script}'", "timeout": 5}]}
    exec_form = {"hooks": [{"type": "command", "command": script, "args": []}]}
    standing(settings, {"hooks": {"Stop": [old, OTHER], "PreToolUse": [exec_form], "MessageDisplay": [exec_form]}})
    settings = AgentSettings(settings.path, settings.hooks_dir, settings.state, settings.backups)
    assert settings.installed() == "some"
    settings.install()
    hooks = values(settings)["hooks"]
    assert hooks["Stop"] == [OTHER, *ours(settings)["Stop"]]
    assert hooks["PreToolUse"] == ours(settings)["PreToolUse"]
    assert "MessageDisplay" not in hooks or hooks["MessageDisplay"] == ours(settings)["MessageDisplay"]
    settings.remove()
    assert values(settings) == {"hooks": {"Stop": [OTHER]}}, "dead hooks are not put back"


@pytest.mark.parametrize("form", ["exec", "shell"])
def test_an_older_installation_gives_way(settings: AgentSettings, tmp_path: Path, form: str) -> None:
    """Its hooks would count every event twice.  If it is still there it is named, and put back on leaving."""
    older = tmp_path / "share/hooktrace/hooks"
    older.mkdir(parents=True)
    script = str(older / "record")
    handler = {"command": "/bin/sh", "args": ["-c", ". $0", script]} if form == "exec" else {"command": f"'{script}' x"}
    before = standing(settings, {"hooks": {"Stop": [{"hooks": [{"type": "command", **handler}]}, OTHER]}})

    Path(script).touch()
    assert [str(older) in warning for warning in settings.install().warnings] == [True]
    assert values(settings)["hooks"]["Stop"] == [OTHER, *ours(settings)["Stop"]]
    settings.remove()
    assert settings.path.read_bytes() == before

    Path(script).unlink()
    assert settings.install().warnings == ()
    settings.remove()
    assert values(settings) == {"hooks": {"Stop": [OTHER]}}


def test_a_record_knows_the_hooks_of_a_moved_installation(settings: AgentSettings) -> None:
    """Hooks that our own records name are ours, whatever their directory is called."""
    elsewhere = AgentSettings(settings.path, settings.path.parent / "odd name", settings.state, settings.backups)
    elsewhere.install()
    settings.install()
    assert values(settings)["hooks"] == ours(settings)


@pytest.mark.parametrize(
    "command",
    ["{0}2/record", "/backup{0}/record", "{0}/recorder", "{0}/record.sh", "echo hooktrace", "/x/hooktrace/hooks/other"],
)
def test_what_only_looks_like_ours_is_not(settings: AgentSettings, command: str) -> None:
    """A path that holds ours in another one is another tool's."""
    group = {"hooks": [{"type": "command", "command": command.format(settings.hooks_dir)}]}
    before = standing(settings, {"hooks": {"Stop": [group]}})
    settings.install()
    assert values(settings)["hooks"]["Stop"][0] == group
    shutil.rmtree(settings.backups)
    settings.remove()
    assert values(settings) == json.loads(before)


def test_odd_neighbours_are_left_alone(settings: AgentSettings) -> None:
    """What a client of tomorrow may put there is none of our business."""
    newer = {"type": "new", "args": "x", "command": 3}
    odd: list[Any] = [None, 1, "text", {"hooks": {}}, {"hooks": [None, 7, newer]}]
    before = standing(settings, {"hooks": {"Stop": odd}, "enabledPlugins": []})
    settings.install()
    assert values(settings)["hooks"]["Stop"][:-1] == odd
    settings.remove()
    assert settings.path.read_bytes() == before


# The other form, and the switch


@pytest.mark.parametrize("enabled", [True, ["1.0"]])
def test_where_the_plugin_is_enabled_it_is_the_one_that_stays(settings: AgentSettings, enabled: object) -> None:
    """Both forms would count every event twice: the settings' hooks go, and that is said."""
    standing(settings, {"model": "opus"})
    settings.install()
    standing(settings, {**values(settings), "enabledPlugins": {"other@x": True, "hooktrace@anything": enabled}})
    assert settings.plugin_enabled() == "hooktrace@anything"
    assert settings.missing_since() is None
    assert '-  "hooks": {' in settings.diff()
    change = settings.install()
    assert change.wrote
    assert "the plugin hooktrace@anything is enabled" in change.warnings[0]
    assert "hooks" not in values(settings)
    assert (settings.install().wrote, settings.diff(), settings.missing_since()) == (False, "", None)


@pytest.mark.parametrize("plugins", [None, [], {"hooktrace@x": False}, {"hooktraces@x": True}])
def test_a_plugin_that_is_off_or_another_is_not_in_the_way(settings: AgentSettings, plugins: object) -> None:
    """Only an enabled plugin of our name runs our hooks."""
    standing(settings, {"enabledPlugins": plugins})
    assert settings.plugin_enabled() is None
    assert settings.install().warnings == ()


def test_a_switch_that_stops_all_hooks_is_named(settings: AgentSettings) -> None:
    """The hooks go in all the same, and the user learns why they will not run."""
    standing(settings, {"disableAllHooks": True})
    assert settings.disabled_by() == "disableAllHooks"
    assert "disableAllHooks" in settings.install().warnings[0]
    standing(settings, {"disableAllHooks": False})
    assert settings.disabled_by() is None


# Removed by another


def test_hooks_that_another_process_removed_are_missed(settings: AgentSettings) -> None:
    """An open session can write the file back as it was: that is told with the time and the cure."""
    before = standing(settings, {"model": "opus"})
    assert hooks_missing(settings.backups) is None, "not installed is not missing"
    settings.install()
    assert hooks_missing(settings.backups) is None
    standing(settings, before)
    os.utime(settings.path, (1_800_000_000, 1_800_000_000))
    told = hooks_missing(settings.backups)
    assert told == settings.missing_since()
    assert told
    assert told.startswith(f"hooks removed from {settings.path} by another process at 2027-01-15 ")
    assert told.endswith("; `hooktrace init` restores")
    settings.install()
    assert hooks_missing(settings.backups) is None
    settings.remove()
    assert hooks_missing(settings.backups) is None
    assert settings.path.read_bytes() == before


def test_single_hooks_and_a_whole_file_are_missed_too(settings: AgentSettings) -> None:
    """Which ones, or that the file is gone or broken."""
    settings.install()
    changed = values(settings)
    del changed["hooks"]["Stop"], changed["hooks"]["PreToolUse"]
    standing(settings, changed)
    told = str(hooks_missing(settings.backups))
    assert told.startswith("the hooks of ")
    assert {"PreToolUse", "Stop"} == set(told.removeprefix("the hooks of ").split(" removed")[0].split(", "))
    settings.path.write_text("{")
    assert "cannot be used, line 1" in str(hooks_missing(settings.backups))
    settings.path.unlink()
    assert f"{settings.path} by another process (it is gone)" in str(hooks_missing(settings.backups))


def test_a_configuration_that_was_deleted_is_not_missed(settings: AgentSettings, tmp_path: Path) -> None:
    """What was tried out in a directory of its own is over; of the others the one that lacks its hooks is named."""
    tried = AgentSettings(tmp_path / "tried/settings.json", settings.hooks_dir, settings.state, settings.backups)
    for one in (tried, settings):
        one.install()
    shutil.rmtree(tried.path.parent)
    assert hooks_missing(settings.backups) is None
    settings.path.unlink()
    assert f"removed from {settings.path} by" in str(hooks_missing(settings.backups))


def test_every_settings_file_that_was_written_is_known(settings: AgentSettings) -> None:
    """With CLAUDE_CONFIG_DIR there may be several; damaged records are none."""
    second = AgentSettings(settings.path.with_name("b.json"), settings.hooks_dir, settings.state, settings.backups)
    settings.install()
    second.install()
    (settings.backups / "settings-2.record").write_text("{")
    (settings.backups / "settings-3.record").write_text("[]")
    assert recorded(settings.backups) == [settings, second]
    settings.remove()
    assert recorded(settings.backups) == [second]


# The client's session files, and our hooks


def test_our_text_in_the_clients_session_files_goes(settings: AgentSettings) -> None:
    """Only files that are ours; a directory a session the client leaves by itself."""
    session = settings.path.parent / "session-env/0a"
    session.mkdir(parents=True)
    mine, others = session / "sessionstart-hook-0.sh", session / "sessionstart-hook-1.sh"
    mine.write_text("export HOOKTRACE_ROOT_ID=x HOOKTRACE_SESSION_ID=x\n")
    others.write_text("export OTHER=1\n")
    link = session / "sessionstart-hook-2.sh"
    link.symlink_to("sessionstart-hook-0.sh")
    settings.remove()
    assert sorted(path.name for path in session.iterdir()) == [others.name, link.name]


@pytest.mark.parametrize("advise", [True, False])
def test_the_hooks_are_copied_whole_with_their_modes(tmp_path: Path, checkout: Path, advise: bool) -> None:
    """Executable stays executable, the directory is private, and what is equal is not written.

    The hook that asks for advice is there only where advice is on, and goes when it is switched off.
    """
    target = tmp_path / "data/hooks"
    copy_hooks(checkout / "hooks", target, not advise)
    copy_hooks(checkout / "hooks", target, advise)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    sources = [
        path for path in (checkout / "hooks").iterdir() if path.is_file() and (advise or path.name not in ADVICE)
    ]
    assert {path.name for path in target.iterdir()} == {path.name for path in sources}
    for source in sources:
        copy = target / source.name
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_mode == source.stat().st_mode
    inodes = {path.name: path.stat().st_ino for path in target.iterdir()}
    (target / "record").write_text("an older version")
    copy_hooks(checkout / "hooks", target, advise)
    assert (target / "record").read_bytes() == (checkout / "hooks/record").read_bytes()
    changed = {path.name for path in target.iterdir() if path.stat().st_ino != inodes[path.name]}
    assert changed == {"record"}


@pytest.mark.parametrize("moment", ["before", "between"])
def test_a_hook_that_is_gone_is_silent(settings: AgentSettings, tmp_path: Path, shells: list[str], moment: str) -> None:
    """A session that is open during an uninstall runs what its settings said: nothing, and exit 0.

    Also if the hook goes between the test whether it is there and the reading of it.
    """
    [group] = ours(settings)["PreToolUse"]
    arguments = group["hooks"][0]["args"]
    if moment == "between":
        arguments = [arguments[0], arguments[1].replace("-r", "-n"), *arguments[2:]]
    done = subprocess.run([*shells, *arguments], input=b"{}", capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_events_that_an_older_client_dropped_are_not_missed(settings: AgentSettings) -> None:
    """2.1.197 rewrites the file without the events it does not know: that is no alarm, and no reason to write again."""
    settings.install()
    changed = values(settings)
    for event in NEWER_EVENTS:
        del changed["hooks"][event]
    standing(settings, changed)
    assert (settings.installed(), settings.missing(), hooks_missing(settings.backups)) == ("all", (), None)
