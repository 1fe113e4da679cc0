"""The command: ``hooktrace``, or ``python -m tracing``."""

import sys

INTERRUPTED = 130
"""What shells show for an end by SIGINT."""


def main() -> None:
    """Run the command line; `hooktrace run -- COMMAND`, which stands in somebody's way, without its library."""
    if sys.argv[1:2] == ["run"] and (asked := _plainly_asked(sys.argv[2:])):
        try:
            from tracing.run.command import run

            sys.exit(run(*asked))
        except KeyboardInterrupt:  # before there was a command to interrupt
            sys.exit(INTERRUPTED)
    from tracing.cli import main as command_line

    command_line()


def _plainly_asked(arguments: list[str]) -> tuple[list[str], str | None] | None:
    """Return the command, and its name, of ``[--name NAME] -- COMMAND...``; None of any other form."""
    name = None
    if arguments[:1] == ["--name"] and len(arguments) > 1:
        name, arguments = arguments[1], arguments[2:]
    return (arguments[1:], name) if arguments[:1] == ["--"] and len(arguments) > 1 else None


if __name__ == "__main__":
    main()
