#!/bin/bash
# Runs tools/bench on the CUDA stand-in. It prints the requests to the GPU, with graphs and without. Its timings mean
# nothing.
source tests/support/shell_test.sh

bench="$PWD/tests/fake_cuda/suites/bench_on_fake"
cd "$work"

small=(--step --preset=quick --res=8 --batch=4 --runs=1 --budget=0)

# counts FILE PHASE NAME: a number of "counts" in the JSON line.
counts() {
  sed -E "s/.*\"counts\": //; s/.*\"$2\": \{([^}]*)\}.*/\1/; s/.*\"$3\": ([0-9]+).*/\1/" "$1"
}
# check FILE PHASE NAME CONDITION, as in: check plain.json dstep copies "> 0".
check() {
  local number
  number="$(counts "$1" "$2" "$3")"
  [[ "$number" =~ ^[0-9]+$ ]] && ((number $4)) || { cat "$1" >&2; fail "$3 of $2 in $1 is \"$number\", not $4"; }
}

"$bench" "${small[@]}" --device=cuda --json >plain.json
"$bench" "${small[@]}" --device=cuda --json --cuda-graphs >graphs.json
for phase in dstep dstep_gp gstep gstep_pl step; do
  for file in plain.json graphs.json; do
    check "$file" "$phase" kernels "> 10"
    check "$file" "$phase" library_calls "> 10"
    check "$file" "$phase" synchronizations "== 0"
  done
  check plain.json "$phase" graph_launches "== 0"
  check plain.json "$phase" descriptor_convolutions "== 0"
  for name in kernels library_calls copies; do
    check graphs.json "$phase" "$name" "== $(counts plain.json "$phase" "$name")"
  done
done
for phase in dstep dstep_gp gstep gstep_pl; do check graphs.json "$phase" graph_launches "== 1"; done
check graphs.json step graph_launches "== 2"
check graphs.json gstep outside_graphs "== 0"
check graphs.json step outside_graphs "<= 3"

# As text, with the operations behind it, which are watched without graphs.
"$bench" "${small[@]}" --device=cuda --cuda-graphs >text.txt
grep -qE '^  dstep_gp( +[0-9]+){7}$' text.txt || { cat text.txt >&2; fail "no line of counts"; }
expect 'By operation' text.txt
grep -qE '^  Conv2d of f32 x .*: engine [0-9]+.*, tensor cores, [0-9]+ KiB$' text.txt ||
  { cat text.txt >&2; fail "no line of a convolution"; }

# Memory by kind, on every device.
"$bench" "${small[@]}" --device=cpu --json >cpu.json
for file in plain.json cpu.json; do
  pattern='"memory": \{"parameters_mib": [0-9.]+, .*"gstep_pl": \{"gradients_mib": [0-9.]+, "activations_mib": [0-9.]+,'
  grep -qE "$pattern" "$file" || { cat "$file" >&2; fail "no memory by kind in $file"; }
done
grep -qE '^  gstep_pl( +[0-9]+\.[0-9]){4}$' text.txt || { cat text.txt >&2; fail "no line of memory"; }

# The CPU has nothing to count.
! grep -q '"counts"' cpu.json || fail "counts of a GPU on the CPU"
status=0
"$bench" "${small[@]}" --device=cpu --cuda-graphs 2>cpu.txt || status=$?
((status == 2)) || fail "graphs on the CPU: exit code $status"
expect 'is for a GPU' cpu.txt
echo "PASSED"
