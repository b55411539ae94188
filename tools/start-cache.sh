#!/usr/bin/env bash
# The last step of `make build`: notes that the build is complete, then records which classes the short commands need (JEP 514), so that
# later starts are faster. Where this JDK cannot do that, Cria works without.
set -u
cd "$(dirname "$0")/.." || exit 1
dist=$PWD/cli/target/dist
touch "$dist/.built"
rm -f "$dist/start.aot"
scratch=$(mktemp -d) || exit 0
trap 'rm -rf "$scratch"' EXIT
CRIA_START_CACHE=AOTCacheOutput CRIA_MAIN=dev.cria.cli.StartRecorder ./cria "$scratch" >/dev/null 2>&1
exit 0
