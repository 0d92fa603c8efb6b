#!/bin/bash
# clang_tidy.sh [FILE...]: clang-tidy with .clang-tidy over the production sources, or the files given. Every finding is
# an error.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export SG_TIDY_FLAGS="-std=c++17 -march=x86-64-v3 -fopenmp -Wno-deprecated-declarations -I."
SG_TIDY_FLAGS+=" -isystem /usr/include/eigen3"
# winograd_kernels.cc includes itself once per instruction set. The CUDA backend needs the toolkit's headers.
skipped='^engine/backend/cpu/conv/winograd_kernels\.cc$'
cuda="${CUDA_PATH:-/usr/local/cuda}/include"
if [[ -d "$cuda" ]]; then
  SG_TIDY_FLAGS+=" -isystem $cuda"
else
  skipped+='|^engine/backend/cuda/'
fi

sources() {
  if (($# > 0)); then
    printf '%s\n' "$@"
  else
    git ls-files --cached --others --exclude-standard -- 'engine/*.cc' 'nn/*.cc' 'gan/*.cc' 'tools/*.cc' |
      grep -vE "$skipped"
  fi
}

# Prints a file's findings; silent where there are none.
tidy() {
  # shellcheck disable=SC2086
  clang-tidy-14 --quiet --warnings-as-errors='*' "$1" -- $SG_TIDY_FLAGS 2>/dev/null
}
export -f tidy

sources "$@" | xargs -P "$(nproc)" -I{} bash -c 'tidy {}'
