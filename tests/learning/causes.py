"""Causes of failures as tools tell them, each in several wordings of its program: paths, numbers, ids and names differ.

Several are near one another in words and are not one cause: refused and timed out, a column and a table that do not
exist, a key that the server does not accept and a file that may not be read.  The two halves share no cause.
"""

# ruff: noqa: E501, RUF001 - what programs and people say stands as they say it

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """Why something fails: the tool, what it was asked, and what it says."""

    tool: str
    subject: str
    """A command, or a file's path; PATH, NAME and N vary."""
    messages: tuple[str, ...]
    """PATH, N, ID, HASH and NAME vary."""


def _shell(command: str, *messages: str) -> Cause:
    return Cause("Bash", command, tuple(f"Exit code 1\n{message}" for message in messages))


FIRST: Mapping[str, Cause] = {
    "missing module": _shell(
        "python PATH.py",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in <module>\n    import NAME\n'
        "ModuleNotFoundError: No module named 'NAME'",
        'Traceback (most recent call last):\n  File "/home/dev/PATH/app.py", line N, in <module>\n'
        "  File \"/PATH.py\", line N, in <module>\n    from NAME import x\nModuleNotFoundError: No module named 'NAME'",
    ),
    "name not in module": _shell(
        "python PATH.py",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in <module>\n'
        "ImportError: cannot import name 'NAME' from 'NAME.core' (/PATH/core.py)",
    ),
    "assertion": _shell(
        "pytest PATH.py",
        "=== FAILURES ===\n___ test_NAME ___\n    def test_NAME():\n>       assert total(N) == N\nE       assert N == N\n"
        "E        +  where N = total(N)\n\nPATH.py:N: AssertionError\nFAILED PATH.py::test_NAME - assert N == N\n"
        "1 failed, N passed in N.Ns",
        "=== FAILURES ===\n>       assert len(rows) == N\nE       AssertionError: assert N == N\n\nPATH.py:N: AssertionError\n"
        "FAILED PATH.py::TestNAME::test_it - AssertionError: assert N == N\nN failed in N.Ns",
    ),
    "command missing": _shell(
        "NAME --check", "/bin/bash: line N: NAME: command not found", "bash: line N: NAME: command not found"
    ),
    "port in use": _shell(
        "npm start",
        "node:events:N\n      throw er;\n\nError: listen EADDRINUSE: address already in use :::N\n    at Server.setupListenHandle",
        "Error: listen EADDRINUSE: address already in use 0.0.0.0:N\n    at Server.setupListenHandle (node:net:N:N)",
    ),
    "database refused": _shell(
        "psql -c 'select 1'",
        'psql: error: connection to server at "localhost" (127.0.0.1), port N failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?",
        'psql: error: connection to server at "db-N.internal" (10.0.N.N), port N failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?",
    ),
    "database timed out": _shell(
        "psql -c 'select 1'",
        'psql: error: connection to server at "db-N.internal" (10.0.N.N), port N failed: Connection timed out\n'
        "\tIs the server running on that host and accepting TCP/IP connections?",
    ),
    "no such table": _shell(
        "psql -f PATH.sql",
        'psql:PATH.sql:N: ERROR:  relation "NAME" does not exist\nLINE N: SELECT * FROM NAME',
        'ERROR:  relation "public.NAME" does not exist\nLINE N: INSERT INTO NAME',
    ),
    "no such column": _shell(
        "psql -f PATH.sql",
        'psql:PATH.sql:N: ERROR:  column "NAME" does not exist\nLINE N: SELECT NAME',
        'ERROR:  column "u.NAME" does not exist\nLINE N: SELECT u.NAME',
    ),
    "not read yet": Cause(
        "Edit",
        "/home/dev/PATH.py",
        ("<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>",),
    ),
    "string not found": Cause(
        "Edit",
        "/home/dev/PATH.py",
        (
            "<tool_use_error>String to replace not found in file.\nString: def NAME(x):\n    return N</tool_use_error>",
            "<tool_use_error>String to replace not found in file.\nString:     self.NAME = N</tool_use_error>",
        ),
    ),
    "file missing": Cause(
        "Read",
        "/home/dev/PATH.py",
        (
            "File does not exist. Note: your current working directory is /home/dev/PATH.",
            "File does not exist. Note: your current working directory is /srv/PATH/NAME.",
        ),
    ),
    "push rejected": _shell(
        "git push origin NAME",
        "To github.com:acme/NAME.git\n ! [rejected]        NAME -> NAME (non-fast-forward)\n"
        "error: failed to push some refs to 'github.com:acme/NAME.git'",
        "To git@gitlab.com:acme/NAME.git\n ! [rejected]        main -> main (non-fast-forward)\n"
        "error: failed to push some refs to 'git@gitlab.com:acme/NAME.git'\nhint: Updates were rejected",
    ),
    "type mismatch": _shell(
        "npx tsc --noEmit",
        "PATH.ts(N,N): error TS2345: Argument of type 'string | undefined' is not assignable to parameter of type 'NAME'.",
        "PATH.ts(N,N): error TS2345: Argument of type 'NAME[]' is not assignable to parameter of type 'string'.",
    ),
    "type property": _shell(
        "npx tsc --noEmit", "PATH.ts(N,N): error TS2339: Property 'NAME' does not exist on type 'NAME'."
    ),
    "peer dependency": _shell(
        "npm install NAME",
        "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! Found: NAME@N.N.N",
        "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\nnpm error While resolving: NAME@N.N.N",
    ),
    "test timeout": Cause("Bash", "pytest PATH", ("Exit code 143\nCommand timed out after Nm N.Ns",)),
    "disk full": _shell(
        "docker build -t NAME:N .",
        "write /var/lib/docker/overlay2/HASH/PATH: no space left on device",
        "write /var/lib/docker/tmp/ID: no space left on device",
    ),
}

SECOND: Mapping[str, Cause] = {
    "attribute of none": _shell(
        "python -m NAME",
        'Traceback (most recent call last):\n  File "/srv/PATH.py", line N, in NAME\n    return user.NAME\n'
        "AttributeError: 'NoneType' object has no attribute 'NAME'",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in main\n  File "/PATH.py", line N, in run\n'
        "AttributeError: 'NoneType' object has no attribute 'NAME'",
    ),
    "key error": _shell(
        "python PATH.py",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in load\n    value = row["NAME"]\nKeyError: \'NAME\'',
        "Traceback (most recent call last):\n  File \"/home/dev/PATH.py\", line N, in <module>\nKeyError: 'NAME'",
    ),
    "expected equal": _shell(
        "npx jest PATH",
        "FAIL PATH.test.ts\n  ● NAME › adds up\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: N\n"
        "    Received: N\n\n      at Object.<anonymous> (PATH.test.ts:N:N)\n\nTests:       1 failed, N passed, N total",
        "FAIL PATH.test.ts\n  ● NAME\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: N\n"
        "    Received: N\n\nTests:       N failed, N total",
    ),
    "module not resolved": _shell(
        "node PATH.js",
        "node:internal/modules/cjs/loader:N\n  throw err;\n\nError: Cannot find module 'NAME'\nRequire stack:\n- /PATH.js",
        "node:internal/modules/cjs/loader:N\n  throw err;\n\nError: Cannot find module '../NAME/NAME'\nRequire stack:\n- /PATH.js\n- /PATH.js",
    ),
    "publickey": _shell(
        "git fetch origin",
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        "git@gitlab.example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    ),
    "file forbidden": _shell(
        "cp PATH /etc/NAME",
        "cp: cannot create regular file '/etc/NAME': Permission denied",
        "cp: cannot create regular file '/etc/PATH': Permission denied",
    ),
    "host unknown": _shell(
        "curl https://NAME.example.com",
        "curl: (6) Could not resolve host: NAME.example.com",
        "curl: (6) Could not resolve host: NAME-N.internal",
    ),
    "http refused": _shell(
        "curl localhost:N",
        "curl: (7) Failed to connect to localhost port N after N ms: Couldn't connect to server",
        "curl: (7) Failed to connect to 10.N.N.N port N after N ms: Couldn't connect to server",
    ),
    "merge conflict": _shell(
        "git merge NAME",
        "Auto-merging PATH.py\nCONFLICT (content): Merge conflict in PATH.py\n"
        "Automatic merge failed; fix conflicts and then commit the result.",
        "Auto-merging PATH.lock\nCONFLICT (content): Merge conflict in PATH.lock\nAuto-merging PATH.md\n"
        "Automatic merge failed; fix conflicts and then commit the result.",
    ),
    "not a repository": _shell("git status", "fatal: not a git repository (or any of the parent directories): .git"),
    "duplicate key": _shell(
        "python manage.py loaddata PATH",
        'django.db.utils.IntegrityError: duplicate key value violates unique constraint "NAME_key"\n'
        "DETAIL:  Key (email)=(NAME@example.com) already exists.",
        'django.db.utils.IntegrityError: duplicate key value violates unique constraint "NAME_NAME_uniq"\n'
        "DETAIL:  Key (id)=(N) already exists.",
    ),
    "foreign key": _shell(
        "python manage.py loaddata PATH",
        'django.db.utils.IntegrityError: insert or update on table "NAME" violates foreign key constraint "NAME_fk"\n'
        'DETAIL:  Key (user_id)=(N) is not present in table "NAME".',
    ),
    "borrowed": _shell(
        "cargo build",
        "error[E0502]: cannot borrow `NAME` as mutable because it is also borrowed as immutable\n --> PATH.rs:N:N\n"
        'error: could not compile `NAME` (bin "NAME") due to 1 previous error',
        "error[E0502]: cannot borrow `self.NAME` as mutable because it is also borrowed as immutable\n  --> PATH.rs:N:N\n"
        "error: could not compile `NAME` (lib) due to N previous errors",
    ),
    "moved": _shell(
        "cargo build",
        'error[E0382]: use of moved value: `NAME`\n --> PATH.rs:N:N\nerror: could not compile `NAME` (bin "NAME")',
    ),
    "undefined in go": _shell(
        "go build ./...", "# acme/NAME\n./PATH.go:N:N: undefined: NAME", "# acme/PATH\n./PATH.go:N:N: undefined: NAME"
    ),
    "no distribution": _shell(
        "pip install NAME",
        "ERROR: Could not find a version that satisfies the requirement NAME==N.N.N (from versions: none)\n"
        "ERROR: No matching distribution found for NAME==N.N.N",
        "ERROR: Could not find a version that satisfies the requirement NAME (from versions: none)\n"
        "ERROR: No matching distribution found for NAME",
    ),
    "changed since read": Cause(
        "Edit",
        "/home/dev/PATH.ts",
        (
            "<tool_use_error>File has been modified since read, either by the user or by a linter. Read it again before "
            "attempting to write it.</tool_use_error>",
        ),
    ),
    "ambiguous string": Cause(
        "Edit",
        "/home/dev/PATH.ts",
        (
            "<tool_use_error>Found N matches of the string to replace, but replace_all is false. To replace all occurrences, "
            "set replace_all to true.\nString: const NAME = N</tool_use_error>",
            "<tool_use_error>Found N matches of the string to replace, but replace_all is false. To replace all occurrences, "
            "set replace_all to true.\nString: return NAME</tool_use_error>",
        ),
    ),
    "directory read": Cause(
        "Read", "/home/dev/PATH", ("EISDIR: illegal operation on a directory, read '/home/dev/PATH'",)
    ),
    "killed": _shell("python PATH.py", "/bin/bash: line N: N Killed                  python PATH.py"),
}


THIRD: Mapping[str, Cause] = {
    "spec": _shell(
        "bundle exec rspec PATH",
        "Failures:\n\n  1) NAME adds up\n     Failure/Error: expect(NAME.total).to eq(N)\n\n       expected: N\n            got: N\n\n"
        "Finished in N.N seconds\nN examples, 1 failure",
        "Failures:\n\n  1) NAME is sorted\n     Failure/Error: expect(NAME.size).to eq(N)\n\n       expected: N\n            got: N\n\n"
        "N examples, N failures",
    ),
    "go test": _shell(
        "go test ./...",
        "--- FAIL: TestNAME (0.00s)\n    PATH_test.go:N: got N, want N\nFAIL\nFAIL\tacme/NAME\t0.N s\nFAIL",
        "--- FAIL: TestNAME (N.Ns)\n    PATH_test.go:N: got N, want N\nFAIL\texample.com/NAME/NAME\tN.Ns\nFAIL",
    ),
    "index range": _shell(
        "python PATH.py",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in NAME\nIndexError: list index out of range',
        'Traceback (most recent call last):\n  File "/srv/PATH.py", line N, in <listcomp>\nIndexError: list index out of range',
    ),
    "bad json": _shell(
        "python PATH.py data/NAME.json",
        "json.decoder.JSONDecodeError: Expecting value: line N column N (char N)",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in load\n'
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    ),
    "bad json delimiter": _shell(
        "python PATH.py data/NAME.json",
        "json.decoder.JSONDecodeError: Expecting ',' delimiter: line N column N (char N)",
    ),
    "script missing": _shell(
        "npm run NAME",
        'npm error Missing script: "NAME"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run',
        'npm ERR! Missing script: "NAME:NAME"\nnpm ERR! \nnpm ERR! To see a list of scripts, run:\nnpm ERR!   npm run',
    ),
    "package missing": _shell(
        "npm install NAME",
        "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/NAME - Not found\nnpm error 404\n"
        "npm error 404  'NAME@*' is not in this registry.",
        "npm error code E404\nnpm error 404 Not Found - GET https://npm.acme.io/@acme%2fNAME - Not found\n"
        "npm error 404  '@acme/NAME@^N.N.N' is not in this registry.",
    ),
    "undefined reference": _shell(
        "make NAME",
        "/usr/bin/ld: PATH.o: in function `main':\nPATH.c:(.text+0xN): undefined reference to `NAME'\n"
        "collect2: error: ld returned 1 exit status\nmake: *** [Makefile:N: NAME] Error 1",
        "/usr/bin/ld: /tmp/ccNAME.o: in function `NAME':\nPATH.c:(.text+0xN): undefined reference to `NAME_NAME'\n"
        "collect2: error: ld returned 1 exit status\nmake: *** [Makefile:N: all] Error 1",
    ),
    "no rule": _shell(
        "make NAME",
        "make: *** No rule to make target 'NAME'.  Stop.",
        "make: *** No rule to make target 'PATH.c', needed by 'PATH.o'.  Stop.",
    ),
    "daemon down": _shell(
        "docker ps",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "Cannot connect to the Docker daemon at tcp://10.0.N.N:N. Is the docker daemon running?",
    ),
    "image missing": _shell(
        "docker run acme/NAME",
        "docker: Error response from daemon: pull access denied for acme/NAME, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied",
        "Error response from daemon: pull access denied for NAME, repository does not exist or may require 'docker login': "
        "denied: requested access to the resource is denied",
    ),
    "branch unknown": _shell(
        "git checkout NAME",
        "error: pathspec 'NAME' did not match any file(s) known to git",
        "error: pathspec 'feature/NAME-N' did not match any file(s) known to git",
    ),
    "overwritten by checkout": _shell(
        "git checkout NAME",
        "error: Your local changes to the following files would be overwritten by checkout:\n\tPATH.py\n"
        "Please commit your changes or stash them before you switch branches.\nAborting",
        "error: Your local changes to the following files would be overwritten by checkout:\n\tPATH.md\n\tPATH.ts\n"
        "Please commit your changes or stash them before you switch branches.\nAborting",
    ),
    "password refused": _shell(
        "psql -h db NAME",
        'psql: error: connection to server at "db" (10.0.N.N), port N failed: FATAL:  password authentication failed for user "NAME"',
        'psql: error: connection to server at "db-N.internal" (10.0.N.N), port N failed: FATAL:  password authentication failed for user "NAME"',
    ),
    "no such database": _shell(
        "psql -h db NAME",
        'psql: error: connection to server at "db" (10.0.N.N), port N failed: FATAL:  database "NAME" does not exist',
        'psql: error: connection to server at "localhost" (127.0.0.1), port N failed: FATAL:  database "NAME_N" does not exist',
    ),
    "certificate": _shell(
        "curl https://NAME.example.com",
        "curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html",
        "curl: (60) SSL certificate problem: unable to get local issuer certificate",
    ),
    "heap": _shell(
        "node PATH.js",
        "<--- Last few GCs --->\n[N:0xN]  N ms: Mark-Compact N.N (N.N) -> N.N (N.N) MB\n"
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xN node::Abort() [node]",
    ),
    "two arguments": _shell(
        "python PATH.py",
        "TypeError: NAME() takes N positional arguments but N were given",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in main\nTypeError: NAME.NAME() takes N positional arguments but N were given',
    ),
    "same strings": Cause(
        "Edit",
        "/home/dev/PATH.go",
        ("<tool_use_error>No changes to make: old_string and new_string are exactly the same.</tool_use_error>",),
    ),
    "edit of no file": Cause("Edit", "/home/dev/PATH.go", ("<tool_use_error>File does not exist.</tool_use_error>",)),
    "too large": Cause(
        "Read",
        "/home/dev/PATH.log",
        (
            "File content (N tokens) exceeds maximum allowed tokens (N). Use offset and limit parameters to read specific portions.",
            "File content (N.N MB) exceeds maximum allowed size (256KB). Use offset and limit parameters to read specific portions.",
        ),
    ),
    "wrong option": _shell(
        "NAME --NAME",
        "usage: NAME [-h] [--NAME NAME]\nNAME: error: unrecognized arguments: --NAME",
        "usage: NAME.py [-h]\nNAME.py: error: unrecognized arguments: --NAME=N",
    ),
}

TUNING: Mapping[str, Cause] = {**FIRST, **SECOND, **THIRD}

REPORT: Mapping[str, Cause] = {
    "junit": _shell(
        "mvn test",
        "[ERROR] Failures: \n[ERROR]   NAMETest.adds:N expected: <N> but was: <N>\n[INFO] \n"
        "[ERROR] Tests run: N, Failures: 1, Errors: 0, Skipped: 0",
        "[ERROR] Failures: \n[ERROR]   NAMETest.sorts:N expected: <NAME> but was: <NAME>\n[INFO] \n"
        "[ERROR] Tests run: N, Failures: N, Errors: 0, Skipped: N",
    ),
    "cargo test": _shell(
        "cargo test",
        "---- NAME::tests::adds stdout ----\nthread 'NAME::tests::adds' panicked at PATH.rs:N:N:\n"
        "assertion `left == right` failed\n  left: N\n right: N\n\ntest result: FAILED. N passed; 1 failed; 0 ignored",
        "---- NAME::tests::NAME stdout ----\nthread 'NAME::tests::NAME' panicked at PATH.rs:N:N:\n"
        "assertion `left == right` failed\n  left: N\n right: N\nnote: run with `RUST_BACKTRACE=1`\n\n"
        "test result: FAILED. N passed; N failed",
    ),
    "divided by zero": _shell(
        "python PATH.py",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in NAME\n    return a / b\nZeroDivisionError: division by zero',
        'Traceback (most recent call last):\n  File "/srv/PATH.py", line N, in <module>\nZeroDivisionError: division by zero',
    ),
    "bad number": _shell(
        "python PATH.py",
        "ValueError: invalid literal for int() with base 10: 'NAME'",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in parse\n'
        "ValueError: invalid literal for int() with base 10: 'N,N'",
    ),
    "bad unpacking": _shell(
        "python PATH.py",
        "ValueError: not enough values to unpack (expected N, got N)",
        'Traceback (most recent call last):\n  File "/PATH.py", line N, in NAME\n'
        "ValueError: not enough values to unpack (expected N, got N)",
    ),
    "indentation": _shell(
        "python PATH.py",
        '  File "/home/dev/PATH.py", line N\n    return NAME\nIndentationError: unexpected indent',
        '  File "/PATH.py", line N\n    NAME = N\nIndentationError: unexpected indent',
    ),
    "cannot read property": _shell(
        "node PATH.js",
        "/PATH.js:N\n    return NAME.id\n\nTypeError: Cannot read properties of undefined (reading 'NAME')\n    at NAME (/PATH.js:N:N)",
        "TypeError: Cannot read properties of undefined (reading 'NAME')\n    at Object.<anonymous> (/srv/PATH.js:N:N)",
    ),
    "not a function": _shell(
        "node PATH.js",
        "/PATH.js:N\n\nTypeError: NAME.NAME is not a function\n    at main (/PATH.js:N:N)",
        "TypeError: NAME is not a function\n    at Object.<anonymous> (/PATH.js:N:N)",
    ),
    "unused variable": _shell(
        "npx eslint src",
        "/home/dev/PATH.ts\n  N:N  error  'NAME' is assigned a value but never used  @typescript-eslint/no-unused-vars\n\n"
        "✖ 1 problem (1 error, 0 warnings)",
        "/srv/PATH.ts\n  N:N  error  'NAME' is assigned a value but never used  @typescript-eslint/no-unused-vars\n\n"
        "✖ N problems (N errors, N warnings)",
    ),
    "annotation missing": _shell(
        "mypy .",
        "PATH.py:N: error: Function is missing a type annotation  [no-untyped-def]\nFound 1 error in 1 file (checked N source files)",
        "PATH.py:N: error: Function is missing a type annotation  [no-untyped-def]\nPATH.py:N: error: Function is missing a type "
        "annotation  [no-untyped-def]\nFound N errors in N files (checked N source files)",
    ),
    "incompatible return": _shell(
        "mypy .",
        'PATH.py:N: error: Incompatible return value type (got "NAME", expected "str")  [return-value]\n'
        "Found 1 error in 1 file (checked N source files)",
        'PATH.py:N: error: Incompatible return value type (got "list[NAME]", expected "NAME | None")  [return-value]\n'
        "Found N errors in N files (checked N source files)",
    ),
    "branch exists": _shell(
        "git checkout -b NAME",
        "fatal: a branch named 'NAME' already exists",
        "fatal: a branch named 'fix/NAME-N' already exists",
    ),
    "remote missing": _shell(
        "git push NAME main",
        "fatal: 'NAME' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n"
        "Please make sure you have the correct access rights\nand the repository exists.",
    ),
    "not null": _shell(
        "psql -f PATH.sql",
        'psql:PATH.sql:N: ERROR:  null value in column "NAME" of relation "NAME" violates not-null constraint\n'
        "DETAIL:  Failing row contains (N, null, NAME).",
        'ERROR:  null value in column "NAME" of relation "NAME" violates not-null constraint\nDETAIL:  Failing row contains (N, N, null).',
    ),
    "sql syntax": _shell(
        "psql -f PATH.sql",
        'psql:PATH.sql:N: ERROR:  syntax error at or near "NAME"\nLINE N: SELEC NAME FROM NAME',
        'ERROR:  syntax error at or near ")"\nLINE N: ) VALUES (N)',
    ),
    "http forbidden": _shell(
        "gh pr create",
        "HTTP 403: Resource not accessible by integration (https://api.github.com/repos/acme/NAME/pulls)",
        "HTTP 403: Resource not accessible by integration (https://api.github.com/repos/acme/NAME-N/issues/N)",
    ),
    "name taken": _shell(
        "docker run --name NAME acme/NAME",
        'docker: Error response from daemon: Conflict. The container name "/NAME" is already in use by container "HASH". You have '
        "to remove (or rename) that container to be able to reuse that name.",
    ),
    "port allocated": _shell(
        "docker run -p N:N acme/NAME",
        "docker: Error response from daemon: driver failed programming external connectivity on endpoint NAME (HASH): Bind for "
        "0.0.0.0:N failed: port is already allocated.",
    ),
    "cc missing": _shell(
        "pip install NAME",
        "  error: command 'gcc' failed: No such file or directory\n  [end of output]\n\nnote: This error originates from a subprocess\n"
        "ERROR: Failed building wheel for NAME",
        "  error: command 'gcc' failed: No such file or directory\n  [end of output]\n\nERROR: Failed building wheel for NAME-N",
    ),
    "fetch status": Cause(
        "WebFetch",
        "",
        ("Request failed with status code 404", "Request failed with status code 404"),
    ),
    "read forbidden": Cause(
        "Read",
        "/home/dev/PATH.key",
        ("EACCES: permission denied, open '/home/dev/PATH.key'", "EACCES: permission denied, open '/srv/PATH'"),
    ),
    "notebook": Cause(
        "Edit",
        "/p/PATH.ipynb",
        ("<tool_use_error>File is a Jupyter Notebook. Use the NotebookEdit to edit this file.</tool_use_error>",),
    ),
    "terraform state": _shell(
        "terraform apply",
        "Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\n"
        "Lock Info:\n  ID:        ID",
        "Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\n"
        "Lock Info:\n  ID:        ID\n  Path:      NAME/terraform.tfstate",
    ),
}
"""Written when the folds stood that THIRD had taught."""
