#!/bin/bash
# nightly.sh [STEP...]: the tests that take too long for every change, at full size. Without arguments every step: full,
# clang, sanitize, threads, valgrind, fuzz. FUZZ_SECONDS (default 600) is spent on each fuzz target. Installs the
# packages of .ci/apt_packages.txt. Ends with "N passed, N failed", and takes hours.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

third_party/install_apt_packages.sh third_party/apt_packages.txt .ci/apt_packages.txt || exit 1
passed=0
failed=0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# record NAME COMMAND...: one check that counts as one.
record() {
  echo "== $1"
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
  fi
}

# test_step NAME ARGS...: every test target counts.
test_step() {
  echo "== $1: ./bazelw test ${*:2}"
  local result status
  ./bazelw test --keep_going --curses=no --noshow_progress --build_event_json_file="$work/$1.json" "${@:2}"
  status=$?
  if result="$(.ci/count_results.py "$work/$1.json" "$status")"; then
    passed=$((passed + ${result% *}))
    failed=$((failed + ${result#* }))
  else
    failed=$((failed + 1))
    echo "FAILED: $1 left no results"
  fi
}

# 500 kills, 10,000 damaged checkpoints, 30 minutes of training, and what else asks tests/support/nightly.h.
full() {
  test_step full --test_env=SG_NIGHTLY=1 --test_timeout=14400 --local_test_jobs=1 --cache_test_results=no \
    //tests/integration/... //tests/gan/train/... //tests/fuzz/...
}

# Clang's opinion of the tests' sources, too, and its check that every include is a direct dependency.
clang_build() {
  ./bazelw build --keep_going --curses=no --noshow_progress --config=clang --config=nocuda \
    --output_groups=compilation_outputs //...
}

# AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer over the whole suite.
sanitize() {
  test_step sanitize --config=sanitize --config=nocuda --test_timeout=3600 --local_test_jobs=1 \
    --test_tag_filters=-own_malloc,-plain_programs --build_tag_filters=-own_malloc,-plain_programs //tests/...
}

# ThreadSanitizer over what runs in several threads: the loader, the writer of checkpoints, the C interface, observers,
# signals.
threads() {
  test_step threads --config=tsan --config=nocuda --test_timeout=3600 --local_test_jobs=1 \
    --test_tag_filters=-own_malloc \
    //tests/gan/data/... //tests/gan/train:checkpoint_copy_test //tests/gan/train:training_loop_test \
    //tests/gan/c_api:threads_test //tests/gan/c_api:boundary_test \
    //tests/engine/tensor:op_observer_test //tests/engine/io/... //tests/tools/cli/...
}

# Valgrind's memcheck, which also sees values that were never set, over some steps with both regularizers.
memcheck() {
  ./bazelw build --curses=no --noshow_progress --config=nocuda //tools:train || return 1
  OMP_NUM_THREADS=1 valgrind --quiet --error-exitcode=9 \
    bazel-bin/tools/train --outdir="$work/runs" --res=8 --batch=8 --kimg=0.024 --tick=0.008 --pl-start=0 \
    --pl-interval=2 --r1-interval=2 --latent-dim=8 --mapping-layers=2 --g-features=4 --d-features=4 --max-features=8
}

fuzz_target() {
  ./bazelw run --curses=no --noshow_progress --config=fuzz "$1" -- -max_total_time="${FUZZ_SECONDS:-600}" \
    -print_final_stats=1
}
fuzz() {
  local target
  for target in $(bazel query --noshow_progress 'attr(tags, fuzz, //tests/fuzz:all)' 2>/dev/null); do
    record "fuzz $target" fuzz_target "$target"
  done
}

for step in "${@:-full clang sanitize threads valgrind fuzz}"; do
  for name in $step; do
    case "$name" in
      full | sanitize | threads | fuzz) "$name" ;;
      clang) record "clang" clang_build ;;
      valgrind) record "valgrind" memcheck ;;
      *)
        echo "nightly.sh: no step \"$name\"; there are full, clang, sanitize, threads, valgrind and fuzz" >&2
        exit 2
        ;;
    esac
  done
done

echo "$passed passed, $failed failed"
((failed == 0))
