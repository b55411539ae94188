#!/usr/bin/env bash
# Builds the leaf kernels for this platform: build.sh [OUTPUT]. Users never need it; the results are kept in src/main/resources.
# The library carries the hash of its sources, so that a test notices when the kept one is older than they are.
set -euo pipefail
cd "$(dirname "$0")"
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x86_64 ;;
  *) echo "build.sh: no leaf kernels for $(uname -s) $(uname -m)" >&2; exit 2 ;;
esac
output=${1:-../resources/dev/cria/tensor/cpu/native/$platform/libcria.so}
mkdir -p "$(dirname "$output")"
export LC_ALL=C # the order of the sources
hash=$(cat *.c *.h | sha256sum | cut -d' ' -f1)
flags="-O3 -std=gnu11 -Wall -Wextra -Werror -fPIC -fno-math-errno -fvisibility=hidden -ffile-prefix-map=$PWD=."
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
compile() { "${CC:-gcc}" $flags "${@:2}" -c "$1.c" -o "$objects/$1.o"; }
# Only the leaves themselves may use what not every machine has; the probe runs before anything is known.
avx512="-mavx512f -mavx512bw -mavx512vl -mavx512dq"
narrow="$avx512 -mfma -mf16c"
compile amx_bf16 $avx512 -mavx512bf16 -mamx-tile -mamx-bf16
compile quant_rows $narrow -mavx512vnni -mavx512vbmi
compile quant_panels $narrow
compile attend $narrow
compile attention_f32 $avx512
compile gemm_f32 $avx512
compile rows_f32 $avx512
compile probe -DSOURCE_HASH="\"$hash\""
"${CC:-gcc}" -shared -Wl,--build-id=none -s -o "$output" "$objects"/*.o
