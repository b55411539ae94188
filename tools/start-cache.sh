#!/usr/bin/env bash
# The last step of `make build`: notes that the build is complete, then records which classes a start of Cria needs (JEP 514), so that
# later starts are faster. Where this JDK cannot do that, Cria works without.
set -u
cd "$(dirname "$0")/.." || exit 1
dist=$PWD/cli/target/dist
touch "$dist/.built"
rm -f "$dist/start.aot"
CRIA_START_CACHE=AOTCacheOutput ./cria doctor >/dev/null 2>&1
exit 0
