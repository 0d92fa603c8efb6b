#!/bin/bash
# gpu_check.sh's own rules: its parts, report and exit status, with programs that are a few lines of shell.
set -euo pipefail

script="$PWD/tools/gpu_check/gpu_check.sh"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
bundle="$work/the bundle"
mkdir -p "$bundle/bin" "$work/toolkit/bin" "$work/empty"
cp -L "$script" "$bundle/gpu_check.sh"
echo "needs GLIBC 9.99 or newer" >"$bundle/build.txt"

fail() {
  echo "FAILED: $*" >&2
  echo "--- printed:" >&2
  cat "$work/printed" >&2 || true
  exit 1
}

# Tells the first GPU, passes its tests, and writes down how it was called; FAIL_PATTERN makes calls that match it fail.
cat >"$bundle/bin/device_tests" <<'EOF'
#!/bin/bash
case "$*" in
  --describe)
    # A machine with an old C++ library: only with that of the bundle the program starts.
    [[ -z "${OLD_LIBRARY:-}" || "$LD_LIBRARY_PATH" == */lib/newer:* ]] || { echo "GLIBCXX not found"; exit 1; }
    [[ -z "${LD_DEBUG:-}" ]] || echo "  1: calling init: $LIBRARIES/libcudnn.so.9" >&2
    [[ -z "${DESCRIBE_STATUS:-}" ]] || { echo "no usable GPU: ${REASON:-}"; exit "$DESCRIBE_STATUS"; }
    echo "Fake H100, 1 MiB"
    exit 0
    ;;
  *--gtest_list_tests*)
    [[ "$*" != *=Cuda* ]] || { echo "CudaBackendTest."; echo "  Works"; exit 0; }
    printf '%s\n' 'FillSuite.' '  Fills' 'Devices/ToRgbParity.  # TypeParam' '  IsPyTorchs/cuda'
    exit 0
    ;;
esac
echo "$(basename "$0") $* | $PWD | $LD_LIBRARY_PATH | $RUNFILES_DIR | $CUDA_VISIBLE_DEVICES |" \
  "blocking ${CUDA_LAUNCH_BLOCKING:-0}" >>"$CALLS"
if [[ -n "${FAIL_PATTERN:-}" && "$(basename "$0") $*" =~ $FAIL_PATTERN ]]; then
  echo "something broke"
  echo "[  FAILED  ] 1 test, listed below:"
  exit 1
fi
[[ -z "${KILL_PATTERN:-}" || ! "$(basename "$0") $*" =~ $KILL_PATTERN ]] || kill -KILL $$
echo "[  PASSED  ] 7 tests."
EOF
for program in bench generate train; do
  {
    cat "$bundle/bin/device_tests"
    [[ "$program" != train ]] ||
      cat <<'TRAIN'
for a in "$@"; do
  [[ "$a" == --outdir=* ]] || continue
  folder="${a#--outdir=}/00000-run"
  mkdir -p "$folder"
  [[ -n "${RANDOM_BITS:-}" ]] || a=equal
  echo "$a" >"$folder/network-snapshot-000000_320.safetensors"
done
TRAIN
    [[ "$program" != bench ]] || {
      echo 'echo "conv3x3/512>512@16/forward 0.1 ms"'
      echo 'echo "Training step, preset official, 256 pixels, batch 32 (seconds, medians)"'
      echo 'echo "  iteration     0.4000"'
    }
  } >"$bundle/bin/$program"
done
cat >"$work/toolkit/bin/compute-sanitizer" <<'EOF'
#!/bin/bash
echo "compute-sanitizer $*" >>"$CALLS"
[[ -z "${SANITIZER_FINDS:-}" || "$*" != *"--tool $SANITIZER_FINDS "* ]] ||
  { echo "========= ERROR SUMMARY: 3 errors"; exit 99; }
echo "========= ERROR SUMMARY: 0 errors"
EOF
chmod +x "$bundle"/bin/* "$work/toolkit/bin/compute-sanitizer"

# check STATUS [ARGS...]: runs the script from another folder, in an environment with little in it, with CUDA_PATH where
# it is given.
check() {
  local want="$1" status=0
  shift
  rm -rf "$work/run"
  mkdir "$work/run"
  : >"$work/calls"
  (cd "$work/run" && env -i PATH=/usr/bin:/bin CALLS="$work/calls" CUDA_PATH="${CUDA_PATH:-$work/empty}" \
    ${CONDA_PREFIX:+"CONDA_PREFIX=$CONDA_PREFIX"} \
    LIBRARIES="$work/toolkit" OLD_LIBRARY="${OLD_LIBRARY:-}" RANDOM_BITS="${RANDOM_BITS:-}" \
    FAIL_PATTERN="${FAIL_PATTERN:-}" KILL_PATTERN="${KILL_PATTERN:-}" DESCRIBE_STATUS="${DESCRIBE_STATUS:-}" \
    REASON="${REASON:-}" SANITIZER_FINDS="${SANITIZER_FINDS:-}" "$bundle/gpu_check.sh" "$@") \
    >"$work/printed" 2>&1 || status=$?
  ((status == want)) || fail "exit $status, not $want"
}

report="$work/run/gpu_check_report/report.md"
expect() { grep -qE -- "$1" "$report" || { cat "$report" >&2; fail "no \"$1\" in the report"; }; }
called() { grep -qF -- "$1" "$work/calls" || { cat "$work/calls" >&2; fail "no call \"$1\""; }; }

# All is well; there is no sanitizer.
check 0
expect '^\*\*PASS: all parts passed\.\*\*$'
expect '^- device: Fake H100, 1 MiB$'
expect '^- bundle: needs GLIBC 9\.99 or newer$'
expect '^- date: 20'
expect "^- library: $work/toolkit/libcudnn\.so\.9$"
quick=(device-suite cuda-backend goldens train resume generate train-graphs step-annotated-64 step-annotated-64-bf16
  step-official-256)
long=(device-suite-uncached operations train-annotated train-official same-1 same-2 same-bits step-annotated-64-graphs
  step-annotated-64-full-f32 step-official-256-bf16 step-official-1024 bench)
for part in "${quick[@]}" "${long[@]}"; do
  expect "^\| $part \| pass \| [0-9]+ \| "
  [[ -s "$work/run/gpu_check_report/logs/$part.log" ]] || fail "no log of $part"
done
expect '^\| device-suite \| pass \| [0-9]+ \| 14 PASSED \|$'
expect '^\| step-official-256 \| 0\.4000 \| 12\.50 \| 20\.84 / 12\.53 \|'
expect '^\| compute-sanitizer \| skipped \|'
expect '^conv3x3/512>512@16/forward'
cmp -s <(sed -n '/^# gpu_check/,/^report: /p' "$work/printed" | head -n 5) <(head -n 5 "$report") ||
  fail "the report was not printed"
# From the bundle's folder, with its libraries and data, and on one GPU.
# Each suite has a process of its own.
called "device_tests --gtest_filter=FillSuite.* | $bundle | $bundle/lib"
called " | $bundle/data | 0 | blocking 0"
called "device_tests --cache_memory=0 --gtest_filter=FillSuite.* | "
called "device_tests --tf32=0 --gtest_filter=Devices/ToRgbParity.* | "
called "device_tests --gtest_filter=CudaBackendTest.* | "
called "train --device=cuda --outdir=$work/run/gpu_check_report/train --resume=latest "
called "generate --device=cuda --network=$work/run/gpu_check_report/train/00000-run/ "

# Another folder for the report.
check 0 --out=there
[[ -s "$work/run/there/report.md" ]] || fail "--out"

# Less, and faster.
check 0 --quick
for part in "${quick[@]}"; do expect "^\| $part \| pass \|"; done
for part in "${long[@]}"; do ! grep -q "^| $part |" "$report" || fail "--quick runs $part"; done
expect '^\| compute-sanitizer \| skipped \|.*--quick'

# A part that fails does not stop the others, nor does a suite that fails or dies. It runs again to tell where.
FAIL_PATTERN='device_tests --tf32=0 .*FillSuite' check 1
expect '^\*\*FAIL'
expect '^\| goldens \| FAIL \| [0-9]+ \| exit 1; 7 PASSED, 1 FAILED \|$'
expect '^something broke$'
expect '^again: \[  FAILED  \] 1 test'
expect '^\| bench \| pass \|'
called "device_tests --tf32=0 --gtest_filter=FillSuite.* | $bundle"
grep -q 'FillSuite.*blocking 1$' "$work/calls" || fail "no second run that waits after each launch"
KILL_PATTERN='device_tests --gtest_filter=FillSuite' check 1
expect '^\| device-suite \| FAIL \| [0-9]+ \| exit 1; 7 PASSED \|$'
expect '^FillSuite: exit 137$'
# Two deterministic trainings that end in different bits.
RANDOM_BITS=1 check 1
expect '^\| same-bits \| FAIL \|'

# The C++ library of the bundle is used only where the programs do not start without it.
mkdir -p "$bundle/lib/newer"
check 0 --quick
! grep -q 'lib/newer' "$work/calls" || fail "took the bundle's C++ library without need"
OLD_LIBRARY=1 check 0 --quick
called "$bundle/lib/newer:$bundle/lib"
rmdir "$bundle/lib/newer" "$bundle/lib"
# Libraries of conda, and of pip.
CONDA_PREFIX="$work/conda" check 0 --quick
called ":$work/conda/lib"

# Without a training there is nothing to go on with.
FAIL_PATTERN='^train .*/train ' check 1
expect '^\| train \| FAIL \|'
! grep -q '^| resume' "$report" || fail "resumed a training that failed"
expect '^\| train-annotated \| pass \|'
# A program that is killed.
KILL_PATTERN='^bench .*res=1024' check 1
expect '^\| step-official-1024 \| FAIL \| [0-9]+ \| exit 137 \|$'

# The sanitizer, where there is one; what it finds; and not where it is not wanted.
CUDA_PATH="$work/toolkit" check 0
for tool in memcheck racecheck initcheck synccheck; do
  expect "^\| $tool \| pass \| [0-9]+ \| ERROR SUMMARY: 0 errors \|$"
  called "compute-sanitizer --tool $tool --error-exitcode 99 bin/device_tests --cache_memory=0 "
done
called "compute-sanitizer --tool racecheck --error-exitcode 99 bin/train --device=cuda "
CUDA_PATH="$work/toolkit" SANITIZER_FINDS=racecheck check 1
expect '^\| racecheck \| FAIL \| [0-9]+ \| exit 99; ERROR SUMMARY: 3 errors \|$'
expect '^\| synccheck \| pass \|'
CUDA_PATH="$work/toolkit" check 0 --no-sanitizer
expect '^\| compute-sanitizer \| skipped \|.*--no-sanitizer'

# No GPU: the reason, once; and nothing else is run.
DESCRIBE_STATUS=2 REASON="the driver sleeps" check 2
expect '^\*\*No usable GPU: the driver sleeps\*\*$'
[[ ! -s "$work/calls" ]] || fail "ran something without a GPU"
# Programs that cannot even start are a failure of the bundle.
DESCRIBE_STATUS=127 REASON="lib missing" check 1
expect '^\*\*FAIL: the programs do not run here\.\*\*$'
expect 'lib missing'

check 64 --bogus
grep -qF -- '--bogus' "$work/printed" || fail "the wrong argument is not named"
check 0 --help
grep -qF 'Exit status: 0 all parts passed' "$work/printed" || fail "--help"
! grep -q '^set ' "$work/printed" || fail "--help prints code"
echo "PASSED"
