#!/bin/bash
# bundle_test.sh [BUNDLE]: that the bundle is small, brings what its programs need, and says what is wrong where there
# is no GPU.
set -euo pipefail

readonly LIMIT=$((60 << 20))
if (($# == 0)); then
  echo "SKIPPED: bundle_test needs the CUDA toolkit, which is not installed (or --config=nocuda)"
  exit 0
fi
source tests/support/shell_test.sh
bundle="$PWD/$1"

size="$(stat -L -c %s "$bundle")"
((size <= LIMIT)) || fail "$size bytes"
echo "$size bytes"
tar -C "$work" -xzf "$bundle"
root="$work/gpu_check"
for file in gpu_check.sh build.txt LICENSE resource_usage.md bin/bench bin/device_tests bin/generate bin/train \
  tests/golden/steps.safetensors; do
  [[ -s "$root/$file" ]] || fail "no $file: $(cd "$root" && find . -type f)"
done
# Ubuntu 22.04 has GLIBC 2.35 and the C++ library of gcc 12.
glibc="$(sed -nE 's/^needs GLIBC 2\.([0-9]+) or newer.*/\1/p' "$root/build.txt")"
[[ -n "$glibc" ]] && ((glibc <= 35)) || fail "$(cat "$root/build.txt")"
symbols="$(objdump -T "$root"/bin/* "$root"/lib/*.so* | grep -oE '(GLIBCXX|CXXABI|GCC)_[0-9.]+' | sort -uV)"
for newest in GLIBCXX_3.4.30 CXXABI_1.3.13 GCC_12.0.0; do
  family="${newest%%_*}_"
  [[ "$( (echo "$newest"; grep "^$family" <<<"$symbols") | sort -V | tail -n 1)" == "$newest" ]] || fail "$symbols"
done
grep -qE '^compiled for sm_[0-9]' "$root/build.txt" || fail "$(cat "$root/build.txt")"

# Of the system, the programs and the libraries load the C library alone.
loader_path="$root/lib/newer:$root/lib"
loaded="$(env -i PATH=/usr/bin:/bin LD_LIBRARY_PATH="$loader_path" \
  ldd "$root"/bin/* "$root"/lib/*.so* "$root"/lib/newer/* | grep '=>')"
foreign="$(grep -vE "=> ($root/lib/|/[^ ]*/lib(c|m|dl|rt|pthread|resolv|mvec)\.so)" <<<"$loaded" || true)"
[[ -z "$foreign" ]] || fail "not in the bundle: $foreign"

# No GPU, in an environment with almost nothing in it.
status=0
(cd "$work" && env -i PATH=/usr/bin:/bin CUDA_VISIBLE_DEVICES=-1 "$root/gpu_check.sh" --out=report) \
  >"$work/printed.txt" 2>&1 || status=$?
((status == 2)) || fail "exit $status: $(cat "$work/printed.txt")"
grep -qE '^\*\*No usable GPU: [^ ]+ .*\*\*$' "$work/report/report.md" || fail "$(cat "$work/report/report.md")"
# The bundle has CUDA: the reason is this machine's.
! grep -q 'no CUDA in this build' "$work/report/report.md" || fail "$(cat "$work/report/report.md")"
cat "$work/report/report.md"

# The programs start, and find the goldens and the pictures that they bring.
run=(env -i PATH=/usr/bin:/bin LD_LIBRARY_PATH="$loader_path" RUNFILES_DIR="$root/data" OMP_NUM_THREADS=1)
for program in bench generate train; do
  "${run[@]}" "$root/bin/$program" --help >"$work/help.txt" 2>&1 || fail "$program --help: $(cat "$work/help.txt")"
done
"${run[@]}" "$root/bin/train" --device=cpu --batch=4 --kimg=0.004 "--outdir=$work/runs" --res=8 \
  >"$work/train.txt" 2>&1 ||
  fail "train: $(cat "$work/train.txt")"
expect 'finished.' "$work/train.txt"
echo "PASSED"
