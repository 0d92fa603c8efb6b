#!/bin/bash
# install_apt_packages.sh LIST...: installs the missing ones of the packages that the lists name, one per line. First
# prints the packages and the command. If it cannot install them, prints the command to run and exits with 1.
set -euo pipefail

mapfile -t wanted < <(cat "$@")
# The user may have another Bazel, such as bazelisk, instead of Debian's.
if [[ "$(command -v bazel)" != "" && "$(command -v bazel)" != /usr/bin/bazel ]]; then
  kept=()
  for package in "${wanted[@]}"; do [[ "$package" == bazel-* ]] || kept+=("$package"); done
  wanted=("${kept[@]}")
fi

declare -A installed=()
if command -v dpkg-query >/dev/null; then
  # dpkg-query complains and fails for packages that it does not know. These are missing too.
  while read -r package status; do
    [[ "$status" == installed ]] && installed[$package]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null)
fi
missing=()
for package in "${wanted[@]}"; do [[ -n "${installed[$package]:-}" ]] || missing+=("$package"); done
((${#missing[@]})) || exit 0

apt=(apt-get install -y --no-install-recommends "${missing[@]}")
give_up() {
  echo "$1 Run this yourself, then try again:" >&2
  echo "  sudo ${apt[*]}" >&2
  exit 1
}
command -v apt-get >/dev/null || give_up "Packages are missing, and this system has no apt-get."

as_root=(env DEBIAN_FRONTEND=noninteractive)
if ((EUID != 0)); then
  command -v sudo >/dev/null || give_up "Packages are missing; installing them needs root, and there is no sudo."
  as_root=(sudo "${as_root[@]}")
  [[ -t 0 ]] || as_root=(sudo -n "${as_root[@]:1}")
fi

{
  echo "Missing packages: ${missing[*]}"
  echo "Installing them:  ${as_root[*]} ${apt[*]}"
} >&2
if ! apt-get install --simulate "${missing[@]}" >/dev/null 2>&1; then
  echo "apt does not know all of them yet:  ${as_root[*]} apt-get update" >&2
  "${as_root[@]}" apt-get update >&2 || give_up "apt-get update failed."
fi
"${as_root[@]}" "${apt[@]}" >&2 </dev/null || give_up "apt-get install failed."
