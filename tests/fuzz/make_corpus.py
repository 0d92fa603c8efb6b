#!/usr/bin/env python3
"""Writes the first inputs of every fuzz target, the valid ones and the classic attacks.

  tests/fuzz/make_corpus.py [FOLDER]

Writes corpus/<target>/seed_* beside itself, or below FOLDER. Every run writes the same bytes. Inputs that fuzzing has
found carry other names and are kept.
"""

import base64
import gzip
import io
import json
import os
import pickle
import struct
import sys
import zipfile
import zlib

# ---- safetensors


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def with_checksums(tensors, data):
    metadata = {"format": "stylegan2.cpp training state 4", "sg.crc32c.header": "00000000",
                "sg.crc32c.tensors": str(len(tensors))}
    for name, info in tensors.items():
        begin, end = info["data_offsets"]
        metadata["sg.crc32c.data." + name] = f"{crc32c(data[begin:end]):08x}"
    text = json.dumps({"__metadata__": metadata, **tensors}, separators=(",", ":")).encode()
    key = b'"sg.crc32c.header":"'
    return safetensors(text.replace(key + b"00000000", key + f"{crc32c(text):08x}".encode()), data)


VALID_TENSORS = {"a": tensor("F32", [2, 2], 0, 16), "b": tensor("F64", [1], 16, 24), "c": tensor("F16", [2], 24, 28),
                 "d": tensor("BF16", [2], 28, 32), "e": tensor("U8", [3], 32, 35), "f": tensor("I32", [0], 35, 35)}
VALID_DATA = struct.pack("<4fd", 1, -2, float("inf"), 0.5, 1e300) + bytes([0, 0x3c, 1, 0, 0x80, 0x3f, 0, 0, 1, 2, 3])

HEADERS = {
    "valid": (VALID_TENSORS, 35),
    "empty": ({}, 0),
    "metadata": ({"__metadata__": {"format": "pt", "x": "\u00e9\n"}}, 0),
    "scalar": ({"s": tensor("F32", [], 0, 4)}, 4),
    "unknown_dtype": ({"s": tensor("F5", [1 << 47, 1 << 47], 0, 4)}, 4),
    "sub_byte": ({"s": tensor("F4", [3], 0, 1)}, 1),
    "huge_shape": ({"s": tensor("F32", [(1 << 48) - 1] * 6, 0, 4)}, 4),
    "huge_offsets": ({"s": tensor("U8", [4], (1 << 48) - 5, (1 << 48) - 1)}, 4),
    "rank_7": ({"s": tensor("U8", [1] * 7, 0, 1)}, 1),
    "overlap": ({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, 6),
    "hole": ({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 4, 6)}, 6),
    "twice": (b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' +
              b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0),
    "nested": (b'{"a":' + b"[" * 2000, 0),
    "deep_objects": (b'{"a":' * 400, 0),
    "big_number": (b'{"a":{"dtype":"U8","shape":[99999999999999999999999],"data_offsets":[0,1]}}', 1),
    "float": (b'{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1),
    "escapes": (b'{"\\ud834\\udd1e\\u0000":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    "bad_utf8": (b'{"\xff\xfe":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    "zero_byte": (b'{}\0{"x":1}', 0),
}


def header_bytes(header):
    return header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()


def safetensors_header_seeds():
    return {name: struct.pack("<H", size) + header_bytes(header) for name, (header, size) in HEADERS.items()}


def safetensors_seeds():
    seeds = {name: safetensors(header_bytes(header), bytes(size)) for name, (header, size) in HEADERS.items()}
    seeds["valid"] = safetensors(VALID_TENSORS, VALID_DATA)
    seeds["checksums"] = with_checksums(VALID_TENSORS, VALID_DATA)
    seeds["wrong_checksum"] = with_checksums(VALID_TENSORS, VALID_DATA)[:-1] + b"\xff"
    seeds["huge_header"] = struct.pack("<Q", (1 << 63) - 8) + b"{}"
    seeds["long_header"] = struct.pack("<Q", 100) + b"{}"
    seeds["no_header"] = struct.pack("<Q", 0)
    seeds["short"] = b"\x08\0\0"
    return seeds


# ---- npy


def npy(header, data=b"", version=(1, 0)):
    length = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes(version) + length + header + data


def npy_header(descr="<f4", order="False", shape="(2, 3)"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}".ljust(117).encode() + b"\n"


def npy_seeds():
    return {
        "f4": npy(npy_header(), struct.pack("<6f", *range(6))),
        "f8": npy(npy_header("<f8"), struct.pack("<6d", *range(6)), (2, 0)),
        "scalar": npy(npy_header(shape="()"), bytes(4)),
        "empty": npy(npy_header(shape="(0, 4611686018427387904, 4611686018427387904)")),
        "overflow": npy(npy_header(shape="(4611686018427387904, 4611686018427387904)"), bytes(4)),
        "big_number": npy(npy_header(shape="(99999999999999999999999,)"), bytes(4)),
        "rank_7": npy(npy_header(shape="(1, 1, 1, 1, 1, 1, 1)"), bytes(4)),
        "fortran": npy(npy_header(order="True"), bytes(24)),
        "object": npy(npy_header("|O"), b"\x80\x04K\x01."),
        "structured": npy(b"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", bytes(4)),
        "huge_header": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        "short": b"\x93NUMPY\x01\x00",
        "version_3": npy(npy_header(), bytes(24), (3, 0)),
    }


def latent_file_seeds():
    four = struct.pack("<4f", 1, 2, 3, 4)
    return {
        "npy": npy(npy_header(shape="(1, 4)"), four),
        "one": npy(npy_header(shape="(4,)"), four),
        "doubles": npy(npy_header("<f8", shape="(2, 4)"), bytes(64)),
        "per_layer": npy(npy_header(shape="(1, 2, 4)"), four * 2),
        "wrong_size": npy(npy_header(shape="(1, 5)"), bytes(20)),
        "none": npy(npy_header(shape="(0, 4)")),
        "nan": npy(npy_header(shape="(1, 4)"), b"\xff" * 16),
        "safetensors": safetensors({"w": tensor("F32", [1, 4], 0, 16)}, four),
        "half": safetensors({"w": tensor("F16", [2, 2, 4], 0, 32)}, bytes(32)),
        "two_tensors": safetensors({"w": tensor("U8", [1], 0, 1), "v": tensor("U8", [1], 1, 2)}, b"ab"),
        "no_floats": safetensors({"w": tensor("U8", [1, 4], 0, 4)}, b"abcd"),
        "unknown_dtype": safetensors({"w": tensor("F5", [1 << 47, 1 << 47], 0, 4)}, b"abcd"),
    }


# ---- zip


def zip_bytes(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, data)
    return out.getvalue()


def patched(data, pattern, offset, value, fmt="<I"):
    """`value` in place of the number `offset` bytes behind the first `pattern`."""
    at = data.index(pattern) + offset
    size = struct.calcsize(fmt)
    return data[:at] + struct.pack(fmt, value) + data[at + size:]


def zip_seeds():
    two = zip_bytes([("a.png", b"abc" * 20), ("folder/b.jpg", b"xyz")])
    stored = zip_bytes([("a.png", b"abc")], zipfile.ZIP_STORED)
    return {
        "two": two,
        "stored": stored,
        "none": zip_bytes([]),
        "bomb": zip_bytes([("bomb.png", bytes(3 << 20))]),
        "path_names": zip_bytes([("../../etc/passwd", b"x"), ("/etc/passwd", b"x"), ("C:\\x", b"x")]),
        "control_names": zip_bytes([("\x1b[2J.png", b"x"), ("\u202ex.png", b"x")]),
        "huge_size": patched(stored, b"PK\1\2", 24, 0xfffffffe),
        "small_size": patched(two, b"PK\1\2", 24, 2),
        "zip64_size": patched(stored, b"PK\1\2", 24, 0xffffffff),
        "wrong_crc": patched(patched(stored, b"PK\1\2", 16, 1), b"PK\3\4", 14, 1),
        "encrypted": patched(patched(stored, b"PK\1\2", 8, 1, "<H"), b"PK\3\4", 6, 1, "<H"),
        "unknown_method": patched(patched(stored, b"PK\1\2", 10, 95, "<H"), b"PK\3\4", 8, 95, "<H"),
        "far_offset": patched(stored, b"PK\1\2", 42, 0x7fffffff),
        "many_entries": patched(patched(stored, b"PK\5\6", 8, 0xffff, "<H"), b"PK\5\6", 10, 0xffff, "<H"),
        "far_directory": patched(stored, b"PK\5\6", 16, 0x7fffffff),
        "long_comment": patched(stored, b"PK\5\6", 20, 0xffff, "<H"),
        "truncated": two[:-10],
    }


# ---- pickles and PyTorch's files


def pickled(operations, protocol=2):
    return b"\x80" + bytes([protocol]) + operations + b"."


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def sequence(*items):
    return b"(" + b"".join(items) + b"t"


def named(*items):
    return b"}(" + b"".join(text(key) + value for key, value in items) + b"u"


def global_name(module, name):
    return f"c{module}\n{name}\n".encode()


def called(module, name, *args):
    return global_name(module, name) + sequence(*args) + b"R"


def storage_id(key="0", count=4):
    storage = global_name("torch", "FloatStorage")
    return sequence(text("storage"), storage, text(key), text("cpu"), integer(count)) + b"Q"


def torch_tensor(storage, shape=(2, 2), strides=(2, 1), offset=0):
    return called("torch._utils", "_rebuild_tensor_v2", storage, integer(offset), sequence(*map(integer, shape)),
                  sequence(*map(integer, strides)), b"\x89", called("collections", "OrderedDict"))


def legacy_torch(obj, count=4):
    start = (pickled(b"\x8a\x0a" + bytes.fromhex("6cfc9c46f9206aa85019")) + pickled(integer(1001)) +
             pickled(named(("protocol_version", integer(1001)), ("little_endian", b"\x88"))))
    return start + pickled(obj) + pickled(b"](" + text("0") + b"e") + struct.pack("<Q4f", count, 1, 2, 3, 4)


def numpy_array(order="<"):
    dtype = called("numpy", "dtype", text("f4"), b"\x89", b"\x88") + sequence(
        integer(3), text(order), b"N", b"N", b"N", integer(-1), integer(-1), integer(0)) + b"b"
    data = struct.pack("<4f", 1, 2, 3, 4)
    made = called("numpy.core.multiarray", "_reconstruct", global_name("numpy", "ndarray"), sequence(integer(0)), b"N")
    return (made +
            sequence(integer(1), sequence(integer(2), integer(2)), dtype, b"\x88",
                     b"B" + struct.pack("<I", len(data)) + data) + b"b")


def pickle_seeds():
    value = {"a": [1, -2, 70000, True, None, 1.5], "b": (b"xy", "z"), "c": 2**40, "d": set(), "e": 2**80}
    return {
        **{f"protocol_{i}": pickle.dumps(value, i) for i in range(6)},
        "object": pickled(called("collections", "OrderedDict") + text("a") + integer(1) + b"s" +
                          named(("b", b"N")) + b"b"),
        "system": pickled(called("os", "system", text("touch hacked"))),
        "stack_global": pickled(b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x031+1\x85R", 4),
        "inst": pickled(b"(" + text("id") + b"ios\nsystem\n"),
        "newobj_ex": pickled(global_name("collections", "OrderedDict") + b")}\x92", 4),
        "long_text": pickled(b"X\xff\xff\xff\xff"),
        "long_memo": pickled(b"Nr\xff\xff\xff\x7f"),
        "bad_frame": pickled(b"\x95" + b"\xff" * 8, 4),
        "itself": pickled(b"]q\0h\0a"),
        "laughs": pickled(b"]q\0" + b"".join(b"]q%c(" % (i + 1) + b"h%c" % i * 10 + b"e" for i in range(60))),
        "encode": pickled(called("_codecs", "encode", text("a\x80\xff"), text("latin1"))),
        "decode_bomb": pickled(b"(" + global_name("_codecs", "encode") + b"q\0" + text("a" * 500) + b"q\1" +
                               text("latin1") + b"q\2" + b"h\0h\1h\2\x86R" * 50 + b"t"),
        "marks": pickled(b"(" * 200),
        "reference": pickled(storage_id()),
        "script": pickled(global_name("__torch__.torch.nn", "Linear") + b")\x81" + named(("a", b"N")) + b"b"),
    }


def torch_file_seeds():
    good = named(("w", torch_tensor(storage_id())))
    nested = called("torch.storage", "_load_from_bytes", b"B" + struct.pack("<I", len(legacy_torch(storage_id()))) +
                    legacy_torch(storage_id()))
    entries = [("a/data.pkl", pickled(good)), ("a/data/0", struct.pack("<4f", 1, 2, 3, 4))]
    zipped = zip_bytes(entries, zipfile.ZIP_STORED)
    return {
        "zip": zipped,
        "zip_deflated": zip_bytes([("a/data.pkl", pickled(good)), ("a/data/0", bytes(16))]),
        "zip_bomb": zip_bytes([("a/data.pkl", pickled(good)), ("a/data/0", bytes(2 << 20))]),
        "zip_truncated": zipped[:-30],
        "legacy": legacy_torch(good),
        "legacy_count": legacy_torch(good, 5),
        "legacy_short": legacy_torch(good)[:-1],
        "nested": pickled(named(("w", torch_tensor(nested))), 4),
        "numpy": pickled(named(("w", numpy_array())), 4),
        "big_endian": pickled(named(("w", numpy_array(">"))), 4),
        "in_zip": b"zip:" + pickled(good),
        "transposed": b"zip:" + pickled(named(("w", torch_tensor(storage_id(), strides=(1, 2))))),
        "expanded": b"zip:" + pickled(named(("w", torch_tensor(storage_id(), (1 << 30, 1 << 30), (0, 0))))),
        "outside": b"zip:" + pickled(named(("w", torch_tensor(storage_id(), offset=1)))),
        "negative": b"zip:" + pickled(named(("w", torch_tensor(storage_id(), strides=(-1, 1))))),
        "no_storage": b"zip:" + pickled(named(("w", torch_tensor(storage_id("1"))))),
        "parameter": b"zip:" + pickled(called("torch._utils", "_rebuild_parameter", torch_tensor(storage_id()), b"\x88",
                                              b"N")),
        "system": b"zip:" + pickled(called("posix", "system", text("touch hacked"))),
        "seven_zip": b"7z\xbc\xaf\x27\x1c" + bytes(26),
    }


# ---- images


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, color, rows, interlace=0, before=b"", after=b""):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    return (b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(rows, 9)) + after +
            chunk(b"IEND", b""))


def tiff(orientation, order=">"):
    mark = b"MM" if order == ">" else b"II"
    return mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def png_seeds():
    palette = chunk(b"PLTE", bytes(range(12)))
    return {
        "rgb": png(2, 2, 8, 2, b"\0abcdef\1ghijkl"),
        "rgba": png(2, 1, 8, 6, b"\4abcdefgh"),
        "gray_1": png(9, 1, 1, 0, b"\0\xff\x80"),
        "gray_16": png(1, 1, 16, 0, b"\0ab", before=chunk(b"tRNS", b"ab")),
        "gray_alpha": png(1, 1, 16, 4, b"\0abcd"),
        "palette": png(4, 1, 2, 3, b"\0\x1b", before=palette + chunk(b"tRNS", b"\0\x80")),
        "bad_index": png(4, 1, 8, 3, b"\0\xff\xfe\xfd\xfc", before=palette),
        "interlaced": png(3, 3, 8, 0, b"\0a\0b\0cd\0e\0f\0ghi", interlace=1),
        "orientation": png(2, 1, 8, 0, b"\0ab", before=chunk(b"eXIf", tiff(6))),
        "huge": png(0x7fffffff, 0x7fffffff, 8, 2, b""),
        "empty": png(0, 0, 8, 2, b""),
        "large_claim": png(2048, 2048, 8, 6, b"\0"),
        "bomb": png(1024, 1024, 8, 0, bytes(1025 * 1024)),
        "surplus_pixels": png(1, 1, 8, 0, bytes(100000)),
        "text_bomb": png(1, 1, 8, 0, b"\0a", before=chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1 << 20), 9))),
        "profile_bomb": png(1, 1, 8, 2, b"\0abc", before=chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(1 << 20), 9))),
        "many_chunks": png(1, 1, 8, 0, b"\0a", before=chunk(b"prVt", b"") * 200),
        "unknown_critical": png(1, 1, 8, 0, b"\0a", before=chunk(b"ABCD", b"x")),
        "palette_missing": png(4, 1, 8, 3, b"\0abcd"),
        "truncated": png(2, 2, 8, 2, b"\0abcdef\1ghijkl")[:-20],
    }


def segment(marker, data):
    return bytes([0xff, marker]) + struct.pack(">H", len(data) + 2) + data


def huffman(table, lengths, symbols):
    return segment(0xc4, bytes([table]) + bytes(lengths + [0] * (16 - len(lengths))) + bytes(symbols))


def jpeg(width, height, components=1, progressive=False, scans=1, before=b"", data=None, end=b"\xff\xd9"):
    """A picture of one color. Every block is two bits in a sequential scan (DC difference 0, end of block)."""
    parts = [b"\xff\xd8", before, segment(0xdb, b"\0" + b"\1" * 64)]
    frame = struct.pack(">BHHB", 8, height, width, components)
    for c in range(components):
        frame += bytes([c + 1, 0x11, 0])
    parts.append(segment(0xc2 if progressive else 0xc0, frame))
    # One code of one bit in each table: DC category 0, and end of block.
    parts += [huffman(0x00, [1], [0]), huffman(0x10, [1], [0])]
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    bits = blocks * components * (1 if progressive else 2)
    entropy = bytes(bits // 8) + (bytes([0xff >> bits % 8]) if bits % 8 else b"")
    if entropy.endswith(b"\xff"):
        entropy += b"\0"
    ids = b"".join(bytes([c + 1, 0]) for c in range(components))
    spectrum = b"\0\0\0" if progressive else b"\0\x3f\0"
    for _ in range(scans):
        parts += [segment(0xda, bytes([components]) + ids + spectrum), entropy if data is None else data]
    return b"".join(parts) + end


def jpeg_seeds():
    adobe = segment(0xee, b"Adobe\0\x64\0\0\0\0\2")
    jfif = segment(0xe0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    return {
        "gray": jpeg(16, 8),
        "color": jpeg(8, 8, 3, before=jfif),
        "cmyk": jpeg(8, 8, 4, before=adobe),
        "progressive": jpeg(16, 16, 3, progressive=True),
        "many_scans": jpeg(8, 8, progressive=True, scans=120),
        "orientation": jpeg(16, 8, before=segment(0xe1, b"Exif\0\0" + tiff(5, "<"))),
        "restart": jpeg(16, 8, before=segment(0xdd, b"\0\1"), data=b"\x3f\xff\xd0\x3f"),
        "huge": jpeg(65535, 65535, data=b"\0"),
        "empty": jpeg(0, 8),
        "large_claim": jpeg(1024, 1024, 3, data=b"\0"),
        "large_progressive": jpeg(1024, 1024, progressive=True, scans=20, data=b"\0"),
        "no_end": jpeg(16, 8, end=b""),
        "bad_segment": b"\xff\xd8" + b"\xff\xe1\0\1",
        "arithmetic": jpeg(16, 8).replace(b"\xff\xc0", b"\xff\xc9"),
        "two_frames": jpeg(8, 8)[:-2] + jpeg(16, 16)[2:],
        "many_segments": jpeg(8, 8, before=segment(0xe1, b"x") * 500),
    }


def webp_seeds():
    # One pixel each: lossy, lossless, lossy with transparency, an animation.
    valid = {
        "lossy": "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
        "lossless": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
        "alpha": "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEA"
                 "AQAAAP4AAA3AAP7mtQAAAA==",
        "animation": "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQA"
                     "AABWUDhMDQAAAC8AAAAQBxAREYiI/gcA",
    }
    seeds = {name: base64.b64decode(text) for name, text in valid.items()}
    lossless = seeds["lossless"]
    seeds["truncated"] = lossless[:-4]
    seeds["huge"] = lossless.replace(b"\x2f\0\0\0", b"\x2f\xff\xff\xff")
    seeds["long_claim"] = lossless[:4] + b"\xfe\xff\xff\xff" + lossless[8:]
    seeds["long_chunk"] = lossless[:16] + b"\xff\xff\xff\x7f" + lossless[20:]
    return seeds


def orientation_seeds():
    seeds = {f"{o}_{'big' if order == '>' else 'little'}": tiff(o, order) for o in (1, 6, 8) for order in "><"}
    seeds["out_of_range"] = tiff(9)
    seeds["far_directory"] = b"MM\0\x2a\xff\xff\xff\xff"
    seeds["many_entries"] = b"II\x2a\0\x08\0\0\0\xff\xff"
    seeds["wrong_type"] = tiff(6).replace(b"\1\x12\0\3", b"\1\x12\0\4")
    seeds["xmp_attribute"] = b'<rdf:Description tiff:Orientation="6"/>'
    seeds["xmp_element"] = b"<tiff:Orientation>8</tiff:Orientation>"
    return seeds


# ---- configuration


def config_json_seeds(golden):
    seeds = {"valid": golden.encode()}
    config = json.loads(golden)

    def changed(section, field, value):
        copy = json.loads(golden)
        (copy[section] if section else copy)[field] = value
        return json.dumps(copy).encode()

    seeds["compact"] = json.dumps(config, separators=(",", ":")).encode()
    seeds["path_name"] = changed(None, "data", "../../x/\u001b[2J\u0000")
    seeds["big_number"] = changed("model", "resolution", 1 << 64)
    seeds["negative"] = changed("model", "max_features", -(1 << 63))
    seeds["limits"] = changed("model", "channel_base", 1 << 22)
    seeds["fraction"] = changed("model", "resolution", 64.5)
    seeds["later_version"] = changed(None, "version", 1 << 31)
    seeds["infinity"] = golden.encode().replace(b"1.0", b"1e999", 1)
    seeds["nested"] = b"[" * 2000
    seeds["deep_objects"] = b'{"a":' * 500
    seeds["model_is_a_list"] = changed(None, "model", [])
    seeds["unknown"] = changed("model", "x", {})
    seeds["twice"] = golden.encode().replace(b'"batch"', b'"batch":1,"batch"', 1)
    return seeds


def labels_seeds():
    return {
        "classes": b'{"labels": [["a", 2], ["b/c", 0], ["d/e", 65535], ["x", 1]]}',
        "vectors": b'{"labels": [["a", [0.5, -1]], ["b\\\\c", [1e3, 0]], ["d\\\\e", [3, 4]]]}',
        "none": b'{"labels": null}',
        "other_members": b'{"x": [[{"labels": [[1]]}]], "labels": [["a", 0], ["b/c", 0], ["d/e", 0]], "y": 1}',
        "twice": b'{"labels": [], "labels": []}',
        "same_file": b'{"labels": [["a", 1], ["a", 1]]}',
        "mixed": b'{"labels": [["a", 1], ["b/c", [1]]]}',
        "lengths": b'{"labels": [["a", [1]], ["b/c", [1, 2]]]}',
        "large_class": b'{"labels": [["a", 18446744073709551615]]}',
        "infinity": b'{"labels": [["a", [1e999]]]}',
        "nested": b'{"labels": ' + b"[" * 2000,
        "cut": b'{"labels": [["a", [1, 2',
    }


# ---- text


def stats_seeds():
    return {
        "lines": b'{"step":1,"a":{"num":1,"mean":0.5,"std":0}}\n{"step":999}\n{"step":1001}\n',
        "torn": b'{"step":1}\n{"step":2,"a":{"nu',
        "unsigned": b'{"step":18446744073709551615}\n',
        "negative": b'{"step":-9223372036854775808}\n',
        "float": b'{"step":1e300}\n{"step":1.0}\n{"step":null}\n',
        "no_object": b'[]\n1\nnull\n"step"\n\n',
        "nested": b"[" * 2000 + b"\n",
        "zero_byte": b'{"step":1}\0{"step":5000}\n',
        "carriage_return": b'{"step":1}\r\n',
        "bad_utf8": b'{"step":1,"\xff":1}\n',
    }


def training_state_seeds():
    return {
        "unchanged": b"",
        "version_1": b"format=stylegan2.cpp training state 1",
        "version_0": b"format=stylegan2.cpp training state 0",
        "later": b"format=stylegan2.cpp training state 5",
        "overflow": b"format=stylegan2.cpp training state 99999999999",
        "no_format": b"-format",
        "many_rollbacks": b"rollback.count=9223372036854775807",
        "half_unsteady": b"rollback.unsteady=2",
        "negative_steps": b"steps=-1",
        "many_steps": b"steps=9223372036854775807",
        "too_many_steps": b"steps=9223372036854775808",
        "no_steps": b"-steps",
        "no_tensor": b"-latent_average",
        "wrong_shape": b"~generator.mapping.net.0.weight",
        "checksum": b"sg.crc32c.header=00000000",
    }


def command_line_seeds():
    return {
        "help": b"--help",
        "version": b"--version",
        "flags": b"--res=32\n--batch\n8\n--no-mirror\n--gamma=0.5\n-n",
        "out_of_range": b"--res=99999999999999999999\n--batch=-1",
        "infinity": b"--gamma=inf\n--lr=nan\n--lr=1e999",
        "unknown": b"--outdri=x",
        "long_name": b"--" + b"a" * 900,
        "bare": b"photos.zip",
        "escape": b"--\x1b[2J=\xff\xfe",
        "enum": b"--loss=hinge\n--precision=bf16",
        "device": b"--device=cuda:99999999999\n--threads=-5",
        "dashes": b"--\n-\n---\n--=\n--no-\n--no",
        "preset": b"--preset=official\n--res=256\n--channel-base=1\n--grad-accum=64",
    }


def number_list_seeds():
    return {
        "list": b"0,1,4-6",
        "blanks": b" 7 , 1 - 2 ",
        "whole_range": b"0-9223372036854775807",
        "overflow": b"9223372036854775808",
        "backwards": b"5-4",
        "empty": b",",
        "dashes": b"1--2",
        "negative": b"-1",
        "unicode": "\u0661,\uff11".encode(),
        "many": b"0-999,1000",
    }


# ---- data sets


def tar_entry(name, data=b"", kind=b"0", size=None):
    header = bytearray(512)
    header[0:len(name)] = name
    header[100:107] = b"0000644"
    field = size if size is not None else b"%011o" % len(data)
    header[124:124 + len(field)] = field
    header[148:156] = b" " * 8
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[148:155] = b"%06o\0" % sum(header)
    return bytes(header) + data + b"\0" * (-len(data) % 512)


TAR_END = b"\0" * 1024


def packed(data):
    return gzip.compress(data, 9, mtime=0)


def tar_seeds():
    plain = tar_entry(b"folder/", kind=b"5") + tar_entry(b"folder/file", b"bytes") + TAR_END
    return {
        "plain": plain, "packed": packed(plain), "empty": b"", "end_only": TAR_END,
        "no_end": plain[:-1024], "two_parts": packed(plain[:700]) + packed(plain[700:]),
        "long_name": tar_entry(b"././@LongLink", b"n" * 200 + b"\0", b"L") + tar_entry(b"n", b"1") + TAR_END,
        "pax": tar_entry(b"p", b"12 path=abc\n10 size=2\n", b"x") + tar_entry(b"n", b"12") + TAR_END,
        "pax_lies": tar_entry(b"p", b"99999999999999999999 path=abc\n", b"x") + tar_entry(b"n") + TAR_END,
        "huge": tar_entry(b"n", size=b"77777777777") + TAR_END,
        "binary_size": tar_entry(b"n", size=b"\x80" + b"\x7f" + b"\xff" * 10) + TAR_END,
        "link_with_size": tar_entry(b"n", size=b"00000000777", kind=b"1") + TAR_END,
        "bomb": packed(tar_entry(b"n", b"\0" * 1000000) + TAR_END),
        "cut": packed(plain)[:-9], "bad_checksum": packed(plain)[:-8] + b"\1" * 8,
    }


PAGE = 256


def lmdb_page(number, flags, nodes=(), data=None):
    if data is not None:  # one large value
        pages = -(-(16 + len(data)) // PAGE)
        return (struct.pack("<QHHI", number, 0, flags, pages) + data).ljust(pages * PAGE, b"\0")
    body, pointers = b"", []
    for node in nodes:
        node += b"\0" * (len(node) % 2)
        body = node + body
        pointers.append(PAGE - len(body))
    lower = 16 + 2 * len(nodes)
    head = struct.pack("<QHHHH", number, 0, flags, lower, PAGE - len(body))
    head += struct.pack(f"<{len(pointers)}H", *pointers)
    return head.ljust(PAGE - len(body), b"\0") + body


def lmdb_leaf(key, value=b"", large=None):
    if large is not None:
        page, size = large
        return struct.pack("<HHHH", size & 0xffff, size >> 16, 1, len(key)) + key + struct.pack("<Q", page)
    return struct.pack("<HHHH", len(value), 0, 0, len(key)) + key + value


def lmdb_branch(key, page):
    return struct.pack("<HHHH", page & 0xffff, page >> 16 & 0xffff, page >> 32, len(key)) + key


def lmdb_file(pages, entries, depth, root=2, flags=0, page_bytes=PAGE, version=1):
    last = 1 + sum(len(page) for page in pages) // PAGE
    main = struct.pack("<IHHQQQQQ", 0, flags, depth, 0, 0, 0, entries, root)
    free = struct.pack("<IHHQQQQQ", page_bytes, 0, 0, 0, 0, 0, 0, 2**64 - 1)
    metas = b""
    for number in range(2):
        meta = struct.pack("<IIQQ", 0xbeefc0de, version, 0, 1 << 20) + free + main + struct.pack("<QQ", last, number)
        metas += (struct.pack("<QHHHH", number, 0, 8, 0, 0) + meta).ljust(PAGE, b"\0")
    return metas + b"".join(pages)


def lmdb_seeds():
    leaf = lmdb_page(2, 2, [lmdb_leaf(b"a", b"1"), lmdb_leaf(b"b", b"22"), lmdb_leaf(b"c", large=(3, 300))])
    value = lmdb_page(3, 4, data=b"x" * 300)
    tree = [lmdb_page(2, 1, [lmdb_branch(b"", 3), lmdb_branch(b"c", 4)]), lmdb_page(3, 2, [lmdb_leaf(b"a", b"1")]),
            lmdb_page(4, 2, [lmdb_leaf(b"c", b"3")])]
    loop = [lmdb_page(2, 1, [lmdb_branch(b"", 2)] * 8)]
    wide = [lmdb_page(2, 1, [lmdb_branch(b"", 3)] * 8), lmdb_page(3, 1, [lmdb_branch(b"", 4)] * 8),
            lmdb_page(4, 2, [lmdb_leaf(b"a", b"1")] * 8)]
    return {
        "values": lmdb_file([leaf, value], 3, 1), "tree": lmdb_file(tree, 2, 2),
        "empty": lmdb_file([], 0, 0, 2**64 - 1),
        "no_file": b"", "loop": lmdb_file(loop, 1, 30), "shared": lmdb_file(wide, 512, 3),
        "several_values": lmdb_file([leaf, value], 3, 1, flags=4), "later_version": lmdb_file([], 0, 0, version=2),
        "huge_count": lmdb_file([leaf, value], 2**63, 1), "depth": lmdb_file([leaf], 3, 65535),
        "page_size": lmdb_file([leaf, value], 3, 1, page_bytes=3), "root": lmdb_file([leaf, value], 3, 1, root=2**48),
        "large_outside": lmdb_file([lmdb_page(2, 2, [lmdb_leaf(b"c", large=(3, 0xffffffff))]), value], 1, 1),
        "cut": lmdb_file([leaf, value], 3, 1)[:-200],
    }


def idx(extents, data=b"", kind=8):
    return bytes([0, 0, kind, len(extents)]) + struct.pack(f">{len(extents)}I", *extents) + data


def idx_seeds():
    return {
        "mnist": idx([2, 28, 28], bytes(range(256)) * 6 + b"\0" * 32), "packed": packed(idx([1, 2, 3], b"abcdef")),
        "labels": idx([3], b"\1\2\3"), "cut": idx([2, 2, 2], b"1234567"), "empty": b"", "no_extents": idx([]),
        "huge": idx([0xffffffff] * 3), "many": idx([0xffffffff, 1, 1], b"1"), "floats": idx([1, 1, 1], b"1234", 13),
        "none": idx([0, 28, 28]), "rank_255": bytes([0, 0, 8, 255]), "bomb": packed(idx([1000, 28, 28], bytes(784000))),
    }


def python2_text(value):
    return b"U" + bytes([len(value)]) + value


def cifar_array(count, data, columns=3072):
    array = called("numpy.core.multiarray", "_reconstruct", global_name("numpy", "ndarray"), sequence(integer(0)),
                   python2_text(b"b"))
    dtype = called("numpy", "dtype", python2_text(b"u1"), integer(0), integer(1)) + sequence(
        integer(3), python2_text(b"|"), b"N", b"N", b"N", integer(-1), integer(-1), integer(0)) + b"b"
    state = sequence(integer(1), sequence(integer(count), integer(columns)), dtype, b"\x89",
                     b"T" + struct.pack("<I", len(data)) + data)
    return array + state + b"b"


def cifar_pickle(count=1, labels=(3,), key=b"labels", size=3072, columns=3072):
    items = python2_text(b"data") + cifar_array(count, b"\x7f" * size, columns)
    items += python2_text(key) + b"](" + b"".join(integer(label) for label in labels) + b"e"
    return pickled(b"}(" + items + b"u")


def cifar_batch_seeds():
    return {
        "ten": cifar_pickle(), "hundred": cifar_pickle(key=b"fine_labels"), "none": cifar_pickle(0, (), size=0),
        "cut": cifar_pickle()[:-500], "too_few_labels": cifar_pickle(labels=()), "negative": cifar_pickle(labels=(-1,)),
        "huge": cifar_pickle(1 << 30), "other_shape": cifar_pickle(2, (1, 2), columns=1536),
        "evil": pickled(global_name("os", "system") + sequence(text("true")) + b"R"), "empty": b"",
    }


def cifar_stream_seeds():
    record = b"\3" + b"\x7f" * 3072
    coarse = b"\1" + record
    python = tar_entry(b"x/data_batch_2", cifar_pickle()) + tar_entry(b"x/data_batch_1", cifar_pickle()) + TAR_END
    binary = tar_entry(b"x/test_batch.bin", record) + tar_entry(b"x/data_batch_1.bin", record * 2) + TAR_END
    hundred = tar_entry(b"y/train.bin", coarse) + tar_entry(b"y/test.bin", coarse) + TAR_END
    return {
        "python": packed(python), "binary": packed(binary), "hundred": packed(hundred),
        "cut": packed(tar_entry(b"x/data_batch_1.bin", record[:-1]) + TAR_END),
        "twice": packed(tar_entry(b"a/data_batch_1.bin", record) * 2 + TAR_END),
        "no_batch": packed(tar_entry(b"a.png", b"x") + TAR_END), "lmdb": lmdb_seeds()["tree"],
        "idx": idx_seeds()["packed"], "zip": zip_seeds()["valid"] if "valid" in zip_seeds() else b"PK\5\6",
        "text": b"text",
    }


def image_header_seeds():
    seeds = {"png_" + name: data for name, data in png_seeds().items()}
    seeds.update({"jpeg_" + name: data for name, data in jpeg_seeds().items()})
    seeds.update({"webp_" + name: data for name, data in webp_seeds().items()})
    return seeds


def dictionary(tokens):
    lines = []
    for token in tokens:
        escaped = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\x{b:02x}" for b in token)
        lines.append(f'"{escaped}"\n')
    return "".join(lines).encode()


def config_tokens(golden):
    """The names and words of a configuration, quoted as in JSON."""
    tokens = set()

    def visit(value):
        if isinstance(value, dict):
            for name, member in value.items():
                tokens.add(json.dumps(name).encode())
                visit(member)
        else:
            tokens.add(json.dumps(value).encode())

    visit(json.loads(golden))
    return sorted(tokens) + [b"9223372036854775808", b"-1", b"1e999", b"null"]


def dictionaries(golden):
    return {
        "safetensors": [b'"dtype":"', b'"shape":[', b'"data_offsets":[', b'"__metadata__":{', b'"sg.crc32c.header":"',
                        b'"sg.crc32c.tensors":"', b'"sg.crc32c.data.', b"F32", b"F64", b"F16", b"BF16", b"I32", b"U8",
                        b"F4", b"281474976710655", b"]}", b"},", b"\\u0000"],
        "npy": [b"\x93NUMPY", b"\1\0", b"\2\0", b"'descr': ", b"'<f4'", b"'<f8'", b"'fortran_order': ", b"False",
                b"True", b"'shape': (", b"), }", b"4611686018427387904", b'"dtype":"F32"', b'"shape":[',
                b'"data_offsets":[', b'"__metadata__":{'],
        "zip": [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08", b"\1\0\x10\0", b"\x75\x70",
                b"\xff\xff\xff\xff"],
        "tar": [b"ustar\x0000", b"\x1f\x8b\x08", b"00000000001", b"0000644", b"path=", b"size=", b"././@LongLink",
                b"data_batch_1.bin", b"test_batch"],
        "lmdb": [b"\xde\xc0\xef\xbe", b"\1\0", b"\2\0", b"\4\0", b"\x08\0", b"\0\1\0\0", b"\xff" * 8],
        "png": [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"sPLT",
                b"sBIT", b"gAMA", b"cHRM", b"hIST", b"pHYs", b"\x7f\xff\xff\xff"],
        "jpeg": [b"\xff\xd8", b"\xff\xd9", b"\xff\xc0", b"\xff\xc1", b"\xff\xc2", b"\xff\xc4", b"\xff\xc9", b"\xff\xca",
                 b"\xff\xcc", b"\xff\xda", b"\xff\xdb", b"\xff\xdd", b"\xff\xd0", b"\xff\xe0", b"\xff\xe1", b"\xff\xee",
                 b"\xff\xfe", b"Exif\0\0", b"JFIF\0", b"Adobe\0"],
        "webp": [b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"XMP ", b"ICCP",
                 b"\x9d\x01\x2a", b"\x2f", b"\xff\xff\xff\x7f"],
        "config": config_tokens(golden),
        "labels": [b'{"labels": [', b'["a", ', b'["b/c", ', b'["d\\\\e", ', b"65535", b"65536", b"null", b"1e39",
                   b"]]}"],
        "stats": [b'{"step":', b"}\n", b"18446744073709551615", b"-9223372036854775808", b"1e300", b"\r\n"],
        "training_state": [b"format=", b"stylegan2.cpp training state ", b"config=", b"-latent_average", b"steps=",
                           b"path_length.", b"rollback.count=", b"rollback.unsteady=",
                           b"adam.", b"~", b"-", b"sg.crc32c.", b"9223372036854775807"],
        "command_line": [b"--res=", b"--batch=", b"--data=", b"--gamma=", b"--lr=", b"--loss=", b"--preset=",
                         b"--desc=", b"--resume=", b"--device=cuda:", b"--threads=", b"--no-", b"--help", b"--version",
                         b"-n", b"--dry-run", b"=true", b"=false", b"1e308", b"-9223372036854775808",
                         b"--channel-base="],
        "pickle": [b"\x80\2", b"\x80\4\x95", b"}(", b"](", b"t", b"u", b"e.", b"R", b")\x81", b"Q", b"\x93", b"\x94",
                   b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n",
                   b"ctorch.storage\n_load_from_bytes\n", b"cnumpy.core.multiarray\n_reconstruct\n",
                   b"cnumpy.core.multiarray\nscalar\n", b"cnumpy\ndtype\n", b"c_codecs\nencode\n", b"latin1",
                   b"storage",
                   b"J\xff\xff\xff\x7f", b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", b"zip:"],
        "number_list": [b",", b"-", b" ", b"9223372036854775807", b"18446744073709551616", b"999999"],
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else here
    with open(os.path.join(here, "config.json"), encoding="utf-8") as f:
        golden = f.read()
    config = config_json_seeds(golden)
    targets = {
        "safetensors": safetensors_seeds(), "safetensors_header": safetensors_header_seeds(), "npy": npy_seeds(),
        "latent_file": latent_file_seeds(), "zip": zip_seeds(), "png": png_seeds(), "jpeg": jpeg_seeds(),
        "orientation": orientation_seeds(), "webp": webp_seeds(), "config_json": config, "options_file": config,
        "labels": labels_seeds(),
        "stats": stats_seeds(), "training_state": training_state_seeds(), "command_line": command_line_seeds(),
        "tar": tar_seeds(), "lmdb": lmdb_seeds(), "idx": idx_seeds(), "cifar_batch": cifar_batch_seeds(),
        "cifar_stream": cifar_stream_seeds(), "image_header": image_header_seeds(),
        "number_list": number_list_seeds(), "pickle": pickle_seeds(), "torch_file": torch_file_seeds(),
    }
    for target, seeds in targets.items():
        folder = os.path.join(root, "corpus", target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds.items():
            assert len(data) <= 4096, f"{target}/{name} is {len(data)} bytes long"
            with open(os.path.join(folder, "seed_" + name), "wb") as f:
                f.write(data)
    for name, tokens in dictionaries(golden).items():
        with open(os.path.join(root, name + ".dict"), "wb") as f:
            f.write(dictionary(tokens))


if __name__ == "__main__":
    main()
