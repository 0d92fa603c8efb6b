#!/bin/bash
# Prints a table of the registers, shared memory, stack and spills of each kernel, from nvcc's output (the files of
# //engine/backend/cuda:compiler_output). Fails if a kernel spills registers or the compiler warned, and names
# the kernels or warnings.
#
#   bazel run //engine/backend/cuda:resource_usage > engine/backend/cuda/resource_usage.md
#   engine/backend/cuda/resource_usage.sh [--arch=90] LOG...
#
# The table is for one architecture, by default sm_90. For the others it has the most registers and any spills.
set -euo pipefail

architecture=90
if [[ "${1:-}" == --arch=* ]]; then
  architecture="${1#--arch=}"
  shift
fi
(($# > 0)) || { echo "usage: resource_usage.sh [--arch=90] LOG..." >&2; exit 64; }

# "sm kernel registers shared stack stores loads", one line per kernel and architecture. nvcc reports functions that a
# kernel calls between its name and its registers; their spills count as the kernel's.
usage="$(awk '
  /^ptxas info.*Compiling entry function/ {
    split($0, quoted, "\047"); kernel = quoted[2]; sm = quoted[4]; sub(/^sm_/, "", sm)
    stack = stores = loads = 0
  }
  /bytes stack frame/ { stack += $1; stores += $5; loads += $9 }
  /^ptxas info.*Used [0-9]+ registers/ && kernel != "" {
    shared = 0
    for (i = 2; i < NF; ++i) {
      if ($i == "Used") registers = $(i + 1)
      if ($i == "bytes" && $(i + 1) ~ /^smem/) shared = $(i - 1)
    }
    print sm, kernel, registers, shared, stack, stores, loads
    kernel = ""
  }' "$@")"
warnings="$(grep -hi 'warning' "$@" || true)"

# "void sg::cuda::(anonymous namespace)::FillKernel<float>(float*, float, long)" -> "FillKernel"
short_names() {
  local name='([0-9]+ )(void )?(sg::cuda::)?([A-Za-z0-9_:]+)[^ ]*( .*)?'
  local numbers='([0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+)'
  c++filt -p | sed -E 's/\(anonymous namespace\):://g; s/^'"$name $numbers"'$/\1\4 \6/'
}
names="$(short_names <<<"$usage")"
grep -q "^$architecture " <<<"$names" || { echo "no kernel was compiled for sm_$architecture" >&2; exit 1; }

awk -v architecture="$architecture" '
  {
    if ($7 + $6 > 0) { ++spilling; spills[$2 " on sm_" $1] = "stores " $6 ", loads " $7 " bytes" }
    if ($1 == architecture) {
      if (!($2 in variants)) order[++kernels] = $2
      ++variants[$2]
      if ($3 > registers[$2]) registers[$2] = $3
      if ($4 > shared[$2]) shared[$2] = $4
      if ($5 > stack[$2]) stack[$2] = $5
      spilled[$2] += $6 + $7
    } else {
      others[$1] = 1
      if ($3 > elsewhere[$2]) elsewhere[$2] = $3
    }
  }
  END {
    print "# Registers, shared memory and spills of our kernels\n"
    printf "Written by `bazel run //engine/backend/cuda:resource_usage` from what nvcc says. "
    print "The most that any variant of a kernel"
    printf "takes on sm_" architecture "; registers are those of a thread, "
    print "bytes of shared memory those of a block (`up_fir_dn.cu` asks for more"
    print "when it is launched), of stack and spills those of a thread. A stack without spills holds arrays.\n"
    print "| kernel | variants | registers | shared | stack | spills | registers elsewhere |"
    print "|---|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= kernels; ++i) {
      k = order[i]
      printf "| %s | %d | %d | %d | %d | %d | %s |\n", k, variants[k], registers[k], shared[k], stack[k], spilled[k],
             (k in elsewhere) ? elsewhere[k] : "-"
    }
    list = ""
    count = 0
    for (sm in others) sorted[++count] = sm + 0
    for (i = 1; i <= count; ++i) for (j = i + 1; j <= count; ++j) if (sorted[j] < sorted[i]) {
      swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap
    }
    for (i = 1; i <= count; ++i) list = list (i > 1 ? ", " : "") "sm_" sorted[i]
    if (list != "") print "\nElsewhere: " list "."
    print "\n" (spilling ? spilling " of them spill." : "No kernel spills on any of them.")
    for (kernel in spills) print "SPILLS: " kernel ": " spills[kernel] | "sort >&2"
    exit spilling > 0
  }' <<<"$names"

if [[ -n "$warnings" ]]; then
  printf 'WARNED: %s\n' "$warnings" >&2
  exit 1
fi
