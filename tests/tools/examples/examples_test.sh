#!/bin/bash
# The scripts of tools/examples from their first argument to their last file, at 8x8 pixels.
source tests/support/shell_test.sh
export TOOLS="$PWD/tools"
examples="$PWD/tools/examples"
foreign="$PWD/tests/golden/foreign_networks/nvidia_whole.pkl"
emoji="$PWD/third_party/noto_emoji/noto_emoji_64.zip"
export HOME="$work"  # the cache of features
cd "$work"

# there FILE...: fails unless every file has bytes in it.
there() {
  for file; do [[ -s "$file" ]] || fail "$file is not there"; done
}

for script in photos_to_model pkl_to_pictures video project_and_edit; do
  status=0
  "$examples/$script.sh" one_argument 2>err.txt || status=$?
  ((status == 2)) || fail "$script.sh with one argument: exit code $status"
  expect "$script.sh: give " err.txt
done

echo "no picture" >notes.png
python3 -c '
import sys, zipfile
pictures = zipfile.ZipFile(sys.argv[1])
for name in [name for name in pictures.namelist() if name.endswith(".png")][:20]:
    pictures.extract(name, "photos")
' "$emoji"
mv notes.png photos
small=(--preset=quick --res=8 --batch=4 --kimg=0.04 --tick=0.02 --snap=1 --g-features=4 --d-features=4 --max-features=8
  --latent-dim=8)
RES=8 "$examples/photos_to_model.sh" photos model "${small[@]}" >out.txt 2>&1 || fail "$(cat out.txt)"
expect "notes.png" out.txt  # what --check found
there model/photos.zip model/pictures.png
# The second start goes on with the run, which has ended.
cp -r model again
rm again/pictures.png
RES=8 "$examples/photos_to_model.sh" photos again --kimg=0.04 >out.txt 2>&1 || fail "$(cat out.txt)"
(("$(ls again/runs | wc -l)" == 1)) || fail "a second run"
there again/pictures.png

"$examples/pkl_to_pictures.sh" "$foreign" foreign 0-3 >out.txt 2>&1 || fail "$(cat out.txt)"
there foreign/pictures.png foreign/network.safetensors foreign/network.onnx

"$examples/video.sh" model/runs video 2 >out.txt 2>&1 || fail "$(cat out.txt)"
there video/loop.webp video/wall.webp video/directions/direction02.png

"$examples/project_and_edit.sh" model/runs "$(find photos -name '*.png' ! -name notes.png | sort | head -1)" edit 4 \
  >out.txt 2>&1 || fail "$(cat out.txt)"
there edit/side_by_side.png edit/found/image0000.png edit/edit-2/image0000.png edit/truncated/image0000.png
