#!/bin/bash
# unpack_and_run.sh ARGS...: the bundle that Bazel has built, unpacked into a temporary folder and run; `bazel run
# //tools/gpu_check`.
set -euo pipefail

bundle="$PWD/tools/gpu_check/gpu_check.tar.gz"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xzf "$bundle"
# Where the user is, and the report goes.
cd "${BUILD_WORKING_DIRECTORY:-$PWD}"
status=0
"$work/gpu_check/gpu_check.sh" "$@" || status=$?
exit "$status"
