"""Hands the prompt on stdin to the collector and prints what it answers; silent on any doubt, and always exit 0.

Run by hooks/advise in the state directory.  Only modules that are built in: `socket` and `signal` cost 10 ms more,
`json` as much again.  So the prompt goes to the collector as it came, and what comes back is checked sign by sign.
"""

import _signal
import _socket
import os
import sys
import time

BUDGET_S = 0.150
"""From the start of the hook; whatever is not there by then is not said."""

START_S = 0.030
"""What starting takes, where the kernel does not tell when it was."""

TIMEOUT_S = 2.0
"""The client ends this hook then, as tracing/hookconfig.py has it."""

LONGEST_PROMPT = 1 << 20
"""Bytes of the event on stdin; a longer one is not read to its end."""

LONGEST_ANSWER = 600
END = b"\n"
"""Ends an answer: without it something is missing."""

PLAIN = frozenset(b" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:;()>/-")
"""Nothing that would have to be escaped in JSON, or that a terminal obeys."""


def main():
    """Ask, and print the answer."""
    left = BUDGET_S - started_ago()
    if left <= 0:
        return
    _signal.signal(_signal.SIGALRM, lambda *_: os._exit(0))
    _signal.setitimer(_signal.ITIMER_REAL, left)
    deadline = time.monotonic() + left
    prompt = read_all(lambda: os.read(0, 65536), LONGEST_PROMPT)
    asked = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    asked.connect("advise.sock")
    send_all(asked, b"%d %d\n" % (deadline * 1000, len(prompt)) + prompt)
    answer = b""
    while not answer.endswith(END):
        part = asked.recv(1024)
        answer += part
        if not part or len(answer) > LONGEST_ANSWER + len(END):
            return
    said = answer[: -len(END)]
    if not said or not PLAIN.issuperset(said):
        return
    _signal.setitimer(_signal.ITIMER_REAL, 0)  # whole or not at all
    os.write(1, b'{"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"%s"}}\n' % said)
    asked.send(END)


def started_ago():
    """Return for how long this process runs, the shell it was before included."""
    try:
        ago = max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - float(sys.argv[1]))
    except (AttributeError, IndexError, ValueError):
        return START_S
    return ago if ago < TIMEOUT_S else START_S  # in a container /proc/uptime may be its own, the clock the machine's


def read_all(read, most):
    """Return what *read* gives until its end.  More than *most* bytes are a doubt."""
    parts, size = [], 0
    while part := read():
        parts.append(part)
        size += len(part)
        if size > most:
            os._exit(0)
    return b"".join(parts)


def send_all(to, data):
    """Send *data*."""
    while data:
        data = data[to.send(data) :]


try:  # noqa: SIM105
    main()
except BaseException:  # noqa: S110 - whatever it is, the prompt goes on without advice; no import for it
    pass
os._exit(0)
