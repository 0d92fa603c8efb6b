#!/bin/bash
# resource_usage_test.sh [LOG...]: the table that resource_usage.sh makes, its failures, and the compiler's own words on
# our kernels.
source tests/support/shell_test.sh

table="$PWD/engine/backend/cuda/resource_usage.sh"

# kernel NAME SM REGISTERS SHARED STACK STORES LOADS: what ptxas -v prints.
kernel() {
  local shared=""
  (($4 == 0)) || shared=" $4 bytes smem,"
  cat <<EOF
ptxas info    : 0 bytes gmem, 8 bytes cmem[2]
ptxas info    : Compiling entry function '$1' for 'sm_$2'
ptxas info    : Function properties for $1
    $5 bytes stack frame, $6 bytes spill stores, $7 bytes spill loads
ptxas info    : Used $3 registers, used 0 barriers,$shared 552 bytes cmem[0]
ptxas info    : Compile time = 1.234 ms
EOF
}

# Two variants of one template in an anonymous namespace, as nvcc names it, and a kernel that is no template.
fill="_ZN2sg4cuda47_GLOBAL__N__5e951199_14_elementwise_cu_3176e3af10FillKernelI"
adam="_ZN2sg4cuda44_GLOBAL__N__5e951199_11_in_place_cu_3176e3af14AdamStepKernelEPKfi"
{
  kernel "${fill}fEEvPT_S3_l" 80 40 0 0 0 0
  kernel "${fill}fEEvPT_S3_l" 90 24 0 0 0 0
  kernel "${fill}iEEvPT_S3_l" 90 30 512 16 0 0
  kernel "$adam" 90 38 0 0 0 0
} >"$work/good.log"
"$table" "$work/good.log" >"$work/good.md" 2>"$work/good.err" || fail "a good log: $(cat "$work/good.err")"
grep -qF '| FillKernel | 2 | 30 | 512 | 16 | 0 | 40 |' "$work/good.md" || fail "no FillKernel: $(cat "$work/good.md")"
grep -qF '| AdamStepKernel | 1 | 38 | 0 | 0 | 0 | - |' "$work/good.md" ||
  fail "no AdamStepKernel: $(cat "$work/good.md")"
grep -qF 'Elsewhere: sm_80.' "$work/good.md" || fail "no other architecture"
grep -qF 'No kernel spills' "$work/good.md" || fail "no verdict"

# A spill fails wherever it is, also in a function that the kernel calls.
{
  cat "$work/good.log"
  kernel "${fill}hEEvPT_S3_l" 75 64 0 8 4 12
} >"$work/spill.log"
if "$table" "$work/spill.log" >"$work/spill.md" 2>"$work/spill.err"; then fail "a spill, and success"; fi
grep -qF 'SPILLS: FillKernel on sm_75: stores 4, loads 12 bytes' "$work/spill.err" || fail "$(cat "$work/spill.err")"
callee='ptxas info    : Function properties for callee\n'
callee+='    8 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads\n'
sed "s/^ptxas info    : Used 38/$callee&/" "$work/good.log" >"$work/callee.log"
if "$table" "$work/callee.log" >"$work/callee.md" 2>"$work/callee.err"; then fail "a spill in a callee, and success"; fi
grep -qF 'SPILLS: AdamStepKernel on sm_90' "$work/callee.err" || fail "$(cat "$work/callee.err")"

# So does a warning, and an architecture that nothing was compiled for.
{
  cat "$work/good.log"
  echo 'reduce.cu(12): warning #177-D: variable "x" was declared but never referenced'
} >"$work/warning.log"
if "$table" "$work/warning.log" >"$work/warning.md" 2>"$work/warning.err"; then fail "a warning, and success"; fi
grep -qF '#177-D' "$work/warning.err" || fail "the warning is not shown"
if "$table" --arch=100 "$work/good.log" >"$work/none.md" 2>"$work/none.err"; then fail "no kernel, and success"; fi
grep -qF 'sm_100' "$work/none.err" || fail "$(cat "$work/none.err")"

if (($# == 0)); then
  echo "SKIPPED: our own kernels: there is no CUDA toolkit (or --config=nocuda)"
  exit 0
fi
# With SG_CUDA_ARCHITECTURES there may be no sm_90.
architecture="$(grep -ohE "for 'sm_[0-9]+'" "$@" | grep -oE '[0-9]+' | sort -un |
  awk '$1 == 90 || !first { first = $1 } END { print first }')"
"$table" --arch="$architecture" "$@" || fail "our kernels"
