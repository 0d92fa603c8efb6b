#!/bin/bash
# pkl_to_pictures.sh NETWORK OUT [SEEDS]: the network of another program, such as NVIDIA's ffhq.pkl or rosinality's
# 550000.pt, becomes pictures and a file of ours. Nothing in the network's file is run. Run it from the checkout after
# `bazel build //tools:all`.
set -euo pipefail
if (($# < 2)); then
  echo "pkl_to_pictures.sh: give the network's file and a folder for what is made of it" >&2
  exit 2
fi
network="$1" out="$2" seeds="${3:-0-15}"
tools="${TOOLS:-bazel-bin/tools}"

mkdir -p "$out"
"$tools/inspect" --network="$network"
"$tools/generate" --network="$network" --seeds="$seeds" --trunc=0.7 --grid="$out/pictures.png"
# As safetensors it loads faster, and goes to programs that would not open a pickle of a stranger.
"$tools/convert" --network="$network" --out="$out/network.safetensors"
# And for onnxruntime, OpenVINO and the like.
"$tools/convert" --network="$network" --out="$out/network.onnx"
