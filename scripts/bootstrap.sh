#!/usr/bin/env bash
# Make .venv from uv.lock, on a machine with Python 3.11+ and nothing else prepared.
#   scripts/bootstrap.sh          what `smartqueue up` needs
#   scripts/bootstrap.sh dev      and what the tests need, Chromium included
set -euo pipefail
cd "$(dirname "$0")/.."

group=${1:-run}
stamp=.venv/.smartqueue-$group
[ "$group" = run ] && [ -e .venv/.smartqueue-dev ] && group=dev stamp=.venv/.smartqueue-dev

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else return 1; fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    say "SmartQueue needs Python 3.11 or newer, and none was found. On Debian 12 or later: apt-get install python3"
    return 1
}

make_venv() {
    .venv/bin/python -c '' 2>/dev/null && return
    local python
    python=$(find_python)
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then # Debian keeps ensurepip in a package of its own
        say "Installing python3-venv"
        rm -rf .venv
        apt_install python3-venv || say "python3-venv could not be installed: ask for the package of that name."
        "$python" -m venv .venv
    fi
}

find_uv() { # prints the program; one of our own lies beside the packages, where `uv sync` does not remove it
    if uv --version >/dev/null 2>&1; then
        echo uv
        return
    fi
    if [ ! -x .venv/tools/bin/uv ]; then
        say "Installing uv"
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >&2
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --target .venv/tools uv >&2
    fi
    echo .venv/tools/bin/uv
}

sync_packages() {
    local uv
    uv=$(find_uv)
    say "Installing the packages of uv.lock"
    if [ "$group" = dev ]; then set -- --group dev; else set -- --no-dev; fi
    env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never "$uv" sync --quiet --locked "$@"
    touch "$stamp"
}

ensure_browser() { # the tests of the pages open them in Debian's Chromium
    command -v chromium >/dev/null && return
    say "Installing Chromium"
    apt_install chromium && return
    say "Chromium could not be installed: ask for the package of that name."
    return 1
}

if [ ! -e "$stamp" ] || [ uv.lock -nt "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ ! -x .venv/bin/smartqueue ]; then
    make_venv
    sync_packages
fi
[ "$group" != dev ] || [ "${SMARTQUEUE_NO_BROWSER:-}" = 1 ] || ensure_browser
