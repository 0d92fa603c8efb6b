#!/bin/bash
# gpu_check.sh [--out=DIR] [--no-sanitizer]: does stylegan2.cpp work on this machine's NVIDIA GPU, and how fast is it?
#
# Runs every test of the devices, two short trainings, compute-sanitizer where there is one, and the benchmarks, and
# writes DIR/report.md (DIR is gpu_check_report unless given) with a log of each part in DIR/logs. Goes on after a part
# that fails. Takes the first GPU unless CUDA_VISIBLE_DEVICES names others. Needs the driver, cuBLAS and cuDNN;
# build.txt says which C library.
#
# Exit status: 0 all parts passed, 1 something failed, 2 there is no usable GPU (and the reason), 64 a wrong command
# line.
set -uo pipefail

readonly NO_GPU=2 USAGE=64
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
out="gpu_check_report"
want_sanitizer=1
for argument in "$@"; do
  case "$argument" in
    --out=?*) out="${argument#--out=}" ;;
    --no-sanitizer) want_sanitizer=0 ;;
    --help) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "gpu_check.sh: unknown argument $argument; --help lists them" >&2; exit "$USAGE" ;;
  esac
done
mkdir -p "$out/logs" "$out/tmp" || exit 1
out="$(cd "$out" && pwd)"
rm -rf "$out/train" "$out/train-annotated" "$out/pictures" "$out/logs/"*

# What our programs need to find their libraries, data and temporary files. The goldens are found from the current
# folder.
cd "$here"
unset BUILD_WORKING_DIRECTORY TEST_SRCDIR
environment=(
  env
  "LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  "RUNFILES_DIR=$here/data"
  "TEST_TMPDIR=$out/tmp"
  "CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-0}"
)
limit() { :; }
if command -v timeout >/dev/null; then
  limit() { echo "timeout -k 10 $1"; }
fi

parts=""     # rows of the report's table
failures=""  # the ends of the logs of what failed
failed=0
gpu_description=""

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
  local libraries
  libraries="$(ldconfig -p 2>/dev/null | grep -oE '=> .*/lib(cudnn|cublas|cuda)\.so\.[0-9]+$' | sed 's/=> //' |
    sort -u | while read -r library; do readlink -f "$library"; done | paste -sd ' ')"
  echo "- NVIDIA libraries on the loader's path: ${libraries:-none}"
  [[ ! -r build.txt ]] || sed 's/^/- bundle: /' build.txt
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
    for name in bench bench-bf16; do
      [[ ! -s "$out/logs/$name.log" ]] || printf '\n## %s\n\n```\n%s\n```\n' "$name" "$(cat "$out/logs/$name.log")"
    done
  } >"$out/report.md"
}

row() {  # NAME RESULT SECONDS DETAIL
  parts+="| $1 | $2 | $3 | $4 |"$'\n'
  echo "$1: $2${3:+ ($3 s)} $4"
  write_report "Not finished."
}

# part NAME SECONDS COMMAND...: runs one part for at most so long, keeps its output and its result.
part() {
  local name="$1" seconds="$2" log="$out/logs/$1.log" began=$SECONDS status=0 detail=""
  shift 2
  # shellcheck disable=SC2046  # limit prints words
  $(limit "$seconds") "${environment[@]}" "$@" </dev/null >"$log" 2>&1 || status=$?
  # What GoogleTest counts, and what compute-sanitizer does.
  detail="$(grep -E '^\[  (PASSED|FAILED)  \] [0-9]+ test|^\[  SKIPPED \] [0-9]+ test|ERROR SUMMARY' "$log" |
    sed -E 's/^\[ +([A-Z]+) +\] ([0-9]+) tests?.*/\2 \1/; s/^=+ *//' | paste -sd ',' | sed 's/,/, /g')"
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
facts="$(device_facts)"
echo "$gpu_description"

tests="bin/device_tests"
part device-suite 1200 "$tests" '--gtest_filter=*Suite.*'
part device-suite-uncached 1200 "$tests" --cache_memory=0 '--gtest_filter=*Suite.*-MemorySuite.*'
part cuda-backend 600 "$tests" '--gtest_filter=Cuda*'
part goldens 1200 "$tests" --tf32=0 '--gtest_filter=*Parity*'
part operations 1800 "$tests" --tf32=0 '--gtest_filter=*-*Suite.*:Cuda*:*Parity*'

if part train 900 bin/train --device=cuda "--outdir=$out/train" --kimg=0.8 --tick=0.4 --snap=1; then
  part resume 900 bin/train --device=cuda "--outdir=$out/train" --resume=latest --kimg=1.2
  part generate 300 bin/generate --device=cuda "--network=$(echo "$out/train"/*/)" --seeds=0-3 "--outdir=$out/pictures"
fi
# Both regularizers, often.
part train-annotated 900 bin/train --device=cuda --preset=annotated --batch=32 "--outdir=$out/train-annotated" \
  --kimg=0.64 --tick=0.32 --snap=2 --pl_start=0 --pl_interval=4
part train-graphs 900 bin/train --device=cuda --cuda-graphs "--outdir=$out/train-graphs" --kimg=0.8 --tick=0.4 --snap=1
# Strided and transposed convolutions, and regularizers of their own: both come within 16 steps.
part train-official 900 bin/train --device=cuda --preset=official --res=64 --batch=16 "--outdir=$out/train-official" \
  --kimg=0.32 --tick=0.16 --snap=2

sanitizer=""
for candidate in "$(command -v compute-sanitizer)" "${CUDA_PATH:-/usr/local/cuda}/bin/compute-sanitizer" \
  "${CUDA_PATH:-/usr/local/cuda}/compute-sanitizer/compute-sanitizer"; do
  if [[ -z "$sanitizer" && -x "$candidate" ]]; then sanitizer="$candidate"; fi
done
if ((!want_sanitizer)); then
  row compute-sanitizer skipped "" "--no-sanitizer"
elif [[ -z "$sanitizer" ]]; then
  row compute-sanitizer skipped "" "it is neither on PATH nor in CUDA_PATH"
else
  # Every tensor an allocation of its own, or reading beyond one's end would only meet the next one. The tests of memory
  # are about the pool; NVIDIA's kernels are watched for addresses alone, for the rest is theirs.
  for tool in memcheck racecheck initcheck synccheck; do
    filter='*Suite.*-MemorySuite.*'
    [[ "$tool" == memcheck ]] || filter+=':Conv2dSuite.*:MatMulSuite.*'
    part "$tool" 1800 "$sanitizer" --tool "$tool" --error-exitcode 99 "$tests" --cache_memory=0 "--gtest_filter=$filter"
  done
fi

part bench 1200 bin/bench --device=cuda --preset=annotated --res=64 --batch=32
part bench-bf16 900 bin/bench --device=cuda --preset=annotated --res=64 --batch=32 --precision=bf16 --step

if ((failed)); then finish "FAIL: see below." 1; fi
finish "PASS: all parts passed." 0
