#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# .ci/symbols.sh BUILD: what the built library shows and uses. One line per check, "ok" or "FAIL"; exit 1 if any failed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
static=$build/libsow.a shared=$build/libsow.so
status=0

verdict() { # verdict NAME LINES: no lines is good
    if [ -z "$2" ]; then
        echo "ok   symbols: $1"
    else
        echo "FAIL symbols: $1"
        sed 's/^/     /' <<<"$2" | head -20
        status=1
    fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && ar x "$OLDPWD/$static" 2>/dev/null) || # a thin archive only names its members
    for o in $(ar t "$static"); do cp "$build/$o" "$scratch" 2>/dev/null || cp "$o" "$scratch"; done

declared=$(cat include/sow/*.h | tr '\n' ' ' | grep -oE 'SOW_API [^;{]*;' | grep -oE '\bsow_[a-z0-9_]+\(' | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$shared" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort -u)
verdict "exported and declared with SOW_API are the same" "$(comm -3 <(echo "$declared") <(echo "$exported"))"
verdict "every global of the static library starts with sow_" \
    "$(nm --defined-only --extern-only "$static" 2>/dev/null | awk 'NF == 3 && $3 !~ /^sow_/ {print $3}')"

# Calls that decide bits, talk, or end the host's process. sqrt is exact in IEEE 754; snprintf serves the sow_check_* functions.
banned='fmaf?|fmal|(exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|sincos|erf|erfc|tgamma|lgamma|hypot|cbrt|ldexp|scalbn)[fl]?'
banned+='|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|abort|_?exit|quick_exit|signal|sigaction|rand|srand|time'
verdict "no libm but sqrt, no output, no abort" \
    "$(nm -A --undefined-only "$static" 2>/dev/null | awk '{print $1, $NF}' | grep -E " ($banned)\$" || true)"

globals=$(for o in "$scratch"/*.o; do objdump -t "$o" | awk -v o="${o##*/}" '/[[:space:]](\.(bss|data)(\.[^r][^[:space:]]*)?|\*COM\*)[[:space:]]/ && $NF !~ /^\./ {print o, $NF}'; done)
verdict "one mutable global, in dispatch.c" "$(grep -vE '(^|_)dispatch\.c\.o ' <<<"$globals" || true; [ "$(grep -c . <<<"$globals")" -le 1 ] || echo "$globals")"
verdict "no thread-local" "$(for o in "$scratch"/*.o; do objdump -t "$o" | awk -v o="${o##*/}" '/[[:space:]]\.t(bss|data)/ && $NF !~ /^\./ {print o, $NF}'; done)"
verdict "no executable stack" "$(readelf -lW "$shared" | awk '/GNU_STACK/ && /E/ && $7 ~ /E/ {print}')"

if [ "$(uname -m)" = x86_64 ]; then
    wide=$(for o in "$scratch"/*.o; do
        case "$o" in
        *isa_avx512*) ;;
        *isa_avx2*) objdump -d --no-show-raw-insn "$o" | grep -m3 -E '%zmm|%[xy]mm(1[6-9]|2[0-9]|3[01])|%k[0-7]' | sed "s|^|${o##*/}|" || true ;;
        *) objdump -d --no-show-raw-insn "$o" | grep -m3 -E '%[yz]mm|[[:space:]]v[a-z0-9]+ .*%xmm' | sed "s|^|${o##*/}|" || true ;;
        esac
    done)
    verdict "no AVX outside simd/isa_avx*.c" "$wide"
fi
exit $status
