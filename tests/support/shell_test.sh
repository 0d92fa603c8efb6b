# For tests in shell: sourced where the runfiles begin. Makes a folder $work, which goes away at the end.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect TEXT FILE: that FILE contains TEXT.
expect() {
  grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "no \"$1\" in $2"; }
}
