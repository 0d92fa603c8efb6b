#!/bin/bash
# video.sh NETWORK OUT [FRAMES]: a walk through what a network can draw, as animations for a browser, and as a video
# where the program ffmpeg is. Run it from the checkout after `bazel build //tools:all`.
set -euo pipefail
if (($# < 2)); then
  echo "video.sh: give a network and a folder for the videos" >&2
  exit 2
fi
network="$1" out="$2" frames="${3:-60}"
tools="${TOOLS:-bazel-bin/tools}"

mkdir -p "$out"
# One loop through six pictures; `--frames` is the number between two of them.
"$tools/interpolate" --network="$network" --seeds=0-5 --frames="$frames" --trunc=0.7 --out="$out/loop.webp"
# Eight loops side by side.
"$tools/interpolate" --network="$network" --seeds=0-31 --grid=4x2 --frames="$frames" --trunc=0.7 --out="$out/wall.webp"
# What changes along the three strongest directions that SeFa finds in the weights, as sheets.
"$tools/directions" --network="$network" --seeds=0-3 --show=0-2 --outdir="$out/directions"
if command -v ffmpeg >/dev/null; then
  "$tools/interpolate" --network="$network" --seeds=0-5 --frames="$frames" --trunc=0.7 --out="$out/loop.mp4"
fi
