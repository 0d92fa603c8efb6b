#!/bin/bash
# Runs the commands of README.md in shortened form: every `bazel run //tools:NAME -- ARGS` in a code block, in order, in
# an empty folder, with the binary that Bazel built. Training runs a few steps only. The files that the README assumes
# are created first.
source tests/support/shell_test.sh

readme="$PWD/README.md"
tools="$PWD/tools"
source="$PWD/tools/examples/one_picture.cc"
emoji="$PWD/third_party/noto_emoji/noto_emoji_64.zip"
export OMP_NUM_THREADS=1 RUNFILES_DIR="$PWD/.."
cd "$work"
export XDG_CACHE_HOME="$PWD/cache"

# The files that the examples assume.
cp "$emoji" photos.zip
zeros_npy() { # z.npy: [1,128] zeros, as numpy.save writes it
  local header="{'descr': '<f4', 'fortran_order': False, 'shape': (1, 128), }"
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
  head -c 512 /dev/zero
}
zeros_npy >z.npy

# Commands inside ``` fences, without comments. "..." in a run's name stands for the rest of the first run's name.
mapfile -t commands < <(awk '/^```/ { inside = !inside; next } inside' "$readme" | sed 's/ *#.*//' |
  grep -E '^(\./bazelw|bazel) run //tools:')
((${#commands[@]} >= 7)) || fail "found only ${#commands[@]} commands in README.md"

seen=""
for command in "${commands[@]}"; do
  name="$(sed -E 's#.*//tools:([a-z]+).*#\1#' <<<"$command")"
  arguments="$(sed -E 's#^[^ ]+ run //tools:[a-z]+( -- )?##' <<<"$command")"
  run="$(ls -d training-runs/*/ 2>/dev/null | head -n 1 || true)"
  arguments="${arguments//training-runs\/00003-.../${run%/}}"
  # What is given below, a flag must not also be given with the README's value.
  case "$name" in
    train) given="kimg|tick|snap|metric-images" ;;
    bench) given="step" ;;
    metrics) given="data|num" ;;
    project) given="steps" ;;
    *) given="none" ;;
  esac
  short="$(sed -E "s/--($given)(=[^ ]*)?( |$)//g" <<<"$arguments")"
  read -ra list <<<"$short"
  case "$name" in
    train)
      case "$arguments" in
        *--profile=*) list+=(--kimg=0.024) ;;
        *--metrics=*) list+=(--kimg=0.008 --data=few --metric-images=16) ;;
        *--resume=latest*) list+=(--kimg=0.024) ;;
        *--resume=*) list+=(--kimg=0.032) ;;
        *annotated*) list+=(--kimg=0.004 --batch=4) ;;
        *) list+=(--kimg=0.016) ;;
      esac
      list+=(--tick=0.008 --snap=100)
      ;;
    bench)
      [[ "$arguments" == *--filter=* ]] || list+=(--step --runs=1)
      list+=(--preset=quick --res=8)
      ;;
    metrics) list+=(--data=few --num=16) ;;
    interpolate) list+=(--frames=2) ;;
    project) list+=(--steps=5) ;;
  esac
  # A few real images, whose features take no time.
  if [[ -n "$run" && ! -d few ]]; then
    mkdir few
    for copy in 1 2 3; do cp "$run"reals.png "few/$copy.png" && cp "$run"fakes_init.png "few/init$copy.png"; done
    cp "$run"reals.png photo.png
  fi
  echo "+ $name ${list[*]}"
  "$tools/$name" "${list[@]}" >out.txt 2>err.txt || fail "$command: exit $?: $(cat err.txt)"
  # The next commands expect the last checkpoint under the README's name.
  [[ -z "$run" ]] || cp "$(ls -t "$run"network-snapshot-*.safetensors | head -n 1)" network-snapshot-000080.safetensors
  seen+=" $name"
done
[[ -s fakes.png && -s out/seed0085.png && -s out/seed0265.png && -s images.npy && -s trace.json ]] ||
  fail "a promised file is missing: $(ls . out)"
for name in train generate; do
  [[ "$seen" == *" $name"* ]] || fail "README.md has no example of $name"
done

one="$tools/examples/one_picture"
"$one" network-snapshot-000080.safetensors one.png && [[ -s one.png ]] || fail "the C++ example"
# The README shows the code of that program.
while IFS= read -r line; do
  grep -qF -- "$line" "$source" || fail "not in one_picture.cc: $line"
done < <(awk '/^const auto network/ { inside = 1 } /^```/ { inside = 0 } inside' "$readme")
echo "all commands of README.md ran"
