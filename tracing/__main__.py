"""The command: ``hooktrace``, or ``python -m tracing``."""

import sys


def main() -> None:
    """Run the command line; `hooktrace run -- COMMAND`, which stands in somebody's way, without its library."""
    if len(sys.argv) > 3 and sys.argv[1:3] == ["run", "--"]:
        from tracing.run.command import run

        sys.exit(run(sys.argv[3:]))
    from tracing.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
