#!/bin/bash
# package_test.sh PACKAGE EXAMPLE NETWORK: the package as a program in C uses it. It is unpacked, the example is
# compiled by the command in its first lines, and run.
source tests/support/shell_test.sh

package="$PWD/$1" example="$PWD/$2" network="$PWD/$3"
tar -C "$work" -xzf "$package"
root="$(echo "$work"/stylegan2-*)"
header="$root/include/stylegan2.h"

# The library shows what the header declares, and nothing else.
grep -oE '\bsg2_[a-z0-9_]+\(' "$header" | tr -d '(' | sort -u >"$work/declared"
nm -D --defined-only "$root/lib/libstylegan2.so" | awk '{ print $3 }' | sort -u >"$work/shown"
diff "$work/declared" "$work/shown" || fail "header and library differ"
(($(wc -l <"$work/shown") >= 10)) || fail "only $(wc -l <"$work/shown") functions"

# Programs ask for the library by the version of its ABI.
abi="$(awk '$2 == "SG2_ABI_VERSION" { print $3 }' "$header")"
objdump -p "$root/lib/libstylegan2.so" >"$work/headers"
expect "SONAME               libstylegan2.so.$abi" "$work/headers"
[[ "$(readlink "$root/lib/libstylegan2.so")" == "libstylegan2.so.$abi" ]] || fail "the link to the library"

# Only what Debian has packages for at run time. CUDA's libraries are opened where there is a GPU.
readonly SYSTEM='libstdc\+\+|libm|libgcc_s|libc|ld-linux-x86-64'
readonly DEBIAN='libabsl_.*|libdnnl|libgomp|libhwy|lib(turbo)?jpeg|libpng16|libwebp(demux|mux)?|libzip|libz'
awk '$1 == "NEEDED" { print $2 }' "$work/headers" >"$work/needed"
! grep -vE "^($SYSTEM|$DEBIAN)\.so" "$work/needed" || fail "the library needs these, too"

cp -L "$example" "$work/"
cd "$work"
export PKG_CONFIG_PATH="$root/lib/pkgconfig" OMP_NUM_THREADS=1
command="$(sed -nE 's/^ \*   (cc .*)/\1/p' embed.c)"
[[ -n "$command" ]] || fail "embed.c has no command"
eval "$command -pedantic -Wall -Wextra -Werror" || fail "the example does not build: $command"
[[ "$(pkg-config --modversion stylegan2)" == "${root##*-}" ]] || fail "the version of stylegan2.pc"

./embed "$network" picture.ppm 7 >out || fail "embed"
expect "libstylegan2 ${root##*-}: 32x32 pixels of 3 channels" out
[[ "$(head -c 13 picture.ppm)" == $'P6\n32 32\n255' ]] || fail "picture.ppm is no PPM file"
[[ "$(stat -c %s picture.ppm)" == $((13 + 32 * 32 * 3)) ]] || fail "picture.ppm has $(stat -c %s picture.ppm) bytes"
./embed "$network" again.ppm 7 >/dev/null
./embed "$network" other.ppm 8 >/dev/null
cmp picture.ppm again.ppm || fail "one seed gives two pictures"
! cmp -s picture.ppm other.ppm || fail "two seeds give one picture"

status=0
./embed missing.pkl picture.ppm 2>err || status=$?
[[ "$status" == 1 ]] || fail "embed of a missing file ends with $status"
expect "missing.pkl" err

# A program in C++ includes the header as well.
echo '#include "stylegan2.h"' | c++ -std=c++98 -pedantic -Wall -Wextra -Werror -Wno-long-long "-I$root/include" \
  -fsyntax-only -x c++ - || fail "the header is no C++"
