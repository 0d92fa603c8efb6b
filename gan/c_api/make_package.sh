#!/bin/bash
# make_package.sh PACKAGE.tar.gz VERSION HEADER PC_TEMPLATE LIBRARY LICENSE: what a program in C needs to use the
# library, in a folder stylegan2-VERSION that works wherever it lies. Equal files give an equal archive.
set -euo pipefail

package="$1" version="$2" header="$3" template="$4" library="$5" license="$6"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
root="$work/stylegan2-$version"

mkdir -p "$root/include" "$root/lib/pkgconfig"
install -m 644 "$header" "$root/include/"
install -m 644 "$license" "$root/"
install -m 755 "$library" "$root/lib/"
ln -s "$(basename "$library")" "$root/lib/libstylegan2.so"
sed "s/@VERSION@/$version/" "$template" >"$root/lib/pkgconfig/stylegan2.pc"
chmod 644 "$root/lib/pkgconfig/stylegan2.pc"
chmod 755 "$root" "$root/include" "$root/lib" "$root/lib/pkgconfig"

tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - "stylegan2-$version" |
  gzip -9n >"$package"
