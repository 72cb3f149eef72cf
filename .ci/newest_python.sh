#!/bin/sh
# Prints the newest Python that really runs: a shim may stand on PATH for a version that is not installed.
for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
