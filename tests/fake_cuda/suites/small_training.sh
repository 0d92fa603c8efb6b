# Support for the tests of tools/train on the CUDA stand-in. Source it in the root of the runfiles. Changes to a
# temporary folder.
source tests/support/shell_test.sh

train="$PWD/tests/fake_cuda/suites/train_on_fake"
emoji="$PWD/third_party/noto_emoji/noto_emoji_64.zip"
cd "$work"

# A model so small that a step takes a tenth of a second, with both regularizers, and a checkpoint every five steps.
cp "$emoji" photos.zip
"$train" --dry-run --res=8 --batch=8 --data=photos.zip --tick=0.04 --snap=1 2>/dev/null |
  sed -E 's/("latent_dim|"max_features)": [0-9]+/\1": 8/; s/("mapping_layers)": [0-9]+/\1": 2/
          s/("[gd]_features)": [0-9]+/\1": 4/; s/("pl_weight)": [0-9.]+/\1": 1.0/; s/("pl_start)": [0-9]+/\1": 0/
          s/("pl_interval)": [0-9]+/\1": 3/; s/("r1_interval)": [0-9]+/\1": 2/' >options.json
