# Support for shell tests. Source it in the root of the runfiles. Makes a folder $work and removes it at the end.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect TEXT FILE: fails unless FILE contains TEXT.
expect() {
  grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "no \"$1\" in $2"; }
}
