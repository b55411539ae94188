#!/usr/bin/env bash
# Everything that needs an NVIDIA GPU, in one go, with a report: bench/gpu-pack.sh made the package that this runs from. Each part has a time
# limit of its own and none needs another; a part that fails or is cut off leaves what it had written. In calls of under ten minutes each:
#
#   bench/gpu.sh conformance golden attention losses
#   bench/gpu.sh training decode
#   bench/gpu.sh resume
#   CRIA_GPU_LOSS_STEPS=500 bench/gpu.sh losses fp8     # the losses of a run in fp8 beside those in bf16
#
#   --pack FOLDER     the package (default: target/gpu-pack)
#   --output FOLDER   where each part's raw output goes, and report.md over all that is there (default: bench/results/gpu_DATE)
#
#   CRIA_PEER_PYTHON    a Python with torch and transformers (default: python3); without it only Cria is run
#   CRIA_GPU_JAVA       a JDK 25 to use instead of the package's runtime
#   CRIA_GPU_DEVICE     default: cuda
#   CRIA_GPU_SHAPE, CRIA_GPU_SEQUENCE, CRIA_GPU_BATCHES, CRIA_GPU_STEPS   training: default tinyllama-1.1b, 2048, "8 16", 10
#   CRIA_GPU_DECODE, CRIA_GPU_PREFILL     decode: tokens to write and to read, default 128 and 2048
#   CRIA_GPU_LOSS_STEPS, CRIA_GPU_LOSS_SETTINGS   losses and resume: steps (default 200), further settings of bench/loss-parity-120m.yaml
#   CRIA_GPU_ATTENTION  attention: shapes "B,T,H,K,E …"
set -uo pipefail
cd "$(dirname "$0")/.."
pack=target/gpu-pack output=bench/results/gpu_$(date +%F) parts=()
while [ $# -gt 0 ]; do
  case $1 in
    --pack) pack=$2; shift 2 ;;
    --output) output=$2; shift 2 ;;
    conformance | golden | attention | training | decode | losses | fp8 | resume) parts+=("$1"); shift ;;
    *) echo "bench/gpu.sh: '$1' is no part. HINT: conformance, golden, attention, training, decode, losses, fp8 or resume" >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(conformance golden attention training decode losses resume)
[ -d "$pack/lib" ] || { echo "bench/gpu.sh: no package in $pack. HINT: make it with bench/gpu-pack.sh where there is a JDK" >&2; exit 2; }
pack=$(cd "$pack" && pwd)
mkdir -p "$output"
python=${CRIA_PEER_PYTHON:-python3}
device=${CRIA_GPU_DEVICE:-cuda}
shape=${CRIA_GPU_SHAPE:-tinyllama-1.1b} sequence=${CRIA_GPU_SEQUENCE:-2048} steps=${CRIA_GPU_STEPS:-10}
loss_steps=${CRIA_GPU_LOSS_STEPS:-200}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

java_home=${CRIA_GPU_JAVA:-$pack/java}
if [ ! -x "$java_home/bin/java" ]; then
  tar -C "$pack" -xJf "$pack/java.tar.xz" 2>/dev/null || "$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$pack/java.tar.xz" "$pack"
fi
export CRIA_REFERENCE_DATA=$pack/reference CRIA_CACHE=${CRIA_CACHE:-$pack/cache} PYTHONUNBUFFERED=1
# torch's wheels bring NVRTC, cuBLASLt and cuDNN.
if [ -z "${CRIA_CUDA_LIBRARIES:-}" ]; then
  wheels=$("$python" -c 'import nvidia, os; print(os.path.dirname(list(nvidia.__path__)[0]))' 2>/dev/null) && export CRIA_CUDA_LIBRARIES=$wheels
fi

run_java() {
  ${become:-} "$java_home/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseParallelGC -XX:MaxRAMPercentage=40 \
    -Djava.awt.headless=true -Dcria.repositoryRoot="$PWD" ${CRIA_JAVA_OPTS:-} "$@"
}
cria() { run_java -cp "$pack/lib/*" dev.cria.cli.Main "$@"; }
tests() { run_java -cp "$pack/test/*:$pack/lib/*" dev.cria.cuda.RunTests "$@"; }
has() { "$python" -c "import $1" 2>/dev/null; }
export -f run_java cria tests has
export java_home pack python device shape sequence steps loss_steps scratch output

conformance() {
  CRIA_TEST_GPU=${CRIA_TEST_GPU:-real} tests dev.cria.cuda.CudaKernelsTest dev.cria.cuda.CudaBf16Test dev.cria.cuda.CudaGradientTest \
    dev.cria.cuda.CudaNotFiniteTest dev.cria.cuda.CudaDeviceTest dev.cria.cuda.gemm.LinearProductsTest dev.cria.cuda.launch.LaunchTest \
    dev.cria.cuda.fp8.Fp8CastsTest dev.cria.cuda.fp8.Fp8ProductsTest
}

golden() {
  CRIA_JAVA_OPTS="${CRIA_JAVA_OPTS:-} -Dcria.test.gpuOnly=true" CRIA_TEST_GPU=${CRIA_TEST_GPU:-real} tests dev.cria.model.CheckpointGoldenTest dev.cria.model.TrainingGoldenTest \
    dev.cria.model.FineTuningGoldenTest dev.cria.model.generation.StoriesGoldenTest
}

attention() {
  local at b t h k e
  for at in ${CRIA_GPU_ATTENTION:-1,128,4,4,64 2,333,6,2,64 1,1000,4,1,128 2,2048,32,4,64 1,4096,8,8,128}; do
    IFS=, read -r b t h k e <<<"$at"
    run_java -cp "$pack/test/*:$pack/lib/*" dev.cria.cuda.AttentionDump "$scratch/attention" "$b" "$t" "$h" "$k" "$e" &&
      { has torch && "$python" bench/peers/attention_torch.py "$scratch/attention" "$b" "$t" "$h" "$k" "$e"; }
  done
}

# Cria first and again after the peer, so that drift of the machine shows.
training() {
  local batch recompute
  for batch in ${CRIA_GPU_BATCHES:-16 8}; do
    train_cria "$batch" none
    if has torch && [ -f "$pack/peers/gpu_train_torch.py" ] && [ "$shape" = tinyllama-1.1b ]; then
      timeout 150 "$python" "$pack/peers/gpu_train_torch.py" "$batch" "$steps" compile
    fi
    train_cria "$batch" none
  done
  batch=${CRIA_GPU_BATCHES:-16 8}
  train_cria "${batch%% *}" none fp8
  for recompute in attention full; do train_cria 4 $recompute; done
}

train_cria() {
  echo "# cria, micro-batch $1, recompute $2, ${3:-bf16}"
  timeout 120 bash -c 'cria bench --train --config "$shape" --device "$device" --precision '"${3:-bf16}"' --micro-batch '"$1"' --sequence "$sequence" --steps "$steps" --recompute '"$2"' --json'
}

decode() {
  local batch write=${CRIA_GPU_DECODE:-128} read=${CRIA_GPU_PREFILL:-2048}
  for batch in 1 100; do
    echo "# cria, batch $batch"
    cria bench --config "$shape" --device "$device" --precision bf16 --prefill $((batch == 1 ? read : 0)) --decode "$write" --depth 16 --batch $batch --json
  done
  if has transformers && [ -f "$pack/peers/gpu_decode_torch.py" ] && [ "$shape" = tinyllama-1.1b ]; then
    timeout 200 "$python" "$pack/peers/gpu_decode_torch.py"
  fi
}

recipe() { # the arguments of a run of the loss recipe: OUTPUT STEPS, then more settings
  local where=$1 count=$2
  shift 2
  cria pretrain bench/loss-parity-120m.yaml --output "$where" --device "$device" --set "data.0.path=$pack/data" --set "training.steps=$count" \
    ${CRIA_GPU_LOSS_SETTINGS:-} "$@"
}
export -f recipe

losses() {
  local settings=() word
  for word in ${CRIA_GPU_LOSS_SETTINGS:-}; do [ "$word" = --set ] || settings+=("$word"); done
  recipe "$scratch/losses" "$loss_steps" --fresh || return 1
  cp "$scratch/losses/metrics.jsonl" "$output/losses.jsonl"
  has torch && has transformers || return 0
  run_java -cp "$pack/lib/*" dev.cria.train.ParityExport bench/loss-parity-120m.yaml "$scratch/export" "$loss_steps" \
    "data.0.path=$pack/data" "training.steps=$loss_steps" ${settings[@]+"${settings[@]}"} &&
    "$python" tools/loss_parity.py "$scratch/export" "$scratch/losses/metrics.jsonl" --device "${CRIA_GPU_TORCH_DEVICE:-cuda}" --precision bf16 \
      --tolerance 0.01 --output "$output/losses-beside-torch.jsonl"
}

# The run of `losses` again in fp8: its last tenth must be within 1 % on average.
fp8() {
  [ -f "$output/losses.jsonl" ] || { echo "no losses in bf16 yet: run the part losses first" >&2; return 1; }
  recipe "$scratch/fp8" "$loss_steps" --fresh --set training.precision=fp8 || return 1
  cp "$scratch/fp8/metrics.jsonl" "$output/losses-fp8.jsonl"
  "$python" - "$output/losses.jsonl" "$output/losses-fp8.jsonl" <<'PYTHON'
import json, sys


def losses(path):
    rows = [json.loads(line) for line in open(path) if line.strip().endswith("}")]
    return {row["step"]: row["loss"] for row in rows if "loss" in row and "grad_norm" in row}


wide, narrow = map(losses, sys.argv[1:])
steps = sorted(wide.keys() & narrow.keys())
if not steps or len(steps) != len(wide):
    sys.exit(f"fp8: {len(narrow)} steps, and {len(wide)} in bf16: run both with the same CRIA_GPU_LOSS_STEPS")
largest = max(abs(narrow[step] / wide[step] - 1) for step in steps)
last = steps[-max(1, len(steps) // 10):]
mean = sum(narrow[step] for step in last) / sum(wide[step] for step in last) - 1
print(f"fp8: {len(steps)} steps, the largest difference from bf16 {largest:.2%}, on average over the last {len(last)} {mean:+.2%}")
sys.exit(abs(mean) > 0.01)
PYTHON
}

# A run that is killed after a checkpoint and resumed has the losses of one that was left alone, digit by digit.
resume() {
  local count=40 i
  recipe "$scratch/whole" $count --fresh || return 1
  become=exec recipe "$scratch/killed" $count --fresh --set checkpoint.every=20 &
  for ((i = 0; i < 2400; i++)); do
    if grep -qs '"step" *: *2[3-9],' "$scratch/killed/metrics.jsonl"; then break; fi
    sleep 0.05
  done
  kill -KILL $! 2>/dev/null
  wait 2>/dev/null
  recipe "$scratch/killed" $count --resume --set checkpoint.every=20 || return 1
  "$python" - "$scratch/whole/metrics.jsonl" "$scratch/killed/metrics.jsonl" <<'PYTHON'
import json, sys


def losses(path):
    rows = [json.loads(line) for line in open(path) if line.strip().endswith("}")]
    return {row["step"]: (row["loss"], row["grad_norm"]) for row in rows if "loss" in row}


whole, killed = map(losses, sys.argv[1:])
different = [step for step in range(1, 41) if whole.get(step) is None or whole[step] != killed.get(step)]
print("resumed: losses and norms of 40 steps are the same bits" if not different else f"resumed: steps {different} differ")
sys.exit(bool(different))
PYTHON
}

declare -A limit=([conformance]=240 [golden]=60 [attention]=60 [training]=330 [decode]=240 [losses]=210 [fp8]=200 [resume]=110)
export -f conformance golden attention training train_cria decode losses fp8 resume
{
  date
  nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv 2>/dev/null
  "$python" -c 'import torch; print("torch", torch.__version__)' 2>/dev/null
  cria doctor 2>&1
} >"$output/machine.txt"
status=0
for part in "${parts[@]}"; do
  began=$SECONDS
  timeout -k 5 "${limit[$part]}" bash -c "$part" >"$output/$part.txt" 2>&1
  code=$?
  [ $code -eq 0 ] || status=1
  echo "# $part: exit code $code after $((SECONDS - began)) s" | tee -a "$output/$part.txt"
done
"$python" bench/gpu_report.py "$output" >"$output/report.md" && cat "$output/report.md"
exit $status
