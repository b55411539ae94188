#!/usr/bin/env bash
# Shows that Cria's training losses are PyTorch's: same weights at step 0, same ids in each step, same schedule, float32.
#
#   tools/loss_parity.sh DATA_DIR OUTPUT_DIR [key.path=value ...]
#
# DATA_DIR is what `cria data prepare` made with a 32,000 piece tokenizer. $PYTHON (default python3) needs torch, transformers
# and safetensors. Writes OUTPUT_DIR/losses.jsonl, and fails if a step's loss differs by more than 0.5 %.
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n '4,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$1
output=$2
shift 2
settings=("data.0.path=$data" "$@")
recipe=$home/bench/loss-parity-15m.yaml

options=()
for setting in "${settings[@]}"; do
  options+=(--set "$setting")
done
"$home/cria" pretrain "$recipe" --fresh --output "$output/run" "${options[@]}"
steps=$(grep -c '"loss"' "$output/run/metrics.jsonl")
"$("$home/tools/find-jdk.sh")/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -cp "$home/cli/target/dist/lib/*" dev.cria.train.ParityExport "$recipe" "$output/export" "$steps" "${settings[@]}"
"${PYTHON:-python3}" "$home/tools/loss_parity.py" "$output/export" "$output/run/metrics.jsonl" --output "$output/losses.jsonl"
