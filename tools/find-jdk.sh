#!/usr/bin/env bash
# Prints the home of a JDK 25 or newer, whatever the default `java` is; where there is none, says what to install and fails.
# The Makefile, ./cria and .ci/run all ask this script, so that the rule stands in one place.
set -u

# A JDK's own release file says its version; that is faster than starting it.
is_jdk25() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -f "$1/release" ] || return 1
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  [ -n "$version" ] && [ "$version" -ge 25 ]
}

candidates() {
  printf '%s\n' "${CRIA_JAVA_HOME:-}" "${JAVA_HOME:-}" "${JAVA_HOME_25_X64:-}" "${JAVA_HOME_25_ARM64:-}" "${JDK_25:-}"
  [ -x /usr/libexec/java_home ] && /usr/libexec/java_home -v 25+ 2>/dev/null
  if command -v javac >/dev/null 2>&1; then
    local javac
    javac=$(readlink -f "$(command -v javac)" 2>/dev/null || command -v javac)
    dirname "$(dirname "$javac")"
  fi
  ls -d /usr/lib/jvm/*25* /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/jdk* /opt/java* 2>/dev/null
}

while IFS= read -r home; do
  if [ -n "$home" ] && is_jdk25 "$home"; then
    printf '%s\n' "$home"
    exit 0
  fi
done < <(candidates)

cat >&2 <<'MESSAGE'
cria: no JDK 25 or newer found (looked at CRIA_JAVA_HOME, JAVA_HOME, javac on the PATH, /usr/lib/jvm, ~/.sdkman, ~/.jdks).
HINT: install one, for example `apt-get install temurin-25-jdk` (Adoptium), `sdk install java 25-tem` or `brew install openjdk@25`,
      or set CRIA_JAVA_HOME to the folder of one.
MESSAGE
exit 2
