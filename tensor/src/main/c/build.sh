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
avx512="-mavx512f -mavx512bw -mavx512vl -mavx512dq"
# Only the leaves themselves may use what not every machine has; the probe runs before anything is known.
"${CC:-gcc}" $flags $avx512 -mavx512bf16 -mamx-tile -mamx-bf16 -c amx_bf16.c -o "$output.amx.o"
"${CC:-gcc}" $flags $avx512 -c attention_f32.c -o "$output.attention.o"
"${CC:-gcc}" $flags $avx512 -c gemm_f32.c -o "$output.gemm.o"
"${CC:-gcc}" $flags -DSOURCE_HASH="\"$hash\"" -c probe.c -o "$output.probe.o"
"${CC:-gcc}" -shared -Wl,--build-id=none -s -o "$output" "$output.amx.o" "$output.attention.o" "$output.gemm.o" "$output.probe.o"
rm -f "$output".*.o
