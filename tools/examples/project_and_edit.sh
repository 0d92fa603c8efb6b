#!/bin/bash
# project_and_edit.sh NETWORK PHOTO OUT [STEPS]: finds the latent of a photo in a network that draws such photos, and
# moves it along directions that mean something. Run it from the checkout after `bazel build //tools:all`. Ctrl-C keeps
# the search; the same command then goes on with it.
set -euo pipefail
if (($# < 3)); then
  echo "project_and_edit.sh: give a network, a photo and a folder for what is made of it" >&2
  exit 2
fi
network="$1" photo="$2" out="$3" steps="${4:-1000}"
tools="${TOOLS:-bazel-bin/tools}"

mkdir -p "$out"
# w of every layer, and no noise maps: `generate` then makes the picture that was found from w alone.
resume=()
if [[ -e "$out/state.npz" ]]; then resume=(--resume); fi
"$tools/project" --network="$network" --target="$photo" --w-plus --nonoise --steps="$steps" --outdir="$out" \
  "${resume[@]}"
"$tools/generate" --network="$network" --w="$out/projected_w.npz" --outdir="$out/found"
# Directions of this network: sheets to choose from, and the photo moved along the first three.
"$tools/directions" --network="$network" --save="$out/sefa.npz" --outdir="$out/directions"
for direction in 0 1 2; do
  "$tools/directions" --network="$network" --load="$out/sefa.npz" --w="$out/projected_w.npz" --edit="$direction:2" \
    --outdir="$out/edit-$direction"
done
# Closer to what the network draws most often.
"$tools/generate" --network="$network" --w="$out/projected_w.npz" --trunc=0.7 --outdir="$out/truncated"
