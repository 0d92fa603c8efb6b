#!/bin/bash
# tools/train with a GPU that is the stand-in: a short training, going on with it, and what happens when the GPU fails.
set -euo pipefail

train="$PWD/tests/fake_cuda/train_on_fake"
emoji="$PWD/third_party/noto_emoji/noto_emoji_64.zip"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect TEXT FILE: that FILE contains TEXT.
expect() {
  grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "no \"$1\" in the output"; }
}

# A model so small that a step takes a tenth of a second, with both regularisers, and a checkpoint every five steps.
cp "$emoji" photos.zip
"$train" --dry-run --res=8 --batch=8 --data=photos.zip --tick=0.04 --snap=1 2>/dev/null |
  sed -E 's/("latent_dim|"max_features)": [0-9]+/\1": 8/; s/("mapping_layers)": [0-9]+/\1": 2/
          s/("[gd]_features)": [0-9]+/\1": 4/; s/("pl_weight)": [0-9.]+/\1": 1.0/; s/("pl_start)": [0-9]+/\1": 0/
          s/("pl_interval)": [0-9]+/\1": 3/; s/("r1_interval)": [0-9]+/\1": 2/' >options.json

"$train" --options=options.json --device=cuda --kimg=0.16 --outdir=runs >trained.txt 2>&1 || { cat trained.txt; fail "training"; }
expect "stand-in without a GPU" trained.txt
expect "tick 4" trained.txt
expect "finished." trained.txt
grep -q ' R1 ' trained.txt || fail "no R1"
grep -qE 'PL 0\.[0-9]*[1-9]' trained.txt || fail "no path length penalty"
! grep -qi 'nan' trained.txt || fail "not a number"
ls runs/*/network-snapshot-*.safetensors >/dev/null

# The phases of each step as CUDA graphs: the same run, bit for bit.
"$train" --options=options.json --device=cuda --cuda-graphs --kimg=0.16 --outdir=graphs >graphs.txt 2>&1 ||
  { cat graphs.txt; fail "training with graphs"; }
expect "finished." graphs.txt
cmp runs/*/network-snapshot-000000.safetensors graphs/*/network-snapshot-000000.safetensors || fail "other bits with graphs"

# What graphs cannot have: another device, and a profile, which waits within them.
status=0
"$train" --options=options.json --device=cpu --cuda-graphs --kimg=0.04 --outdir=refused_graphs >cpu.txt 2>&1 || status=$?
((status == 2)) || fail "graphs on the CPU: exit code $status"
expect "--cuda-graphs is for a GPU" cpu.txt
status=0
"$train" --options=options.json --device=cuda --cuda-graphs --profile=trace.json --kimg=0.04 --outdir=refused_graphs >both.txt 2>&1 || status=$?
((status == 2)) || fail "graphs and a profile: exit code $status"
expect "give one" both.txt
[[ ! -e refused_graphs ]] || fail "a folder of a run that was refused"

"$train" --resume=latest --device=cuda:0 --kimg=0.2 --outdir=runs >resumed.txt 2>&1 || { cat resumed.txt; fail "going on"; }
expect "tick 5" resumed.txt

# The GPU is lost in the third tick: the message names the kernel and the error, and training goes on from the second tick.
status=0
FAKE_CUDA_FAIL=LaunchKernel:8000:719 "$train" --options=options.json --device=cuda --kimg=0.16 --outdir=lost >lost.txt 2>&1 || status=$?
((status != 0)) || fail "a lost GPU, and success"
expect "cudaErrorLaunchFailure" lost.txt
expect "launch of" lost.txt
expect "tick 1" lost.txt
"$train" --resume=latest --device=cuda --kimg=0.16 --outdir=lost >mended.txt 2>&1 || { cat mended.txt; fail "going on after a lost GPU"; }
expect "finished." mended.txt

# Too little memory: what was asked for, what there is, and what to do.
status=0
FAKE_CUDA_MEMORY_MIB=1 "$train" --options=options.json --device=cuda --kimg=0.04 --outdir=full >full.txt 2>&1 || status=$?
((status != 0)) || fail "no memory, and success"
expect "out of GPU memory" full.txt
expect "smaller batch" full.txt

# cuDNN refuses its preferred algorithm once: the next one is taken.
FAKE_CUDA_FAIL=cudnnConvolutionForward:3:3000 "$train" --options=options.json --device=cuda --kimg=0.04 --outdir=refused \
  >refused.txt 2>&1 || { cat refused.txt; fail "after a refusal of cuDNN"; }

# No GPU: a request for one fails with a sentence, auto takes the CPU and says so.
status=0
FAKE_CUDA_DEVICES=0 "$train" --options=options.json --device=cuda --kimg=0.04 --outdir=none >none.txt 2>&1 || status=$?
((status != 0)) || fail "no GPU, and success"
expect "there is no such GPU" none.txt
FAKE_CUDA_DEVICES=0 "$train" --options=options.json --device=auto --kimg=0.04 --outdir=auto >auto.txt 2>&1 || { cat auto.txt; fail "auto"; }
expect "no CUDA device found" auto.txt
echo "PASSED"
