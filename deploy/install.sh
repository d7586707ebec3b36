#!/bin/sh
# Make or update .venv from a lock file, with uv where it is present (and NO_UV is not set), else with venv and pip.
# usage: deploy/install.sh LOCK_FILE
set -eu
lock=$1
here=$(cd "$(dirname "$0")/.." && pwd)
venv="$here/.venv"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "riskstream needs Python >= 3.11; $python is $("$python" --version 2>&1). Set PYTHON=/path/to/python3.11" >&2
    exit 2
}
echo "installing from $lock into .venv"
if [ -z "${NO_UV:-}" ] && command -v uv >/dev/null 2>&1; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$here/$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e "$here"
else
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    # Byte-compiling everything up front would take longer than all else; Python does it on first import.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r "$here/$lock"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$here"
fi
