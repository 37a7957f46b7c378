#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Vector registers that spill in hot loops: counted in the machine code, compared with the counts recorded in spill.txt.
#     spill.sh LIBSOW.A OPTIMIZATION SANITIZE [--print]
# A depth too large for the register file costs up to twenty times the speed and changes no bit, so no other test sees it. A loop may spill
# a little where that was measured to be fastest; a bound is the recorded count, a quarter more, and 4. Other compilers spill otherwise:
# for those, and for builds that are not optimised, the test is skipped (77). --print writes the rows of this compiler for spill.txt.
set -euo pipefail
lib=$1 optimization=$2 sanitize=$3 mode=${4-}
recorded=$(dirname "$0")/spill.txt

skip() { echo "skipped: $*"; exit 77; }
command -v objdump >/dev/null || skip "there is no objdump"
[ "$optimization" = 3 ] || skip "this is a build with optimization=$optimization; bounds are recorded for 3"
[ "$sanitize" = none ] || skip "this is a build with b_sanitize=$sanitize"
comment=$(objdump -s -j .comment "$lib" 2>/dev/null | sed -n 's/^ [0-9a-f]\{4\} .\{36\} *\(.*\)$/\1/p' | tr -d '\n')
case "$comment" in
*"clang version 14."*) compiler=clang-14 ;;
*"GCC: ("*")12."* | *"GCC: ("*") 12."*) compiler=gcc-12 ;;
*) skip "bounds are recorded for gcc 12 and clang 14; this library was built by: ${comment:0:60}" ;;
esac
case $(objdump -f "$lib" | sed -n 's/^architecture: \([^,]*\),.*/\1/p' | sort -u) in
i386:x86-64) ;;
*) skip "bounds are recorded for x86-64" ;;
esac

# Rows "compiler isa function stores loops": of the innermost loops of a function, the most stores of vector registers to the stack; and
# how many loops there are: one that should have unrolled keeps its arrays in memory.
count() {
    objdump -d --no-show-raw-insn "$lib" 2>/dev/null | awk -v compiler=$compiler '
        function hex(s,    i, n) {
            n = 0
            for (i = 1; i <= length(s); i++)
                n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
            return n
        }
        function finish(    l, m, inner, i, stores, most) {
            most = -1
            for (l = 1; l <= loops; l++) {
                inner = 1
                for (m = 1; m <= loops; m++)
                    if (m != l && from[m] >= from[l] && to[m] <= to[l] && (from[m] > from[l] || to[m] < to[l]))
                        inner = 0
                if (!inner || to[l] - from[l] < 100)
                    continue
                stores = 0
                for (i = 1; i <= count; i++)
                    if (address[i] >= from[l] && address[i] <= to[l] && (spill[i] == 1 || (spill[i] == 2 && framed)))
                        stores++
                most = stores > most ? stores : most
            }
            if (name != "" && isa != "" && most >= 0 && name ~ /^(k|loop)_[a-z0-9_]+$/ && name !~ /constant/)
                print compiler, isa, name, most, loops
            name = ""
            loops = count = framed = 0
        }
        / file format / {
            finish()
            isa = match($0, /simd_isa_[a-z0-9]+\.c/) ? substr($0, RSTART + 9, RLENGTH - 11) : ""
            if (isa == "scalar") isa = ""
        }
        /^[0-9a-f]+ <.*>:$/ { finish(); name = substr($2, 2, length($2) - 3); next }
        /^ *[0-9a-f]+:\t/ {
            split($0, part, "\t")
            sub(/:.*/, "", part[1]); gsub(/ /, "", part[1])
            at = hex(part[1])
            text = part[2]
            address[++count] = at
            spill[count] = text ~ /^vmov[a-z0-9]+ +%[xyz]mm[0-9]+,(-?0x[0-9a-f]+)?\(%rsp\)/ ? 1 : text ~ /^vmov[a-z0-9]+ +%[xyz]mm[0-9]+,(-?0x[0-9a-f]+)?\(%rbp\)/ ? 2 : 0
            if (text ~ /^mov +%rsp,%rbp/) framed = 1
            if (text ~ /^j[a-z]+ +[0-9a-f]+ /) {
                split(text, word, / +/)
                target = hex(word[2])
                if (target <= at) { from[++loops] = target; to[loops] = at }
            }
        }
        END { finish() }' | sort
}

if [ "$mode" = --print ]; then
    count
    exit
fi

count >"${TMPDIR:-/tmp}/sow-spill.$$"
trap 'rm -f "${TMPDIR:-/tmp}/sow-spill.$$"' EXIT
awk -v compiler=$compiler '
    /^#/ || NF == 0 { next }
    FILENAME == ARGV[1] { if ($1 == compiler) { bound[$2 " " $3] = int($4 * 1.25) + 4; limit[$2 " " $3] = $5 } next }
    { seen[$2 " " $3] = $4; loops[$2 " " $3] = $5 }
    END {
        for (key in bound) {
            rows++
            if (!(key in seen)) { print "FAIL " key ": not found, or without a loop"; bad++ }
            else if (seen[key] > bound[key]) { print "FAIL " key ": " seen[key] " spills in a loop, bound " bound[key]; bad++ }
            else if (loops[key] > limit[key]) { print "FAIL " key ": " loops[key] " loops, recorded " limit[key] ": one did not unroll"; bad++ }
        }
        for (key in seen) if (!(key in bound)) { print "FAIL " key ": no bound is recorded"; bad++ }
        print rows + 0 " kernels, " bad + 0 " over their bounds"
        exit bad > 0 || rows < 20
    }' "$recorded" "${TMPDIR:-/tmp}/sow-spill.$$"
