#!/bin/bash
# Runs tools/train with a GPU that fails in the middle. Expects one error, exit code 1, the state of the last tick on
# disk, and that the run can be resumed from it.
source tests/fake_cuda/suites/small_training.sh

# Without checkpoints of its own before the end: what is saved is the copy.
training=(--options=options.json --device=cuda --kimg=0.16 --snap=1000)
error_code=1  # of a command that was right and of which something failed; 134 would be an abort

# counts NAME: a whole run in the folder NAME and, in NAME.calls, how often it called what.
counts() {
  FAKE_CUDA_CALLS="$work/$1.calls" "$train" "${training[@]}" --outdir="$1" >"$1.txt" 2>&1 ||
    { cat "$1.txt" >&2; fail "the run $1"; }
}

# middle FUNCTION FILE: the number of a call a little after the middle of the run.
middle() {
  local count
  count="$(sed -n "s/^$1 //p" "$2")"
  ((count >= 20)) || fail "$1 was called ${count:-0} times"
  echo $((count * 55 / 100))
}

# breaks NAME FAILURE: a run in the folder NAME that must break. Sets `step` to the step whose state it has saved.
breaks() {
  local status=0
  FAKE_CUDA_FAIL="$2" "$train" "${training[@]}" --outdir="$1" >"$1.txt" 2>&1 || status=$?
  ((status == error_code)) || { cat "$1.txt" >&2; fail "exit code $status after $2"; }
  (("$(grep -c '^\[' "$1.txt")" == 1)) || { cat "$1.txt" >&2; fail "not one error after $2"; }
  local saved='^Saved the state of step ([0-9]+), copied at the last tick: .*network-snapshot-000000_[0-9]+.*'
  step="$(sed -nE "s/$saved/\1/p" "$1.txt")"
  [[ "$step" =~ ^(5|10|15)$ ]] || { cat "$1.txt" >&2; fail "saved the step \"$step\" after $2"; }
  expect "Resume: bazel run //tools:train -- --resume=$1/00000-" "$1.txt"
  grep '^\[' "$1.txt" >error.txt
  expect "$(cat error.txt)" "$(echo "$1"/*/log.txt)"
}

# mends NAME [FLAGS...]: goes on with that run to its end.
mends() {
  "$train" --resume="$(echo "$1"/00000-*)" --device=cuda "${@:2}" >"$1.mended.txt" 2>&1 ||
    { cat "$1.mended.txt" >&2; fail "going on with $1"; }
  expect "network-snapshot-000000_$(printf %03d $((8 * step))).safetensors, step $step" "$1.mended.txt"
  expect "finished." "$1.mended.txt"
}

# same NAME NAME: that two runs end in the same bits.
same() {
  local last=network-snapshot-000000_160.safetensors
  cmp "$1"/*/"$last" "$2"/*/"$last" || fail "$1 and $2 differ"
}

counts whole

# A kernel faults: from then on the GPU answers nothing.
breaks lost "LaunchKernel:$(middle LaunchKernel whole.calls):719"
expect "cudaErrorLaunchFailure" error.txt
expect "launch of" error.txt
mends lost
same lost whole

# The fault shows where the host waits, which may be while a copy is being taken: the one before is saved.
breaks waited "cudaStreamSynchronize:$(middle cudaStreamSynchronize whole.calls):719"
expect "[CUDA] cudaStreamSynchronize" error.txt
mends waited
same waited whole

# cuDNN refuses every engine of a convolution, and every algorithm of its older API.
last="cudnnConvolutionForward:1+:3000,cudnnConvolutionBackwardData:1+:3000,cudnnConvolutionBackwardFilter:1+:3000"
breaks refusal "cudnnBackendExecute:$(middle cudnnBackendExecute whole.calls)+:3000,$last"
expect "has no way to run" error.txt
expect "CUDNN_STATUS_NOT_SUPPORTED" error.txt
mends refusal
same refusal whole

# It refuses only the preferred one: the next is taken.
FAKE_CUDA_FAIL="cudnnBackendExecute:$(middle cudnnBackendExecute whole.calls):3000" \
  "$train" "${training[@]}" --outdir=refused >refused.txt 2>&1 ||
  { cat refused.txt >&2; fail "after one refusal of cuDNN"; }
expect "finished." refused.txt

# Memory runs out at an allocation in the middle; each tensor is one when nothing is cached.
export FAKE_CUDA_CACHE_MEMORY=0
counts uncached
breaks full "cudaMallocAsync:$(middle cudaMallocAsync uncached.calls)+:2"
unset FAKE_CUDA_CACHE_MEMORY
expect "[Pool] out of GPU memory: " error.txt
expect "asked for" error.txt
expect "MiB live in" error.txt
grep -qE '^--grad-accum=2 \(4 images at a time\) would take about [0-9.]+ [KM]iB of 16\.0 GiB\.$' full.txt ||
  { cat full.txt >&2; fail "no advice"; }
mends full --grad-accum=2
expect "batches in 1 part, this is in 2" full.mended.txt

# Too little for the first tensors: there is nothing to save.
status=0
FAKE_CUDA_MEMORY_MIB=1 "$train" "${training[@]}" --outdir=tiny >tiny.txt 2>&1 || status=$?
((status == error_code)) || { cat tiny.txt >&2; fail "exit code $status with too little memory"; }
expect "[Pool] out of GPU memory: " tiny.txt
expect "smaller batch" tiny.txt
expect "--grad-accum" tiny.txt
! grep -q "^Saved" tiny.txt || fail "saved, before there was anything"
echo "PASSED"
