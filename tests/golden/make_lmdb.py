#!/usr/bin/env python3
"""Writes LMDB databases with LMDB's own library. Needs the Python packages lmdb, numpy and Pillow.

  python3 tests/golden/make_lmdb.py    # writes lmdb/*.mdb.gz beside itself

deep.mdb.gz: 700 items in a tree of depth 3. The key of item i is b"%07d" % i, its value has (37 * i) % 6000 bytes, and
byte j is (7 * i + j) % 251. pictures.mdb.gz: WebP, JPEG and PNG files as LSUN has them, of 12x8 pixels, each of one
color, and a value that is no picture.
"""

import gzip
import io
import os
import shutil
import tempfile

import lmdb
import numpy as np
from PIL import Image

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lmdb")


def write(name, items):
    with tempfile.TemporaryDirectory() as folder:
        with lmdb.open(folder, map_size=1 << 25) as env:
            with env.begin(write=True) as transaction:
                for key, value in items:
                    transaction.put(key, value)
        with open(os.path.join(folder, "data.mdb"), "rb") as raw, \
                gzip.GzipFile(os.path.join(FOLDER, name + ".mdb.gz"), "wb", mtime=0) as packed:
            shutil.copyfileobj(raw, packed)


def picture(color, file_format):
    out = io.BytesIO()
    image = Image.fromarray(np.full((8, 12, 3), color, np.uint8))
    image.save(out, file_format, **({"lossless": True} if file_format == "WEBP" else {}))
    return out.getvalue()


def main():
    os.makedirs(FOLDER, exist_ok=True)
    write("deep", [(b"%07d" % i, bytes((7 * i + j) % 251 for j in range(37 * i % 6000))) for i in range(700)])
    pictures = [picture((10 * i, 100, 200), ("WEBP", "JPEG", "PNG")[i % 3]) for i in range(6)]
    keys = [b"%040x" % (i * 0x1234567) for i in range(7)]
    write("pictures", list(zip(keys, pictures + [b"no picture"])))


if __name__ == "__main__":
    main()
