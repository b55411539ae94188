#!/usr/bin/env bash
# Packs what bench/gpu.sh needs on a machine that has a GPU but perhaps no JDK and no network: a Java runtime, the built jars with their tests,
# golden data, a small data set, the peers' scripts. Run it in a checkout, where there is Maven and a JDK.
#
#   bench/gpu-pack.sh [FOLDER]          default: target/gpu-pack; it is made anew, and how large it is is printed
#
#   CRIA_REFERENCE_DATA  folder with golden/ (default: ../shared)
#   CRIA_PEERS           folder with gpu_train_torch.py and gpu_decode_torch.py (default: ../shared/peers)
#   CRIA_PACK_TEXT       a text file to train on (default: java/util of the JDK's sources)
#   CRIA_PACK_BUILD      no: take what is built already
set -euo pipefail
cd "$(dirname "$0")/.."
pack=${1:-target/gpu-pack}
reference=${CRIA_REFERENCE_DATA:-../shared}
peers=${CRIA_PEERS:-../shared/peers}
home=$(tools/find-jdk.sh)
export JAVA_HOME=$home
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rm -rf "$pack"
mkdir -p "$pack/lib" "$pack/test" "$pack/peers" "$pack/reference/golden"
[ "${CRIA_PACK_BUILD:-yes}" = no ] || mvn --batch-mode -q ${CRIA_MAVEN_OPTS:-} -DskipTests -Dspotless.check.skip package dependency:build-classpath -Dmdep.outputFile=target/test-classpath

# What only other devices or other formats of data need stays at home: oneDNN and compressors.
dist=cli/target/dist
for jar in "$dist"/lib/cli-*.jar $(tr ':' ' ' <$dist/lib/classpath); do
  case $(basename "$jar") in
    dnnl-*-linux* | zstd-jni-* | snappy-java-*) ;;
    *) cp "$dist/lib/$(basename "$jar")" "$pack/lib/" ;;
  esac
done
for jar in $(for module in cuda model; do tr ':' '\n' <$module/target/test-classpath; echo; done | sort -u) cuda/target/cuda-*-tests.jar model/target/model-*-tests.jar; do
  case $(basename "$jar") in
    *-tests.jar | junit-* | assertj-* | opentest4j-* | apiguardian-*) cp "$jar" "$pack/test/" ;;
  esac
done

# Not compressed by jlink: xz makes half of it in one piece.
modules=java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml
modules=$modules,jdk.httpserver,jdk.incubator.vector,jdk.management,jdk.unsupported,jdk.zipfs
"$home/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$scratch/java"
tar -C "$scratch" -cf - java | xz -T0 -6 >"$pack/java.tar.xz"

cp -rL "$reference/golden/checkpoints" "$reference/golden/training" "$reference/golden/finetuning" "$reference/golden/stories260k-hf" "$pack/reference/golden/" 2>/dev/null || true
for script in gpu_train_torch.py gpu_decode_torch.py; do
  if [ -f "$peers/$script" ]; then cp "$peers/$script" "$pack/peers/"; fi
done

# 200 steps of 8 sequences of 1024 tokens and some more, encoded with Llama 2's vocabulary.
text=${CRIA_PACK_TEXT:-}
if [ -z "$text" ]; then
  (cd "$scratch" && "$home/bin/jar" xf "$home/lib/src.zip" java.base/java/util java.base/java/lang)
  find "$scratch/java.base" -name '*.java' | sort | xargs cat >"$scratch/all.txt"
  head -c 9000000 "$scratch/all.txt" >"$scratch/java.txt"
  text=$scratch/java.txt
fi
./cria data prepare --input "$text" --tokenizer "$reference/golden/llama2-tokenizer" --output "$pack/data" >&2

du -sm "$pack" "$pack"/* | sort -rn >&2
size=$(du -sm "$pack" | cut -f1)
[ "$size" -lt 64 ] || { echo "bench/gpu-pack.sh: $pack has $size MB. HINT: 64 MB is what a borrowed machine usually takes" >&2; exit 1; }
