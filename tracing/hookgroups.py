"""Our groups among the hooks of a settings.json: found, put in, taken out; others' are never touched.

Pure: a value in, a value out.  What is ours is told by the path of our hooks, never by a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SCRIPTS = ("record", "session-start", "advise")
"""The hooks that settings name."""

OLDER = "/hooktrace/hooks/"
"""What the directory of every installation's hooks ends with, unless HOOKTRACE_HOME named another."""

_SCRIPT = rf"(?:{'|'.join(SCRIPTS)})(?![\w.-])"

Json = dict[str, Any]
Test = Callable[[Any], bool]
"""Tells whether a handler is one of those to be taken out."""


def names(directories: Iterable[str]) -> Test:
    """Return the test for handlers that run hooks in one of *directories*."""
    anyone = "|".join(re.escape(directory) for directory in directories)
    known = re.compile(rf"(?<![\w./~-])(?:{anyone})/{_SCRIPT}")
    return lambda handler: any(known.search(word) for word in _words(handler))


def with_hooks(hooks: Json, expected: Json, goes: Test) -> Json:
    """Return *hooks* with each group of *expected* exactly once: in its place if it is there, else last.

    Handlers that *goes* tells are taken out, and events of which nothing is left.
    """
    result: Json = {}
    for event, groups in hooks.items():
        wanted = expected.get(event, [None])[0]
        place = groups.index(wanted) if wanted in groups else -1
        result[event] = []
        for index, group in enumerate(groups):
            result[event] += [group] if index == place else _left_of(group, goes)
        if groups and not result[event] and event not in expected:
            del result[event]
    for event, [group] in expected.items():
        if group not in result.setdefault(event, []):
            result[event].append(group)
    return result


def without_hooks(hooks: Json, goes: Test, before: Json) -> Json:
    """Return *hooks* without the handlers that *goes* tells, and without what is empty only because of that.

    An event stays if it was empty *before* ours came in.
    """
    result: Json = {}
    for event, groups in hooks.items():
        kept = [rest for group in groups for rest in _left_of(group, goes)]
        if kept or not groups or before.get(event) == []:
            result[event] = kept
    return result


def _left_of(group: Any, goes: Test) -> list[Any]:
    """Return *group* without the handlers that go, in a list; an empty one if it had no others."""
    handlers = group.get("hooks") if isinstance(group, dict) else None
    if not isinstance(handlers, list):
        return [group]
    kept = [handler for handler in handlers if not goes(handler)]
    if len(kept) == len(handlers):
        return [group]
    return [{**group, "hooks": kept}] if kept else []


def groups_of(hooks: Json, event: str) -> list[Any]:
    """Return the groups of *event*."""
    groups = hooks.get(event, [])
    return groups if isinstance(groups, list) else []


def handlers_of(hooks: Json) -> Iterator[Any]:
    """Yield the handlers of all events."""
    for event in hooks:
        for group in groups_of(hooks, event):
            handlers = group.get("hooks") if isinstance(group, dict) else None
            yield from handlers if isinstance(handlers, list) else ()


def _words(handler: Any) -> list[str]:
    """Return the texts of a handler that may name a program."""
    if not isinstance(handler, dict):
        return []
    arguments = handler.get("args")
    words = [handler.get("command"), *(arguments if isinstance(arguments, list) else ())]
    return [word for word in words if isinstance(word, str)]


def older_scripts(handler: Any) -> Iterator[str]:
    """Yield the paths in *handler* that end as the path of a hook of ours does, in exec form or a shell's."""
    for word in _words(handler):
        if word.startswith("/") and any(word.endswith(OLDER + script) for script in SCRIPTS):
            yield word
        else:
            yield from (match[0] for match in re.finditer(rf"/[^\s'\"]*{OLDER}{_SCRIPT}", word))
