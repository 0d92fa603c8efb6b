#!/bin/bash
# `bazel run` starts this in the runfiles. If started by hand, the runfiles are beside it.
set -euo pipefail

root="$0.runfiles/stylegan2"
[[ -d "$root" ]] || root="$PWD"
exec python3 "$root/tools/benchmarks/compare_settings.py" "$@"
