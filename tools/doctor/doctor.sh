#!/bin/bash
# Checks that the libraries which decode files from outside have the security fixes that we know of.
#
#   bazel run //tools/doctor
#
# Prints one line per library: its version, the lowest version with all known fixes, and "ok" or the command that
# updates it. Floors exist for Debian 12 only; elsewhere the versions are printed without a verdict. Exit status: 0 if
# no library is below its floor, 1 otherwise.
set -uo pipefail

# Package, floor on Debian 12, and the fixes that set the floor (from Debian's changelogs).
floors="
libpng16-16      1.6.39-2+deb12u6    CVE-2026-34757, CVE-2026-46675 (use after free)
libjpeg62-turbo  1:2.1.5-2           the release of Debian 12
libwebp7         1.2.4-0.2+deb12u1   CVE-2023-4863 (heap overflow)
libwebpdemux2    1.2.4-0.2+deb12u1   as libwebp7
libwebpmux3      1.2.4-0.2+deb12u1   as libwebp7
zlib1g           1:1.2.13.dfsg-1     CVE-2022-37434 (heap overflow)
libzip4          1.7.3-1             the release of Debian 12
"

if ! command -v dpkg-query >/dev/null; then
  echo "doctor: no dpkg here; compare the versions of libpng, libjpeg-turbo, libwebp, zlib and libzip yourself"
  exit 0
fi

release="$(sed -nE 's/^VERSION_CODENAME=(.*)/\1/p' "${OS_RELEASE:-/etc/os-release}" 2>/dev/null)"
outdated=()
while read -r package floor reason; do
  [[ -n "$package" ]] || continue
  version="$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null)"
  if [[ -z "$version" ]]; then
    printf '%-16s not installed\n' "$package"
  elif [[ "$release" != bookworm ]]; then
    printf '%-16s %s (no floor known for this system)\n' "$package" "$version"
  elif dpkg --compare-versions "$version" ge "$floor"; then
    printf '%-16s %s ok (floor %s: %s)\n' "$package" "$version" "$floor" "$reason"
  else
    printf '%-16s %s BELOW %s: %s\n' "$package" "$version" "$floor" "$reason"
    outdated+=("$package")
  fi
done <<<"$floors"

if ((${#outdated[@]} > 0)); then
  echo "doctor: update with: apt-get update && apt-get install --only-upgrade ${outdated[*]}"
  exit 1
fi
