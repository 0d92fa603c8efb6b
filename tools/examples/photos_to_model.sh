#!/bin/bash
# photos_to_model.sh PHOTOS OUT [FLAG OF train]...: photos in a folder or an archive become a model, and a sheet of new
# pictures. Run it from the checkout after `bazel build //tools:all`. Ctrl-C stops the training and saves it; the same
# command then goes on from there; flags count when the training starts.
set -euo pipefail
if (($# < 2)); then
  echo "photos_to_model.sh: give the photos and a folder for what is made of them" >&2
  exit 2
fi
photos="$1" out="$2"
shift 2
tools="${TOOLS:-bazel-bin/tools}"
# 64x64 pixels, with augmentation, since most people have hundreds of photos and not tens of thousands. Two CPU cores
# train on some 40,000 images an hour, and pictures get good after hundreds of thousands.
flags=(--preset=annotated --batch=8 --aug=ada --mirror --metrics=kid_efflite0 --metric-images=1000)
if (($#)); then flags=("$@"); fi

mkdir -p "$out"
if [[ ! -e "$out/photos.zip" ]]; then
  # What is wrong with the photos, all at once. It stops nothing: what cannot be used is left out.
  "$tools/dataset" --source="$photos" --check || true
  "$tools/dataset" --source="$photos" --dest="$out/photos.zip" --res="${RES:-64}" --on-bad-image=skip
fi
if compgen -G "$out/runs/*/network-snapshot-*.safetensors" >/dev/null; then
  "$tools/train" --resume=latest --outdir="$out/runs"
else
  "$tools/train" --data="$out/photos.zip" --outdir="$out/runs" "${flags[@]}"
fi
"$tools/generate" --network="$out/runs" --seeds=0-63 --trunc=0.8 --grid="$out/pictures.png"
