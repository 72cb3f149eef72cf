#!/bin/sh
# The tests on every Python 3.11 to 3.14 that runs here, each in an environment of its own; says which are missing.
failed="" missing="" passed=""
for version in 3.11 3.12 3.13 3.14; do
    python="python$version"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        missing="$missing $version"
        continue
    fi
    echo "=== Python $version"
    if make --no-print-directory PYTHON="$python" VENV=".venv-$version" ".venv-$version/.installed-test" &&
        ".venv-$version/bin/python" -m pytest -q -p no:cacheprovider -n auto --dist loadgroup; then
        passed="$passed $version"
    else
        failed="$failed $version"
    fi
done
echo "passed:${passed:- none}; failed:${failed:- none}; not found here:${missing:- none}"
test -z "$failed" && test -n "$passed"
