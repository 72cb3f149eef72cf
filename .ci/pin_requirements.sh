#!/bin/sh
# Pins requirements/*.txt for every platform and Python 3.11 to 3.14. docs and demo agree with test, for
# they share an environment; bench has its own, because its peers hold back versions.
set -e
pin() {
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
        --custom-compile-command "make requirements" "$@"
}
pin --extra testing --extra solver --extra codec pyproject.toml requirements/test.in -o requirements/test.txt
for set in docs demo; do
    pin -c requirements/test.txt pyproject.toml "requirements/$set.in" -o "requirements/$set.txt"
done
pin pyproject.toml requirements/bench.in -o requirements/bench.txt
