"""The functions and structs of stylegan2.h, by ctypes."""

import ctypes
import operator
import os
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

from .errors import BY_CODE, InternalError, InvalidArgument

ABI_VERSION = 1


class LoadOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p)]


class InfoStruct(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("height", c_int64), ("width", c_int64), ("channels", c_int64),
                ("z_dim", c_int64), ("w_dim", c_int64), ("num_ws", c_int64), ("num_classes", c_int64)]


class MapOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("psi", c_double), ("cutoff", c_int64), ("class_index", c_int64)]


class NoiseOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("mode", c_int64), ("seed", c_uint64)]


NOISE_MODES = {"const": 0, "random": 1, "none": 2}
PIXEL_TYPES = {"uint8": 0, "float32": 1}

# name -> (result, arguments). Functions of type c_int32 whose last argument is an error go through `call`.
_ERROR = POINTER(c_void_p)
_SIGNATURES = {
    "sg2_abi_version": (c_int32, []),
    "sg2_version": (c_char_p, []),
    "sg2_error_message": (c_char_p, [c_void_p]),
    "sg2_error_free": (None, [c_void_p]),
    "sg2_set_threads": (c_int32, [c_int64, _ERROR]),
    "sg2_load": (c_int32, [c_char_p, POINTER(LoadOptions), POINTER(c_void_p), _ERROR]),
    "sg2_free": (None, [c_void_p]),
    "sg2_get_info": (c_int32, [c_void_p, POINTER(InfoStruct), _ERROR]),
    "sg2_notes": (c_char_p, [c_void_p]),
    "sg2_map": (c_int32, [c_void_p, c_void_p, c_size_t, c_int64, POINTER(MapOptions), c_void_p, c_size_t, _ERROR]),
    "sg2_map_seeds": (c_int32, [c_void_p, POINTER(c_uint32), c_int64, POINTER(MapOptions), c_void_p, c_size_t, _ERROR]),
    "sg2_synthesize": (c_int32, [c_void_p, c_void_p, c_size_t, c_int64, POINTER(NoiseOptions), c_int32, c_void_p,
                                 c_size_t, _ERROR]),
    "sg2_generate": (c_int32, [c_void_p, POINTER(c_uint32), c_int64, POINTER(MapOptions), POINTER(NoiseOptions),
                               c_int32, c_void_p, c_size_t, _ERROR]),
}


def _open() -> ctypes.CDLL:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"libstylegan2.so.{ABI_VERSION}")
    opened = ctypes.CDLL(path)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(opened, name)
        function.restype = result
        function.argtypes = arguments
    if opened.sg2_abi_version() != ABI_VERSION:
        raise ImportError(f"{path} has ABI version {opened.sg2_abi_version()}, must have {ABI_VERSION}")
    return opened


_library = _open()
# Bound once: the destructors of objects that live until the interpreter ends still need them.
free_model = _library.sg2_free


def call(name: str, *arguments) -> None:
    """Calls a function that returns a code, and raises its error."""
    error = c_void_p()
    code = getattr(_library, name)(*arguments, ctypes.byref(error))
    if code == 0:
        return
    message = _library.sg2_error_message(error).decode()
    _library.sg2_error_free(error)
    raise BY_CODE.get(code, InternalError)(message)


def int64(name: str, value: int) -> int:
    """The value, for a parameter of C, where ctypes would silently take it modulo 2**64."""
    value = operator.index(value)
    if not -2**63 <= value < 2**63:
        raise InvalidArgument(f"{name} is {value}, which has more than 64 bits")
    return value


def text(name: str, value: bytes) -> bytes:
    """The value, for a text of C, which ends at the first null byte."""
    if b"\0" in value:
        raise InvalidArgument(f"{name} has a null byte")
    return value


def notes_of(model: c_void_p) -> str:
    return _library.sg2_notes(model).decode()


def library_version() -> str:
    return _library.sg2_version().decode()


def set_threads(threads: int) -> None:
    """The number of threads that compute on the CPU, for the whole process; 0: as many as there are usable cores.

    Waits for the calls in progress. Results repeat bit for bit for a fixed number.
    """
    call("sg2_set_threads", int64("threads", threads))
