#!/usr/bin/env bash
# The last step of `make build`: notes that the build is complete, then archives the classes that the short commands need, lambdas included, so
# that later starts are faster (class data sharing). Where this JDK cannot do that, Cria works without. Not the newer AOT cache (JEP 514): it leaves lambdas out
# where an incubator module is in use.
set -u
cd "$(dirname "$0")/.." || exit 1
dist=$PWD/cli/target/dist
touch "$dist/.built"
rm -f "$dist"/start.*
scratch=$(mktemp -d) || exit 0
trap 'rm -rf "$scratch"' EXIT
CRIA_START_CACHE=list CRIA_MAIN=dev.cria.cli.StartRecorder ./cria "$scratch" >/dev/null 2>&1
CRIA_START_CACHE=dump ./cria >/dev/null 2>&1
exit 0
