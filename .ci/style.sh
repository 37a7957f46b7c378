#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# House rules that a machine can read. One line per check, "ok" or "FAIL"; exit 1 if any failed.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0

verdict() { # verdict NAME LINES: no lines is good
    if [ -z "$2" ]; then
        echo "ok   style: $1"
    else
        echo "FAIL style: $1"
        sed 's/^/     /' <<<"$2" | head -20
        status=1
    fi
}
code() { git ls-files -- "$@" | grep -E '\.(c|h|cc)$' || true; }
includes() { # includes FILES…: "file:line: path" of every #include with quotes
    [ $# -eq 0 ] || grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@" | sed -E 's/#[[:space:]]*include[[:space:]]*"([^"]*)".*/\1/' || true
}

formatter=$(command -v clang-format-14 || command -v clang-format)
verdict "clang-format" "$(code | xargs -r "$formatter" --dry-run -Werror 2>&1 | grep -E 'error:' || true)"

verdict "an SPDX line on top" "$(git ls-files | grep -E '\.(c|h|cc|inc|sh|py|ini|build|map)$|^\.ci/|meson_options.txt$|\.1$|CMake' |
    while read -r f; do head -3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"; done)"

# The arrows of the house: simd knows nothing of src; src knows of simd the table only; what users see stands on include/ alone.
verdict "include/ includes include/ only" "$(includes $(code include) | grep -vE ' ?sow/[a-z_]+\.h$' || true)"
verdict "simd/ includes nothing of src/" "$(includes $(code simd) | grep -vE ':[[:space:]]*(simd|sow)/[a-z0-9_]+\.(h|inc)$' || true)"
verdict "src/ includes of simd/ the table and half.h only" "$(includes $(code src) | grep -E ':[[:space:]]*simd/' | grep -vE 'simd/(kernels\.h|isa\.inc|half\.h)$' || true)"
verdict "tools/ and examples/ stand on include/" "$(includes $(code tools examples) | grep -E ':[[:space:]]*(\.\./)*(src|simd)/' || true)"

verdict "src/ computes without contraction: exact.h" "$(code src | grep '\.c$' | xargs grep -lE '\b(double|float)\b' |
    xargs grep -L '#include "src/exact.h"' || true)"

verdict "no path of one machine" "$(git ls-files -z | xargs -0 grep -nIE '(^|[^a-z])/(root|home)/[a-z]|/work/|/tmp/[a-z]+\.(c|h|md|py|json)' -- 2>/dev/null |
    grep -vE '^\.ci/style\.sh:' || true)"
verdict "no trailing white space, no tabs in C" "$(code | xargs -r grep -nE '[[:space:]]+$|'$'\t' | cut -c1-120 || true)"
verdict "file names are unique" "$(git ls-files include simd src tools | grep -E '\.(c|h)$' | sed 's|.*/||' | sort | uniq -d | grep -vxE 'init\.c|main\.c|(stream|tensor|dist|fill|context|scheme|status|dtype|version|init)\.h' || true)"
exit $status
