#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder's image.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
venv=${GRADE_VENV:-$root/venv}

newest() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$name"
            return
        fi
    done
}

# An environment that couldn't be finished has a Python, but no pip.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(newest)
    # Debian and Ubuntu ship what makes environments in a package of its own.
    if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=3.11
        [ -z "$python" ] || version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt-get update
        apt-get install -y "python$version" "python$version-venv"
        python=$(newest)
    fi
    "$python" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --requirement "$root/source/requirements.txt"

# Students' code reads neither the course nor the results; it runs as another user wherever the machine allows that.
chmod -R go-rwx "$root/source/course"
mkdir -p "$root/results"
chmod 700 "$root/results"
