#!/usr/bin/env python3
"""Compares what onnxruntime computes from our ONNX files with what generate computes from the same networks.

Without the packages onnxruntime and numpy it says so and passes; with the package onnx, its checker sees every file.
Usage: onnx_test.py CONVERT GENERATE NETWORK...
"""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnxruntime
except ImportError as error:
    print(f"skipped: {error.name} is not installed")
    sys.exit(0)
try:
    import onnx
except ImportError:
    onnx = None

TOLERANCE = 1e-4  # of pixels from 0 to 1
SEEDS, CLASS, PSI = (1, 2), 3, 0.7


def call(tool, *arguments):
    subprocess.run([tool, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Judge:
    def __init__(self, convert, generate, network, folder):
        self.convert, self.generate, self.network, self.folder = convert, generate, network, folder
        self.is_conditional = "conditional" in os.path.basename(network)

    def session(self, part, noise="const", batch=0):
        path = os.path.join(self.folder, "a.onnx")
        call(self.convert, f"--network={self.network}", f"--out={path}", f"--onnx-part={part}",
             f"--onnx-noise={noise}", f"--onnx-batch={batch}")
        if onnx:
            onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.metadata = session.get_modelmeta().custom_metadata_map
        return session

    def picture(self, noise):
        """[N,C,H,W], from 0 to 1."""
        raw = os.path.join(self.folder, "raw.npy")
        extra = [f"--class={CLASS}"] if self.is_conditional else []
        call(self.generate, f"--network={self.network}", "--seeds=" + ",".join(map(str, SEEDS)), f"--trunc={PSI}",
             f"--noise-mode={noise}", f"--raw={raw}", "--grid=" + os.path.join(self.folder, "grid.png"), *extra)
        return np.load(raw).transpose(0, 3, 1, 2)

    def inputs(self, session, images):
        size = next(i.shape[1] for i in session.get_inputs() if i.name == "z")
        z = np.concatenate([np.random.RandomState(seed).randn(1, size) for seed in SEEDS])[images]
        feed = {"z": z.astype(np.float32), "psi": np.array(PSI, np.float32)}
        for i in session.get_inputs():
            if i.name == "labels":
                feed["labels"] = np.eye(i.shape[1], dtype=np.float32)[[CLASS] * len(z)]
        return feed

    def difference(self, images, want):
        images = images * 0.5 + 0.5 if self.metadata["image_range"] == "[-1,1]" else images
        assert images.shape == want.shape, (images.shape, want.shape)
        return float(np.abs(images - want).max())

    def differences(self):
        for noise in ("const", "none"):
            want = self.picture(noise)
            both = self.session("both", noise)
            [images] = both.run(["images"], self.inputs(both, slice(None)))
            yield f"both, noise {noise}", self.difference(images, want)
        want = self.picture("none")
        one = self.session("both", "none", batch=1)
        [images] = one.run(["images"], self.inputs(one, slice(1)))
        yield "batch 1", self.difference(images, want[:1])
        mapping = self.session("mapping")
        [ws] = mapping.run(["ws"], self.inputs(mapping, slice(None)))
        if "noiseless" in self.network:
            return
        synthesis = self.session("synthesis", "input")
        maps = {i.name: np.zeros([1, *i.shape[1:]], np.float32) for i in synthesis.get_inputs() if i.name != "ws"}
        [images] = synthesis.run(["images"], {"ws": ws, **maps})
        yield "mapping, then synthesis with noise of zeros", self.difference(images, want)
        maps = {name: np.random.RandomState(0).randn(2, *m.shape[1:]).astype(np.float32) for name, m in maps.items()}
        [other] = synthesis.run(["images"], {"ws": ws, **maps})
        assert np.abs(other - images).max() > 1e-3, "noise has no effect"


def main():
    convert, generate, *networks = map(os.path.abspath, sys.argv[1:])
    failed = False
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            for name, difference in Judge(convert, generate, network, folder).differences():
                print(f"{os.path.basename(network)}: {name}: {difference:.1e}")
                failed = failed or not difference <= TOLERANCE
    sys.exit(failed)


if __name__ == "__main__":
    main()
