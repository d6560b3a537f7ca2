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

if [ ! -x "$venv/bin/python" ]; then
    python=$(newest)
    if [ -z "$python" ]; then
        apt-get update
        apt-get install -y python3.11 python3.11-venv
        python=$(newest)
    fi
    "$python" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --requirement "$root/source/requirements.txt"

# Students' code reads neither the course nor the results; it runs as another user wherever the machine allows that.
chmod -R go-rwx "$root/source/course"
mkdir -p "$root/results"
chmod 700 "$root/results"
