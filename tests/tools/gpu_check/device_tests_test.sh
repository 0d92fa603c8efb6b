#!/bin/bash
# device_tests_test.sh [PROGRAM]: the options of device_tests, on the CUDA stand-in.
set -euo pipefail

if (($# == 0)); then
  echo "SKIPPED: device_tests_test needs the headers of the CUDA toolkit and of cuDNN," \
    "which are not installed (or --config=nocuda)"
  exit 0
fi
program="$PWD/$1"
out="$(mktemp)"
trap 'rm -f "$out"' EXIT

fail() {
  echo "FAILED: $*" >&2
  cat "$out" >&2
  exit 1
}

# run STATUS ARGS...: that the program ends so.
run() {
  local want="$1" status=0
  shift
  "$program" "$@" >"$out" 2>&1 || status=$?
  ((status == want)) || fail "device_tests $*: exit $status, not $want"
}

expect() {
  grep -qE -- "$1" "$out" || fail "no \"$1\""
}

run 0 --describe
expect 'stand-in without a GPU'
((($(wc -l <"$out")) == 1)) || fail "more than a line"
run 64 --describe --tf32=maybe
expect 'unknown argument --tf32=maybe'
FAKE_CUDA_DEVICES=0 run 2 --describe
expect 'GPU'
FAKE_CUDA_DEVICES=0 run 2 '--gtest_filter=FillSuite.*'

run 1 '--gtest_filter=NoSuchSuite.*'
expect 'no test matches'
# Every kind of test is there.
run 0 --gtest_list_tests
for suite in FillSuite MemorySuite CudaBackendTest KernelQueueTest StepCaptureTest Devices/PhasesParity \
  Devices/OfficialPhasesParity Devices/ToRgbParity; do
  expect "^$suite\."
done

run 0 '--gtest_filter=FillSuite.*:MemorySuite.*'
expect 'PASSED.*[0-9]+ test'
run 0 --cache_memory=0 '--gtest_filter=FillSuite.*'
# Tests that change the options and a death in a process that has used the GPU.
run 0 '--gtest_filter=Cuda*'
# TF32 is on unless it is switched off: the stand-in rounds as the tensor cores do, and the goldens notice.
run 0 --tf32=0 '--gtest_filter=*ToRgbParity.IsPyTorchs*'
run 1 '--gtest_filter=*ToRgbParity.IsPyTorchs*'
expect 'FAILED.*cuda'
echo "PASSED"
