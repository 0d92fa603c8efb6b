#!/bin/bash
# Runs tools/train on the CUDA stand-in: a short training, a resumed one, the modes, and the messages without a GPU.
source tests/fake_cuda/suites/small_training.sh

"$train" --options=options.json --device=cuda --kimg=0.16 --outdir=runs >trained.txt 2>&1 ||
  { cat trained.txt; fail "training"; }
head -n 1 trained.txt >first_line.txt
expect "stand-in without a GPU" first_line.txt
expect ", TF32" first_line.txt
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
cmp runs/*/network-snapshot-000000_160.safetensors graphs/*/network-snapshot-000000_160.safetensors ||
  fail "other bits with graphs"

# What graphs cannot have: another device, and a profile, which waits within them.
status=0
"$train" --options=options.json --device=cpu --cuda-graphs --kimg=0.04 --outdir=refused_graphs >cpu.txt 2>&1 ||
  status=$?
((status == 2)) || fail "graphs on the CPU: exit code $status"
expect "--cuda-graphs is for a GPU" cpu.txt
status=0
"$train" --options=options.json --device=cuda --cuda-graphs --profile=trace.json --kimg=0.04 \
  --outdir=refused_graphs >both.txt 2>&1 || status=$?
((status == 2)) || fail "graphs and a profile: exit code $status"
expect "give one" both.txt
[[ ! -e refused_graphs ]] || fail "a folder of a run that was refused"

"$train" --resume=latest --device=cuda:0 --kimg=0.2 --outdir=runs >resumed.txt 2>&1 ||
  { cat resumed.txt; fail "going on"; }
expect "tick 5" resumed.txt
! grep -q "note: the checkpoint was written on" resumed.txt || fail "nothing has changed"

# Other modes: in the first line, and in a note that the bits will differ.
"$train" --resume=latest --device=cuda --deterministic --no-tf32 --kimg=0.24 --outdir=runs >modes.txt 2>&1 ||
  { cat modes.txt; fail "modes"; }
head -n 1 modes.txt >first_line.txt
expect ", deterministic" first_line.txt
! grep -qF ", TF32" first_line.txt || fail "TF32 is off"
expect "note: the checkpoint was written on" modes.txt
expect "finished." modes.txt

# No GPU: a request for one fails with the reason, auto takes the CPU and says why.
status=0
FAKE_CUDA_DEVICES=0 "$train" --options=options.json --device=cuda --kimg=0.04 --outdir=none >none.txt 2>&1 || status=$?
((status == 1)) || fail "exit code $status without a GPU"
expect "train: --device=cuda: no usable GPU: no CUDA-capable device is detected; --device=cpu works" none.txt
status=0
"$train" --options=options.json --device=cuda:3 --kimg=0.04 --outdir=none >none.txt 2>&1 || status=$?
((status == 1)) || fail "exit code $status with too few GPUs"
expect "train: --device=cuda:3: GPU 3 of 1, counted from 0; --device=cpu works" none.txt
[[ ! -e none ]] || fail "a folder without a run"
FAKE_CUDA_DEVICES=0 "$train" --options=options.json --device=auto --kimg=0.04 --outdir=auto >auto.txt 2>&1 ||
  { cat auto.txt; fail "auto"; }
head -n 1 auto.txt >first_line.txt
expect "(no CUDA device: no usable GPU: no CUDA-capable device is detected)" first_line.txt
FAKE_CUDA_FAIL=LoadVendorLibraries:1:1 "$train" --options=options.json --kimg=0.04 --outdir=auto >auto.txt 2>&1 ||
  { cat auto.txt; fail "auto"; }
expect "(no CUDA device: the stand-in was told to have no cuDNN)" auto.txt
echo "PASSED"
