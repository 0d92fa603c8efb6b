"""A picture from a checkpoint of this project, made by PyTorch as `generate --seeds=N` makes it."""

import json
import math
import struct
import zlib

import numpy
import torch

from pytorch_model import LATENT_DIM, Generator, MappingNetwork

AVERAGED = "ema."  # prefix of the averaged networks' names in a checkpoint
DTYPES = {"F32": numpy.float32}


def read_safetensors(path, prefix):
    """(metadata, {name without prefix: tensor}) of the tensors whose names begin with `prefix`."""
    with open(path, "rb") as f:
        header_bytes, = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(header_bytes))
    data = numpy.memmap(path, mode="r", offset=8 + header_bytes)
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if name.startswith(prefix):
            begin, end = entry["data_offsets"]
            array = data[begin:end].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
            tensors[name[len(prefix) :]] = torch.from_numpy(numpy.array(array))
    return metadata, tensors


def load_networks(path, form):
    """The averaged mapping network and generator."""
    metadata, tensors = read_safetensors(path, AVERAGED)
    networks = MappingNetwork(), Generator(form, json.loads(metadata["config"])["model"]["resolution"])
    for name, network in zip(("mapping_network.", "generator."), networks):
        network.load_state_dict({k[len(name) :]: t for k, t in tensors.items() if k.startswith(name)})
    return networks


def write_png(path, pixels):
    """pixels: bytes [H,W,3]."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # every row without a filter
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        f.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_picture(network, form, seed, noise, png, raw=None):
    """Writes the PNG file. Given the output of `generate --raw` for the same latent, returns the largest difference."""
    mapping, generator = load_networks(network, form)
    z = torch.from_numpy(numpy.random.RandomState(seed).randn(1, LATENT_DIM)).float()
    with torch.no_grad():
        w = mapping(z)[None].expand(generator.num_blocks, -1, -1)
        images = generator(w, generator.random_noise(1) if noise else generator.no_noise())
    pixels = images.permute(0, 2, 3, 1)[0].numpy()
    write_png(png, (pixels.clip(0, 1) * 255).round().astype(numpy.uint8))
    if raw is None:
        return None
    expected = numpy.load(raw)[0]
    if expected.shape != pixels.shape:
        return math.inf
    return float(abs(expected - pixels).max())
