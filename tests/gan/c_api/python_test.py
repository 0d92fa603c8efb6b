#!/usr/bin/env python3
"""The Python package, installed from its wheel. Where NumPy is not installed, it says so, and the tests of NumPy's
arrays are skipped.

  python_test.py [--without-numpy] WHEEL GENERATE NETWORK CONDITIONAL_NETWORK
"""

import base64
import csv
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

os.environ["OMP_NUM_THREADS"] = "1"
WITHOUT_NUMPY = "--without-numpy" in sys.argv
WHEEL, GENERATE, NETWORK, CONDITIONAL = [os.path.abspath(a) for a in sys.argv[1:] if not a.startswith("--")]
if WITHOUT_NUMPY:
    sys.modules["numpy"] = None  # import numpy then fails
try:
    import numpy
except ImportError:
    numpy = None

FOLDER = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
with zipfile.ZipFile(WHEEL) as archive:
    archive.extractall(FOLDER.name)
sys.path.insert(0, FOLDER.name)
import stylegan2cpp  # noqa: E402


def raw_pictures(network, *arguments):
    """The bytes of the floats that the tool `generate` makes."""
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "raw.npy")
        subprocess.run([GENERATE, f"--network={network}", f"--raw={raw}", f"--outdir={folder}", "--device=cpu",
                        *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(raw, "rb") as f:
            data = f.read()
    return data[10 + int.from_bytes(data[8:10], "little"):]


class WheelTest(unittest.TestCase):
    def test_the_record_is_true(self):
        with zipfile.ZipFile(WHEEL) as wheel:
            names = wheel.namelist()
            [record] = [name for name in names if name.endswith(".dist-info/RECORD")]
            rows = list(csv.reader(wheel.read(record).decode().splitlines()))
            self.assertEqual(sorted(row[0] for row in rows), sorted(names))
            for name, digest, size in rows:
                if name == record:
                    self.assertEqual((digest, size), ("", ""))
                    continue
                data = wheel.read(name)
                want = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                self.assertEqual((digest, int(size)), (f"sha256={want}", len(data)), name)

    def test_the_names_agree(self):
        name, version, tag = os.path.basename(WHEEL)[:-len(".whl")].split("-", 2)
        self.assertEqual(name, stylegan2cpp.__name__)
        self.assertEqual(version, stylegan2cpp.__version__)
        with zipfile.ZipFile(WHEEL) as wheel:
            self.assertIn(f"Tag: {tag}\n", wheel.read(f"{name}-{version}.dist-info/WHEEL").decode())
            self.assertIn(f"Version: {version}\n", wheel.read(f"{name}-{version}.dist-info/METADATA").decode())


class GeneratorTest(unittest.TestCase):
    def setUp(self):
        stylegan2cpp.set_threads(1)
        self.generator = stylegan2cpp.Generator.load(NETWORK, device="cpu")
        self.info = self.generator.info

    def pixel_shape(self, n):
        return (n, self.info.height, self.info.width, self.info.channels)

    def test_info(self):
        self.assertEqual((self.info.height, self.info.width, self.info.channels), (32, 32, 3))
        self.assertEqual(self.info.num_classes, 0)
        self.assertIsInstance(self.generator.notes, list)

    def test_generates_what_the_tool_generates(self):
        got = self.generator.generate(range(20), psi=0.5, cutoff=2, noise="random", noise_seed=9, dtype="float32")
        want = raw_pictures(NETWORK, "--seeds=0-19", "--trunc=0.5", "--trunc-cutoff=2", "--noise-mode=random",
                            "--noise-seed=9")
        self.assertEqual(got.tobytes(), want)
        conditional = stylegan2cpp.Generator.load(CONDITIONAL, device="cpu")
        got = conditional.generate(7, class_=3, dtype="float32")
        self.assertEqual(got.tobytes(), raw_pictures(CONDITIONAL, "--seeds=7", "--class=3"))

    def test_the_steps_give_what_the_whole_gives(self):
        w = self.generator.map(seeds=[1, 2], psi=0.7)
        self.assertEqual(tuple(w.shape), (2, self.info.num_ws, self.info.w_dim))
        pixels = self.generator.synthesize(w)
        self.assertEqual(tuple(pixels.shape), self.pixel_shape(2))
        self.assertEqual(pixels.tobytes(), self.generator.generate([1, 2], psi=0.7).tobytes())

    def test_buffers_are_arrays(self):
        z = memoryview(bytearray(2 * self.info.z_dim * 4)).cast("f", (2, self.info.z_dim))
        w = self.generator.map(z)
        self.assertEqual(self.generator.map(z.toreadonly()).tobytes(), w.tobytes())
        self.assertEqual(tuple(self.generator.synthesize(memoryview(w)).shape), self.pixel_shape(2))

    def test_wrong_arguments_are_errors(self):
        generator, wrong = self.generator, stylegan2cpp.InvalidArgument
        z = memoryview(bytearray(4 * self.info.z_dim)).cast("f", (self.info.z_dim,))
        calls = {
            "either z or seeds": lambda: generator.map(),
            "must be [N": lambda: generator.map(z),
            "w has the shape": lambda: generator.synthesize(z),
            "at least one": lambda: generator.generate([]),
            "seed -1 ": lambda: generator.generate(-1),
            "seed 4294967296 ": lambda: generator.generate([2**32]),
            "noise is 'loud'": lambda: generator.generate(1, noise="loud"),
            "noise_seed -1 ": lambda: generator.generate(1, noise_seed=-1),
            "dtype is 'int8'": lambda: generator.generate(1, dtype="int8"),
            "finite": lambda: generator.generate(1, psi=float("nan")),
            "options->cutoff is -1": lambda: generator.generate(1, cutoff=-1),
            "cutoff is 18446744073709551616": lambda: generator.generate(1, cutoff=2**64),
            "without labels": lambda: generator.generate(1, class_=0),
            "threads is -1": lambda: stylegan2cpp.set_threads(-1),
            "options->device is \"abacus\"": lambda: stylegan2cpp.Generator.load(NETWORK, device="abacus"),
            "options->device is \"\"": lambda: stylegan2cpp.Generator.load(NETWORK, device=""),
            "device has a null byte": lambda: stylegan2cpp.Generator.load(NETWORK, device="cpu\0"),
            "path has a null byte": lambda: stylegan2cpp.Generator.load(NETWORK + "\0"),
        }
        for text, call in calls.items():
            with self.subTest(text), self.assertRaises(wrong) as caught:
                call()
            self.assertIn(text, str(caught.exception))
        self.assertTrue(issubclass(wrong, ValueError))

    def test_wrong_files_are_errors(self):
        with self.assertRaises(stylegan2cpp.CannotRead) as caught:
            stylegan2cpp.Generator.load("missing.pkl")
        self.assertIsInstance(caught.exception, OSError)
        with tempfile.NamedTemporaryFile(suffix=".pkl") as file, self.assertRaises(stylegan2cpp.BadFile):
            stylegan2cpp.Generator.load(file.name)
        with self.assertRaises(stylegan2cpp.Unavailable):
            stylegan2cpp.Generator.load(NETWORK, device="cuda:999")

    def test_a_closed_generator_is_an_error(self):
        with self.generator as generator:
            generator.generate(1)
        with self.assertRaises(stylegan2cpp.InvalidArgument):
            generator.generate(1)
        generator.close()
        self.assertEqual(generator.info, self.info)

    def test_threads(self):
        want = self.generator.generate([1, 2]).tobytes()
        got = []
        threads = [threading.Thread(target=lambda: got.append(self.generator.generate([1, 2]).tobytes()))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got, [want] * 4)


class TypesTest(unittest.TestCase):
    def setUp(self):
        self.generator = stylegan2cpp.Generator.load(NETWORK, device="cpu")

    @unittest.skipIf(numpy is not None, "NumPy is installed")
    def test_results_are_memoryviews(self):
        self.assertEqual(self.generator.generate(1).format, "B")
        self.assertEqual(self.generator.map(seeds=1).format, "f")
        with self.assertRaises(stylegan2cpp.InvalidArgument):
            self.generator.map([[0.0] * self.generator.info.z_dim])

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_results_are_arrays(self):
        pixels = self.generator.generate([1, 2], dtype=numpy.uint8)
        self.assertEqual(pixels.dtype, numpy.uint8)
        self.assertEqual(self.generator.generate(1, dtype=numpy.dtype("float32")).dtype, numpy.float32)
        self.assertTrue(pixels.flags.owndata and pixels.flags.c_contiguous)

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_takes_what_numpy_takes(self):
        z = numpy.random.RandomState(85).randn(1, self.generator.info.z_dim)
        w = self.generator.map(z)
        numpy.testing.assert_array_equal(w, self.generator.map(seeds=85))
        strided = numpy.concatenate([w, w])[::2]
        numpy.testing.assert_array_equal(self.generator.synthesize(strided), self.generator.generate(85))
        numpy.testing.assert_array_equal(self.generator.map(z.tolist()), w)
        numpy.testing.assert_array_equal(self.generator.map(seeds=numpy.arange(85, 86, dtype=numpy.uint32)), w)
        numpy.testing.assert_array_equal(self.generator.map(seeds=numpy.int64(85)), w)

    @unittest.skipIf(numpy is None, "NumPy is not installed")
    def test_dlpack(self):
        class Foreign:  # another library's array, which offers nothing but DLPack
            def __init__(self, array):
                self.array = array

            def __dlpack__(self, **arguments):
                return self.array.__dlpack__(**arguments)

            def __dlpack_device__(self):
                return self.array.__dlpack_device__()

        w = self.generator.map(seeds=[1, 2])
        pixels = self.generator.synthesize(Foreign(w))
        numpy.testing.assert_array_equal(numpy.from_dlpack(pixels), self.generator.generate([1, 2]))


if __name__ == "__main__":
    if numpy is None and not WITHOUT_NUMPY:
        print("NumPy is not installed: the tests of its arrays are skipped")
    unittest.main(argv=sys.argv[:1])
