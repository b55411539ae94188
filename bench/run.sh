#!/usr/bin/env bash
# Side-by-side timings on this machine; raw output to bench/results/MODEL_HARDWARE_DATE.*. Run it with nothing else running.
#
#   bench/run.sh [training] [tokenizer] [generation] [evaluation] [finetuning]      the first two where none is named
#
# The peers are optional; without them only Cria is timed.
#   CRIA_PEERS        folder with cpu/train_torch.py and tokenizer_peers.py (default: ../shared/peers)
#   CRIA_PEER_PYTHON  a Python with torch, sentencepiece and tokenizers (default: python3)
#   CRIA_BENCH_STEPS  measured steps of each training run (default: 6)
#   PEERS             generation: the folder that ../shared/peers/cpu/README.md has filled (models/, lb/)
#   CRIA_BENCH_FORMATS, CRIA_BENCH_CONTENDERS, CRIA_BENCH_THREADS   generation: what to compare (default: q4_0,q8_0 llamacpp:spr,cria 2,1)
#   CRIA_BENCH_WEIGHTS   generation: where Cria's weights lie, copy as by default or map
#   CRIA_BENCH_MODELS, CRIA_BENCH_DOCUMENTS, CRIA_BENCH_BATCHES   evaluation: model folders, documents of each task, the peer's batch sizes; its
#                     Python must have lm_eval too
#   CRIA_BENCH_LORA   finetuning: a folder with models 110m and 1.1b, made there (random weights) where missing; its Python must have peft too
#   CRIA_BENCH_SHAPES, CRIA_BENCH_ROUNDS   finetuning: which of them (default: both), and how often (default: 2)
#   CRIA_BENCH_RUN    finetuning: a command that runs each contender, such as `taskset -c 0,1`
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${CRIA_PEERS:-../shared/peers}
reference=${CRIA_REFERENCE_DATA:-../shared}
python=${CRIA_PEER_PYTHON:-python3}
steps=${CRIA_BENCH_STEPS:-6}
threads=$(getconf _NPROCESSORS_ONLN)
hardware=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -1 | tr -cs 'A-Za-z0-9\n' '-' | sed 's/-*$//')
mkdir -p bench/results
stamp=${hardware:-cpu}-${threads}core_$(date +%F)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

has_torch() { "$python" -c 'import torch' 2>/dev/null && [ -f "$peers/cpu/train_torch.py" ]; }

# One round of each contender after the other, so that drift of the machine meets all of them.
training() {
  local shape=$1 out=bench/results/train-$1_$stamp.jsonl
  : >"$out"
  for round in 1 2; do
    if has_torch; then
      for mode in eager compile; do
        "$python" "$peers/cpu/train_torch.py" "$shape" 8 "$steps" $mode "$threads" 256 | grep '^{' |
          sed "s/^{/{\"peer\": \"torch $mode f32\", \"round\": $round, /" | tee -a "$out"
      done
    fi
    for precision in f32 bf16; do
      ./cria bench --train --config "$shape" --micro-batch 8 --sequence 256 --steps "$steps" --threads "$threads" \
        --precision $precision --json | grep '^{' |
        sed "s/^{/{\"peer\": \"cria $precision\", \"round\": $round, /" | tee -a "$out" || echo "cria $precision did not run" >&2
    done
  done
}

tokenizer() {
  local out=bench/results/tokenizer-llama2_$stamp.txt home
  home=$(tools/find-jdk.sh)
  (cd "$scratch" && "$home/bin/jar" xf "$home/lib/src.zip" java.base/java/util)
  find "$scratch/java.base" -name '*.java' | sort | xargs cat >"$scratch/all.txt"
  head -c 8000000 "$scratch/all.txt" >"$scratch/java.txt"
  {
    echo "# text: java.base/java/util/*.java of $("$home/bin/java" --version | head -1), first 8 MB"
    "$home/bin/java" --add-modules jdk.incubator.vector -cp 'cli/target/dist/lib/*:bench/target/classes' \
      dev.cria.bench.TokenizerBench "$scratch/java.txt" "$reference/golden/llama2-tokenizer"
    if "$python" -c 'import sentencepiece, tokenizers' 2>/dev/null; then
      "$python" "$peers/tokenizer_peers.py" "$scratch/java.txt" "$reference/golden/llama2-tokenizer"
    fi
  } 2>&1 | grep -v incubator | tee "$out"
}

# Reads 512 tokens and writes 128 with each contender in turn, on the same GGUF file.
generation() {
  local weights=${CRIA_BENCH_WEIGHTS:-copy}
  local out=bench/results/generate-tinyllama-${weights}_$stamp.txt
  [ -d "${PEERS:-}/models" ] || { echo "bench/run.sh: no models. HINT: set PEERS to a folder made as $peers/cpu/README.md says" >&2; exit 2; }
  "$python" "$peers/cpu/bench.py" --peers "${CRIA_BENCH_CONTENDERS:-llamacpp:spr,cria}" --formats "${CRIA_BENCH_FORMATS:-q4_0,q8_0}" \
    --threads "${CRIA_BENCH_THREADS:-2,1}" --prompt 512 --gen 128 --reps 8 --tries 2 --wait 10 --out "$scratch/samples.jsonl" \
    --cria "./cria bench --json --weights $weights --model {gguf} --threads {threads} --prefill {prompt} --decode {gen} --depth {depth}" | tee "$out"
}

# The seven commonsense tasks beside lm-evaluation-harness's Hugging Face backend: `seconds` from the first request to the last score, `wall`
# that of the whole process.
evaluation() {
  local model out limit=${CRIA_BENCH_DOCUMENTS:-200} tasks=hellaswag,openbookqa,winogrande,arc_easy,arc_challenge,boolq,piqa
  for model in ${CRIA_BENCH_MODELS:-$reference/golden/stories260k-hf}; do
    out=bench/results/evaluate-$(basename "$model")_$stamp.jsonl
    : >"$out"
    for round in 1 2; do
      timed ./cria eval --fresh --model "$model" --tasks $tasks --data "$reference/eval-data" --limit "$limit" --threads "$threads" \
        --output "$scratch/scores.json" >/dev/null
      echo "{\"peer\": \"cria\", \"round\": $round, \"threads\": $threads, \"documents\": $limit, \"seconds\": $(sed -n 's/.*"total_evaluation_time_seconds" : "\([0-9.]*\)".*/\1/p' "$scratch/scores.json"), \"wall\": $wall}" | tee -a "$out"
      for batch in ${CRIA_BENCH_BATCHES:-8 32 64}; do
        if "$python" -c 'import lm_eval' 2>/dev/null; then
          timed "$python" bench/eval_lm_eval.py "$model" "$reference/eval-golden" --threads "$threads" --batch-size "$batch" --limit "$limit" \
            --compare "$scratch/scores.documents.jsonl" >"$scratch/peer.json" 2>/dev/null
          grep '^{' "$scratch/peer.json" | sed "s/^{/{\"round\": $round, \"documents\": $limit, \"wall\": $wall, /" | tee -a "$out"
        fi
      done
    done
  done
}

# LoRA of rank 16 on all linear layers, on a base in bf16, beside peft and transformers in each of their ways; QLoRA has no peer on a CPU.
finetuning() {
  local shape batch length measured model out round mode base precision models=${CRIA_BENCH_LORA:?a folder for the models}
  for shape in ${CRIA_BENCH_SHAPES:-110m 1.1b}; do
    out=bench/results/lora-${shape}_$stamp.jsonl model=$models/$shape
    case $shape in 110m) batch=4 length=256 measured=$steps ;; *) batch=1 length=1024 measured=2 ;; esac
    [ -d "$model" ] || "$python" bench/peers/lora_peft.py make "$model" "$shape"
    : >"$out"
    for ((round = 1; round <= ${CRIA_BENCH_ROUNDS:-2}; round++)); do
      for mode in f32 bf16 bf16-mixed; do
        "$python" -c 'import peft' 2>/dev/null || continue
        ${CRIA_BENCH_RUN:-} "$python" bench/peers/lora_peft.py train "$model" $mode $batch $length 1 "$measured" "$threads" 16 2>/dev/null | grep '^{' |
          sed "s/^{/{\"peer\": \"peft $mode\", \"round\": $round, /" | tee -a "$out" || echo "peft $mode did not run" >&2
      done
      for mode in bf16:f32 bf16:bf16 q8_0:bf16 q4_0:bf16; do
        base=${mode%:*} precision=${mode#*:}
        ${CRIA_BENCH_RUN:-} ./cria bench --train --model "$model" --lora 16 --base "$base" --micro-batch $batch --sequence $length --warm-up 1 \
          --steps "$measured" --threads "$threads" --precision "$precision" --json | grep '^{' |
          sed "s/^{/{\"peer\": \"cria $precision, base $base\", \"round\": $round, /" | tee -a "$out" || echo "cria $mode did not run" >&2
      done
    done
  done
}

# Runs a command; $wall is then how many seconds it took.
timed() {
  local began
  began=$(date +%s.%N)
  "$@"
  wall=$(awk "BEGIN { printf \"%.2f\", $(date +%s.%N) - $began }")
}

make build
for what in "${@:-training}" ; do
  case $what in
    training) training 15m; training 110m; [ $# -eq 0 ] && tokenizer ;;
    tokenizer) tokenizer ;;
    generation) generation ;;
    evaluation) evaluation ;;
    finetuning) finetuning ;;
    *) echo "bench/run.sh: '$what' is no benchmark. HINT: training, tokenizer, generation, evaluation or finetuning" >&2; exit 2 ;;
  esac
done
