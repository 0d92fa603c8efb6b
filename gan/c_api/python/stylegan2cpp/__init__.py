"""Pictures of trained StyleGAN2 generators, computed by libstylegan2, the C library of stylegan2.cpp.

    import stylegan2cpp

    with stylegan2cpp.Generator.load("network-snapshot-000080.safetensors") as generator:
        pixels = generator.generate([85, 265], psi=0.7)  # uint8 [2, height, width, channels]
        w = generator.map(seeds=range(4))                # float32 [4, num_ws, w_dim]
        floats = generator.synthesize(w, dtype="float32")

Results are NumPy arrays, which also have __dlpack__: torch.from_dlpack(pixels) shares their memory. Where NumPy is not
installed, they are memoryviews of the same shape and type.

Errors are exceptions of the class Error. Any thread may use any Generator, and several threads may use one: Python's
lock is released while the library computes. A process that has computed must not fork and compute in the child, so
multiprocessing needs the start method "spawn".
"""

from ._library import library_version, set_threads
from .errors import (BadFile, CannotRead, Error, InternalError, InvalidArgument, OutOfMemory, Unavailable, Unsupported)
from .generator import Generator, Info

__version__ = library_version()

__all__ = [
    "BadFile",
    "CannotRead",
    "Error",
    "Generator",
    "Info",
    "InternalError",
    "InvalidArgument",
    "OutOfMemory",
    "Unavailable",
    "Unsupported",
    "set_threads",
]
