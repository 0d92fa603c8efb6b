#!/bin/bash
# make_bundle.sh BUNDLE.tar.gz ARCHITECTURES {--into=FOLDER FILE...}...: packs the files, programs stripped, into a
# folder gpu_check, with the shared libraries that the programs load. Left out are the C library, which belongs to a
# machine's kernel and loader, and NVIDIA's, which belong to its driver. The C++ library goes to lib/newer: it wants a
# newer C library than the programs do, so gpu_check.sh uses it only where the system's own does not suffice. build.txt
# tells what the bundle is and needs. Fails where it is larger than 60 MiB.
set -euo pipefail

readonly LIMIT=$((60 << 20))
bundle="$PWD/$1"
architectures="$2"
shift 2
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
root="$work/gpu_check"

into="."
for argument in "$@"; do
  if [[ "$argument" == --into=* ]]; then
    into="${argument#--into=}"
    continue
  fi
  mkdir -p "$root/$into"
  cp -L "$argument" "$root/$into/"
  chmod u+w "$root/$into/$(basename "$argument")"
done

mkdir -p "$root/lib/newer"
for program in "$root"/bin/*; do
  strip "$program"
  missing="$(ldd "$program" | grep 'not found' || true)"
  [[ -z "$missing" ]] || { echo "$program: $missing" >&2; exit 1; }
done
ldd "$root"/bin/* | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u | while read -r name path; do
  case "$name" in
    libc.so.* | libm.so.* | libmvec.so.* | libdl.so.* | librt.so.* | libpthread.so.* | libresolv.so.*) continue ;;
    ld-linux*) continue ;;
    libcuda.so* | libcudnn* | libcublas* | libnvidia*) continue ;;
  esac
  case "$name" in
    libstdc++.so.* | libgcc_s.so.*) into=lib/newer ;;
    *) into=lib ;;
  esac
  # Under the name by which it is asked for; debugging symbols and unused ones are no use there.
  strip --strip-unneeded -o "$root/$into/$name" "$(readlink -f "$path")"
done

glibc="$(objdump -T "$root"/bin/* "$root"/lib/*.so* | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)"
{
  echo "needs ${glibc/_/ } or newer, x86-64-v3 (AVX2), an NVIDIA driver, cuBLAS and cuDNN"
  echo "compiled for sm_${architectures//,/, sm_}"
  cd "$root"
  sha256sum bin/* | awk '{ print $2 ": sha256 " substr($1, 1, 16) }'
} >"$work/build.txt"
mv "$work/build.txt" "$root/build.txt"

# Equal files give an equal archive.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - gpu_check | gzip -6n >"$bundle"
size="$(stat -c %s "$bundle")"
((size <= LIMIT)) || { echo "the bundle has $((size >> 20)) MiB, more than $((LIMIT >> 20))" >&2; exit 1; }
