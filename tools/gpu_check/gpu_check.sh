#!/bin/bash
# gpu_check.sh [--out=DIR] [--quick] [--no-sanitizer]: does stylegan2.cpp work on this machine's NVIDIA GPU, and how
# fast is it?
#
# Runs every test of the devices, short trainings, the benchmarks, and compute-sanitizer where there is one, and writes
# DIR/report.md (DIR is gpu_check_report unless given) with a log of each part in DIR/logs. Goes on after a part that
# fails. --quick leaves out what takes long, and needs about 10 minutes. Takes the first GPU unless CUDA_VISIBLE_DEVICES
# names others. Needs the driver, cuBLAS and cuDNN, which may come from the toolkit, from pip or from conda; build.txt
# says which C library.
#
# Exit status: 0 all parts passed, 1 something failed, 2 there is no usable GPU (and the reason), 64 a wrong command
# line.
set -uo pipefail

readonly NO_GPU=2 USAGE=64
readonly CLOCKS=clocks.sm,clocks.mem,temperature.gpu,power.draw,clocks_throttle_reasons.active
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
out="gpu_check_report"
want_sanitizer=1
quick=0
for argument in "$@"; do
  case "$argument" in
    --out=?*) out="${argument#--out=}" ;;
    --no-sanitizer) want_sanitizer=0 ;;
    --quick) quick=1 ;;
    --help) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "gpu_check.sh: unknown argument $argument; --help lists them" >&2; exit "$USAGE" ;;
  esac
done
mkdir -p "$out/logs" "$out/tmp" || exit 1
out="$(cd "$out" && pwd)"
rm -rf "$out/train"* "$out/pictures" "$out/same-"* "$out/logs/"*

# What our programs need to find their libraries, data and temporary files. The goldens are found from the current
# folder.
cd "$here"
unset BUILD_WORKING_DIRECTORY TEST_SRCDIR

# Where conda, and packages of pip that Python would import, have NVIDIA's libraries.
nvidia_folders() {
  [[ -z "${CONDA_PREFIX:-}" ]] || echo "$CONDA_PREFIX/lib"
  local python
  for python in python3 python; do
    command -v "$python" >/dev/null || continue
    "$python" -c 'import glob, os, sys
for folder in sys.path:
    for library in sorted(glob.glob(os.path.join(glob.escape(folder), "nvidia", "*", "lib"))):
        print(library)' 2>/dev/null
    return
  done
}
nvidia="$(nvidia_folders | awk '!seen[$0]++' | paste -sd ':')"
loader_path="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}${nvidia:+:$nvidia}"
environment=(
  env
  "LD_LIBRARY_PATH=$loader_path"
  "RUNFILES_DIR=$here/data"
  "TEST_TMPDIR=$out/tmp"
  "CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-0}"
)
# The C++ library in lib/newer is that of the machine where the bundle was made, and wants a C library as new. It is
# used where the system's own is too old or missing.
starts() {
  local status=0
  "${environment[@]}" bin/device_tests --describe </dev/null >/dev/null 2>&1 || status=$?
  ((status == 0 || status == NO_GPU))
}
if [[ -d lib/newer ]] && ! starts; then environment[1]="LD_LIBRARY_PATH=$here/lib/newer:$loader_path"; fi
limit() { :; }
if command -v timeout >/dev/null; then
  limit() { echo "timeout -k 10 $1"; }
fi

parts=""     # rows of the report's table
failures=""  # the ends of the logs of what failed
failed=0
gpu_description=""
gpu_libraries=""  # those that the programs load, with their paths

device_facts() {
  echo "- date: $(date -u '+%Y-%m-%d %H:%M UTC')"
  echo "- system: $(uname -srm), $(getconf GNU_LIBC_VERSION 2>/dev/null || echo 'no GNU C library')"
  local smi query=name,driver_version,memory.total,clocks.max.sm,power.limit
  if smi="$(nvidia-smi --query-gpu="$query" --format=csv,noheader 2>/dev/null)"; then
    echo "- GPU by nvidia-smi (name, driver, memory, clock, power): $(paste -sd ';' <<<"$smi" | sed 's/;/; /g')"
  else
    echo "- GPU by nvidia-smi: it is not there or does not run"
  fi
  [[ -z "$gpu_description" ]] || echo "- device: $gpu_description"
  [[ -z "$gpu_libraries" ]] || sed 's/^/- library: /' <<<"$gpu_libraries"
  [[ ! -r build.txt ]] || sed 's/^/- bundle: /' build.txt
}

# Measured steps, and seconds per 1000 images that NVIDIA's programs took (docs/configs.md of its StyleGAN3, one V100
# and one A100, fp16 in the large resolutions).
steps=()  # names of parts
declare -A published=([step-official-256]="20.84 / 12.53" [step-official-1024]="141.83 / 90.39")
declare -A clocks=()
speed_table() {
  local name seconds batch printed=0
  for name in "${steps[@]}"; do
    seconds="$(awk '$1 == "iteration" { print $2 }' "$out/logs/$name.log" 2>/dev/null)"
    batch="$(sed -nE 's/^Training step, .* batch ([0-9]+) .*/\1/p' "$out/logs/$name.log" 2>/dev/null)"
    [[ -n "$seconds" && -n "$batch" ]] || continue
    if ((!printed++)); then
      printf '\n## Speed\n\n| part | seconds per step | seconds per 1000 images | published, V100 / A100 |'
      printf ' after it: %s |\n|---|---:|---:|---|---|\n' "${CLOCKS//,/, }"
    fi
    printf '| %s | %s | %s | %s | %s |\n' "$name" "$seconds" \
      "$(awk -v s="$seconds" -v b="$batch" 'BEGIN { printf "%.2f", 1000 * s / b }')" "${published[$name]:-}" \
      "${clocks[$name]:-}"
  done
}

# write_report VERDICT: the whole file, as far as it is known; also after every part, so that there is one if we are
# stopped.
write_report() {
  {
    echo "# gpu_check"
    echo
    echo "**$1**"
    echo
    echo "$facts"
    if [[ -n "$parts" ]]; then
      printf '\n| part | result | seconds | |\n|---|---|---:|---|\n%s' "$parts"
    fi
    [[ -z "$failures" ]] || printf '\n## What failed\n%s' "$failures"
    local name
    speed_table
    for name in bench "${steps[@]}"; do
      [[ ! -s "$out/logs/$name.log" ]] || printf '\n## %s\n\n```\n%s\n```\n' "$name" "$(cat "$out/logs/$name.log")"
    done
  } >"$out/report.md"
}

row() {  # NAME RESULT SECONDS DETAIL
  parts+="| $1 | $2 | $3 | $4 |"$'\n'
  echo "$1: $2${3:+ ($3 s)} $4"
  write_report "Not finished."
}

# What GoogleTest counts in a log, over all its processes, and what compute-sanitizer does.
counts_in() {
  {
    sed -nE 's/^\[ +(PASSED|FAILED|SKIPPED) +\] ([0-9]+) tests?.*/\1 \2/p' "$1" |
      awk '{ sum[$1] += $2 } END { for (i = split("PASSED SKIPPED FAILED", n, " "); i > 0; --i) {
        if (n[4 - i] in sum) print sum[n[4 - i]], n[4 - i] } }'
    sed -nE 's/^=+ *(ERROR SUMMARY.*)/\1/p' "$1"
  } | paste -sd ',' | sed 's/,/, /g'
}

# part NAME SECONDS COMMAND...: runs one part for at most so long, keeps its output and its result.
part() {
  local name="$1" seconds="$2" log="$out/logs/$1.log" began=$SECONDS status=0 detail=""
  shift 2
  # shellcheck disable=SC2046  # limit prints words
  $(limit "$seconds") "${environment[@]}" "$@" </dev/null >"$log" 2>&1 || status=$?
  detail="$(counts_in "$log")"
  if ((status == 0)); then
    row "$name" pass "$((SECONDS - began))" "$detail"
    return 0
  fi
  failed=1
  # 137 is also what a process ends with that somebody else kills.
  if ((status == 124 || (status == 137 && SECONDS - began >= seconds))); then
    detail="stopped after $seconds s; $detail"
  fi
  failures+=$'\n'"### $name: exit $status"$'\n\n```\n'"$(tail -n 60 "$log")"$'\n```\n'
  row "$name" FAIL "$((SECONDS - began))" "exit $status${detail:+; $detail}"
  return 1
}

# suites SECONDS FILTER [ARGS...]: every suite of device_tests that the filter selects in a process of its own, so that
# one that crashes takes no other with it. One that fails runs once more and waits for the GPU after each launch, which
# names the call that fails. FILTER leaves out whole suites only. For `part`.
suites() {
  local seconds="$1" filter="$2" began=$SECONDS status=0 result suite names
  shift 2
  names="$(bin/device_tests "$@" --gtest_list_tests "--gtest_filter=$filter" | sed -nE 's/^([A-Za-z0-9_/]+)\..*/\1/p')"
  [[ -n "$names" ]] || { echo "no suite matches $filter"; return 1; }
  for suite in $names; do
    result=0
    # shellcheck disable=SC2046  # limit prints words
    $(limit $((seconds + began - SECONDS > 1 ? seconds + began - SECONDS : 1))) \
      bin/device_tests "$@" "--gtest_filter=$suite.*" || result=$?
    ((result != 0)) || continue
    status=1
    echo "$suite: exit $result"
    ((SECONDS - began < seconds)) || { echo "stopped after $seconds s"; return 1; }
    echo "$suite again, with CUDA_LAUNCH_BLOCKING=1:"
    # shellcheck disable=SC2046
    CUDA_LAUNCH_BLOCKING=1 $(limit 300) bin/device_tests "$@" "--gtest_filter=$suite.*" | sed 's/^\[/again: [/'
  done
  return "$status"
}

# same_bits FOLDER FOLDER: that two trainings have ended in the same state.
same_bits() {
  local first second
  first="$(ls "$1"/*/network-snapshot-*.safetensors | tail -n 1)"
  second="$(ls "$2"/*/network-snapshot-*.safetensors | tail -n 1)"
  [[ "$(basename "$first")" == "$(basename "$second")" ]] || { echo "$first and $second"; return 1; }
  cmp "$first" "$second" && echo "$first has the bits of $second"
}
export -f limit suites same_bits

finish() {  # VERDICT STATUS
  write_report "$1"
  echo
  cat "$out/report.md"
  echo
  echo "report: $out/report.md"
  rm -rf "$out/tmp"
  exit "$2"
}

facts="$(device_facts)"
# The tests' own program says whether there is a GPU that this project can use.
status=0
gpu_description="$("${environment[@]}" bin/device_tests --describe </dev/null 2>"$out/logs/device.log")" || status=$?
echo "$gpu_description" >>"$out/logs/device.log"
if ((status == NO_GPU)); then
  reason="${gpu_description#no usable GPU: }"
  gpu_description=""
  finish "No usable GPU: $reason" "$NO_GPU"
fi
if ((status != 0)); then
  failures=$'\n'"### device: exit $status"$'\n\n```\n'"$(tail -n 60 "$out/logs/device.log")"$'\n```\n'
  gpu_description=""
  finish "FAIL: the programs do not run here." 1
fi
gpu_libraries="$("${environment[@]}" LD_DEBUG=libs bin/device_tests --describe </dev/null 2>&1 >/dev/null |
  sed -nE 's/.*calling init: (.*lib(cuda|cudnn|cublas|nvrtc)[^/]*)$/\1/p' |
  while read -r library; do readlink -f "$library"; done | sort -u)"
facts="$(device_facts)"
echo "$gpu_description"

tests="bin/device_tests"
# test_part NAME SECONDS FILTER [ARGS...]
test_part() {
  local name="$1" seconds="$2" filter="$3"
  shift 3
  # The suites end by themselves before the part does.
  part "$name" $((seconds + 400)) bash -c 'suites "$@"' suites "$seconds" "$filter" "$@"
}
test_part device-suite 1200 '*Suite.*'
test_part cuda-backend 900 'Cuda*:KernelQueue*:StepCapture*'
test_part goldens 1200 '*Parity*' --tf32=0
if ((!quick)); then
  test_part device-suite-uncached 1200 '*Suite.*-MemorySuite.*' --cache_memory=0
  test_part operations 1800 '*-*Suite.*:Cuda*:KernelQueue*:StepCapture*:*Parity*' --tf32=0
fi

if part train 900 bin/train --device=cuda "--outdir=$out/train" --kimg=0.8 --tick=0.4 --snap=1; then
  part resume 900 bin/train --device=cuda "--outdir=$out/train" --resume=latest --kimg=1.2
  part generate 300 bin/generate --device=cuda "--network=$(echo "$out/train"/*/)" --seeds=0-3 "--outdir=$out/pictures"
fi
part train-graphs 900 bin/train --device=cuda --cuda-graphs "--outdir=$out/train-graphs" --kimg=0.8 --tick=0.4 --snap=1
if ((!quick)); then
  # Both regularizers, often.
  part train-annotated 900 bin/train --device=cuda --preset=annotated --batch=32 "--outdir=$out/train-annotated" \
    --kimg=0.64 --tick=0.32 --snap=2 --pl_start=0 --pl_interval=4
  # Strided and transposed convolutions, and regularizers of their own: both come within 16 steps.
  part train-official 900 bin/train --device=cuda --preset=official --res=64 --batch=16 "--outdir=$out/train-official" \
    --kimg=0.32 --tick=0.16 --snap=2
  deterministic=(bin/train --device=cuda --deterministic --preset=official --res=64 --batch=16 --kimg=0.32 --tick=0.16
    --snap=2)
  if part same-1 900 "${deterministic[@]}" "--outdir=$out/same-1" &&
    part same-2 900 "${deterministic[@]}" "--outdir=$out/same-2"; then
    part same-bits 60 bash -c 'same_bits "$@"' same_bits "$out/same-1" "$out/same-2"
  fi
fi

# step NAME SECONDS ARGS...: a training step, measured, and the GPU's clocks just after it.
step() {
  local name="$1" seconds="$2"
  shift 2
  steps+=("$name")
  part "$name" "$seconds" bin/bench --device=cuda --step "$@"
  clocks[$name]="$(nvidia-smi "--query-gpu=$CLOCKS" --format=csv,noheader 2>/dev/null | head -n 1)"
}
step step-annotated-64 600 --preset=annotated --res=64 --batch=32
step step-annotated-64-bf16 600 --preset=annotated --res=64 --batch=32 --precision=bf16
step step-official-256 900 --preset=official --res=256 --batch=32
if ((!quick)); then
  step step-annotated-64-graphs 600 --preset=annotated --res=64 --batch=32 --cuda-graphs
  step step-annotated-64-full-f32 600 --preset=annotated --res=64 --batch=32 --no-tf32
  step step-official-256-bf16 900 --preset=official --res=256 --batch=32 --precision=bf16
  step step-official-1024 1200 --preset=official --res=1024 --batch=4
  part bench 1200 bin/bench --device=cuda --preset=annotated --res=64 --batch=32
fi

sanitizer=""
for candidate in "$(command -v compute-sanitizer)" "${CUDA_PATH:-/usr/local/cuda}/bin/compute-sanitizer" \
  "${CUDA_PATH:-/usr/local/cuda}/compute-sanitizer/compute-sanitizer"; do
  if [[ -z "$sanitizer" && -x "$candidate" ]]; then sanitizer="$candidate"; fi
done
if ((!want_sanitizer || quick)); then
  row compute-sanitizer skipped "" "$( ((quick)) && echo --quick || echo --no-sanitizer)"
elif [[ -z "$sanitizer" ]]; then
  row compute-sanitizer skipped "" "it is neither on PATH nor in CUDA_PATH"
else
  # Every tensor an allocation of its own, or reading beyond one's end would only meet the next one. The tests of memory
  # are about the pool; NVIDIA's kernels are watched for addresses alone, for the rest is theirs.
  for tool in memcheck racecheck initcheck synccheck; do
    filter='*Suite.*:KernelQueueTest.*-MemorySuite.*'
    [[ "$tool" == memcheck ]] || filter+=':Conv2dSuite.*:MatMulSuite.*'
    part "$tool" 1800 "$sanitizer" --tool "$tool" --error-exitcode 99 "$tests" --cache_memory=0 "--gtest_filter=$filter"
  done
  for tool in memcheck racecheck; do
    part "$tool-train" 1800 "$sanitizer" --tool "$tool" --error-exitcode 99 bin/train --device=cuda --batch=8 \
      --kimg=0.08 --tick=0.08 --snap=1 "--outdir=$out/train-$tool"
  done
fi

if ((failed)); then finish "FAIL: see below." 1; fi
finish "PASS: all parts passed." 0
