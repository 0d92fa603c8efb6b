"""Arrays in and out: NumPy's where it is installed, else buffers and memoryviews."""

import ctypes
from typing import Any, NamedTuple, Sequence, Tuple

from .errors import InvalidArgument

try:
    import numpy
except ImportError:
    numpy = None

# By the names of types that the package uses: NumPy's and the buffer protocol's are the same but for the format.
_FORMATS = {"uint8": ("B", 1), "float32": ("f", 4)}


class Memory(NamedTuple):
    """An array that C reads or writes."""

    array: Any  # what the user sees
    address: ctypes.c_void_p
    size: int  # elements
    owner: Any  # keeps the address valid


def empty(shape: Tuple[int, ...], dtype: str) -> Memory:
    size = 1
    for n in shape:
        size *= n
    if numpy is not None:
        array = numpy.empty(shape, dtype)
        return Memory(array, ctypes.c_void_p(array.ctypes.data), size, array)
    code, item_size = _FORMATS[dtype]
    owner = bytearray(size * item_size)
    array = memoryview(owner).cast(code, shape)
    return Memory(array, ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(owner))), size, owner)


def floats(values: Any, name: str, dims: Sequence[int]) -> Memory:
    """The array `values` of shape [N, dims...], as contiguous float32."""
    array = _numpy_floats(values) if numpy is not None else _buffer_floats(values, name)
    if len(array.shape) != 1 + len(dims) or tuple(array.shape[1:]) != tuple(dims):
        wanted = ", ".join(["N", *map(str, dims)])
        raise InvalidArgument(f"{name} has the shape {list(array.shape)}, must be [{wanted}]")
    if numpy is not None:
        return Memory(array, ctypes.c_void_p(array.ctypes.data), array.size, array)
    owner = bytearray(array)  # a copy, since ctypes gives no address of read-only memory
    # Without an element there is no address; the library then says that there must be one.
    address = ctypes.addressof(ctypes.c_char.from_buffer(owner)) if owner else 0
    return Memory(array, ctypes.c_void_p(address), len(owner) // 4, owner)


def _numpy_floats(values: Any) -> Any:
    if not isinstance(values, numpy.ndarray) and hasattr(values, "__dlpack__"):
        values = numpy.from_dlpack(values)
    return numpy.ascontiguousarray(values, dtype=numpy.float32)


def _buffer_floats(values: Any, name: str) -> memoryview:
    try:
        view = memoryview(values)
    except TypeError as error:
        raise InvalidArgument(f"{name}: without NumPy it must be a buffer, such as a memoryview") from error
    if view.format != "f":
        raise InvalidArgument(f"{name} has elements of the format {view.format!r}, must have 'f' (float32)")
    return view
