#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Predicts cycles per element of a kernel's hot loop with llvm-mca: `bench/mca.sh ISA DIST DTYPE [CPU…]`, such as
#     bench/mca.sh avx512 normal f32
#     bench/mca.sh neon normal f32 neoverse-v1 apple-m1
#     CC="clang-14 -mtune=znver4" TIMELINE=1 bench/mca.sh avx2 uniform bf16 znver4
# Compiles simd/isa_ISA.c (CC, default cc; for neon aarch64-linux-gnu-gcc) and takes the innermost loop with the most instructions. TIMELINE=1
# adds llvm-mca's whole report. Predictions assume that every load hits the first cache, and know nothing of a CPU's clock.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 3 ] || { sed -n '3,8s/^# //p' "$0" >&2; exit 2; }
isa=$1 dist=$2 dtype=$3
shift 3
case "$isa" in
neon) cc=${CC:-aarch64-linux-gnu-gcc} triple=aarch64-linux-gnu cpus=(neoverse-v1 neoverse-v2 apple-m1) ;;
avx512) cc=${CC:-cc} triple=x86_64-linux-gnu cpus=(znver4 skylake-avx512 icelake-server) ;;
avx2) cc=${CC:-cc} triple=x86_64-linux-gnu cpus=(znver3 znver4 skylake icelake-server) ;;
*) echo "mca.sh: '$isa' is none of avx2, avx512, neon" >&2; exit 2 ;;
esac
[ $# -eq 0 ] || cpus=("$@")

newest() { # newest TOOL: of the versions installed
    compgen -c "$1" | grep -xE "$1(-[0-9]+)?" | sort -uV | tail -1
}
mca=$(newest llvm-mca) objdump=$(newest llvm-objdump)
[ -n "$mca" ] && [ -n "$objdump" ] || { echo "mca.sh: needs llvm-mca and llvm-objdump (Debian: llvm-19, or llvm)" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$cc -std=c11 -O3 -ffp-contract=off -DNDEBUG -Iinclude -I. -c "simd/isa_$isa.c" -o "$work/kernels.o"
"$objdump" -d --no-show-raw-insn "$work/kernels.o" >"$work/kernels.s"
python3 - "$work" "$dist" "$dtype" "$triple" <<'PY'
import pathlib, re, sys
work, dist, dtype = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
arm = "aarch64" in sys.argv[4]
# A uniform's k_ function only chooses between loops; bits are the same code for both 16-bit types.
wanted = [f"loop_{dist}_{dtype}", f"k_{dist}_{dtype}"] + [f"k_{dist}_f16"] * (dtype == "bf16")
comment = re.compile(r"\s+//.*$" if arm else r"\s+#.*$")
functions, name = {}, None
for line in (work / "kernels.s").read_text().splitlines():
    if m := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
        name = m[1]
        functions[name] = []
    elif name and (m := re.match(r"^\s*([0-9a-f]+):\s+(\S.*)$", line)):
        functions[name].append((int(m[1], 16), comment.sub("", m[2]).strip()))
kernel = next((w for w in wanted if w in functions), None)
if not kernel:
    sys.exit(f"mca.sh: none of {', '.join(wanted)} in this instruction set's object")
lines = functions[kernel]

jump = re.compile(r"^((?:j\w+|b\.?\w*|cbn?z|tbn?z)\s(?:.*,)?\s*)(?:0x)?([0-9a-f]+)\s*<.*>$")
loops = [(int(m[2], 16), at) for at, text in lines if (m := jump.match(text)) and int(m[2], 16) <= at]
inner = [l for l in loops if not any(o != l and l[0] <= o[0] and o[1] <= l[1] for o in loops)]
body = max(([text for at, text in lines if a <= at <= b] for a, b in inner), key=len, default=None)
if not body:
    sys.exit(f"mca.sh: no loop in {kernel}")

on_stack = re.compile(r"\[(sp|x29)\b" if arm else r"\(%r[sb]p\b")

def stored(text):  # bytes that an instruction writes to the output
    op, _, args = text.partition("\t")
    if on_stack.search(args):
        return 0
    if arm:
        lanes = re.findall(r"\bv\d+\.(\d+)([bhsd])", args) + [(1, r) for r in re.findall(r"\b([qd])\d+", args)]
        return sum(int(n) * {"b": 1, "h": 2, "s": 4, "d": 8, "q": 16}[r] for n, r in lanes) if op.startswith("st") else 0
    m = re.search(r"%([xyz])mm\d+,\s*[-0-9a-fx]*\(%", args)
    if not m or not op.startswith("v"):
        return 0
    if op.startswith("vextract"):
        return 32 if op.endswith("x4") else 16
    if op in ("vmovq", "vmovlps", "vmovhps", "vmovlpd", "vmovhpd"):
        return 8
    return {"x": 16, "y": 32, "z": 64}[m[1]] // (2 if op.startswith(("vpmovd", "vpmovq", "vcvtps2ph")) else 1)

elements = sum(map(stored, body)) // {"f32": 4, "f64": 8}.get(dtype, 2)
if not elements:
    sys.exit(f"mca.sh: the loop of {kernel} stores nothing that this script understands")
with open(work / "loop.s", "w") as out:
    print("loop:", file=out)
    for text in body:
        print(re.sub(r"\s*<.*>$", "", jump.sub(r"\1loop", text)), file=out)
(work / "elements").write_text(str(elements))
print(f"{kernel}: {len(body)} instructions and {elements} elements per turn, {sum(bool(on_stack.search(t)) for t in body)} stack accesses")
PY
elements=$(cat "$work/elements")
for cpu in "${cpus[@]}"; do
    # An unknown CPU is only a warning, and the prediction then another model's.
    if ! "$mca" -mtriple="$triple" -mcpu="$cpu" -iterations=200 ${TIMELINE:+-timeline -timeline-max-iterations=1} "$work/loop.s" >"$work/report" 2>"$work/errors" ||
        grep -qiE 'not a recognized|unable to find|not supported' "$work/errors"; then
        printf '  %-16s %s\n' "$cpu" "not predicted by $mca: $(head -1 "$work/errors")"
        continue
    fi
    awk -v cpu="$cpu" -v per=200 -v elements="$elements" '
        /^Total Cycles:/ { cycles = $3 } /^Total uOps:/ { uops = $3 } /^Block RThroughput:/ { bound = $3 }
        END { printf "  %-16s %7.3f cycles per element (ports alone %.3f), %.2f uops per element\n", cpu,
              cycles / per / elements, bound / elements, uops / per / elements }' "$work/report"
    [ -z "${TIMELINE:-}" ] || cat "$work/report"
done
