"""The class Generator: a trained network that makes pictures."""

import ctypes
import operator
import os
from typing import Any, Iterable, List, NamedTuple, Optional, Union

from . import _arrays, _library
from .errors import InvalidArgument


class Info(NamedTuple):
    """What a network is. Shapes of this package are made of these numbers."""

    height: int
    width: int
    channels: int  # R, G, B; gray; gray, alpha; or R, G, B, alpha
    z_dim: int
    w_dim: int
    num_ws: int  # entries of w, one for each layer or block of the network
    num_classes: int  # 0 without labels


class _Model:
    """Owns the library's model. Whoever calls with it holds it, so it is freed when the last call has returned."""

    def __init__(self, path: str, device: Optional[str]):
        self.handle = ctypes.c_void_p()
        name = None if device is None else _library.text("device", device.encode())
        options = _library.LoadOptions(ctypes.sizeof(_library.LoadOptions), name)
        _library.call("sg2_load", _library.text("path", os.fsencode(path)), ctypes.byref(options),
                      ctypes.byref(self.handle))

    def __del__(self, free=_library.free_model):
        if self.handle:
            free(self.handle)


class Generator:
    """A trained generator. Make it with Generator.load; `with` or close() frees it before the garbage collector does.

    All arrays are dense. N is the number of pictures:
        z       float32 [N, z_dim]
        w       float32 [N, num_ws, w_dim]
        pixels  uint8 or float32 [N, height, width, channels]; floats are nominally from 0 to 1, not limited
    """

    def __init__(self, model: _Model):
        self._open_model: Optional[_Model] = model
        info = _library.InfoStruct(struct_size=ctypes.sizeof(_library.InfoStruct))
        _library.call("sg2_get_info", model.handle, ctypes.byref(info))
        self._info = Info(*(getattr(info, name) for name in Info._fields))

    @classmethod
    def load(cls, path: Union[str, os.PathLike], *, device: Optional[str] = None) -> "Generator":
        """Loads the averaged generator of a checkpoint, a run's folder, a shared model, an NVIDIA .pkl and so on.

        `device` is "cpu", "cuda", "cuda:N", or "auto" (the default): a GPU if the library finds one, else the CPU.
        """
        return cls(_Model(os.fspath(path), device))

    @property
    def info(self) -> Info:
        return self._info

    @property
    def notes(self) -> List[str]:
        """Sentences about the file: what was assumed or left out."""
        return _library.notes_of(self._model.handle).splitlines()

    def map(self, z: Any = None, *, seeds: Union[int, Iterable[int], None] = None, psi: float = 1.0, cutoff: int = 0,
            class_: Optional[int] = None) -> Any:
        """z, or the latents of seeds, to w [N, num_ws, w_dim].

        The z of a seed is numpy.random.RandomState(seed).randn(1, z_dim). z may be an array or have __dlpack__. `psi`
        moves w towards its average: 1 leaves it, 0 gives the average picture. `cutoff` truncates only the first so many
        entries. `class_` is the class of a conditional network, from 0 on.
        """
        if (z is None) == (seeds is None):
            raise InvalidArgument("give either z or seeds")
        model = self._model
        options = self._map_options(psi, cutoff, class_)
        if seeds is not None:
            numbers = _seed_array(seeds)
            w = self._empty_w(len(numbers))
            _library.call("sg2_map_seeds", model.handle, numbers, len(numbers), ctypes.byref(options), w.address,
                          w.size)
            return w.array
        given = _arrays.floats(z, "z", [self._info.z_dim])
        n = given.array.shape[0]
        w = self._empty_w(n)
        _library.call("sg2_map", model.handle, given.address, given.size, n, ctypes.byref(options), w.address, w.size)
        return w.array

    def synthesize(self, w: Any, *, noise: str = "const", noise_seed: int = 0, dtype: Any = "uint8") -> Any:
        """w [N, num_ws, w_dim] to pixels.

        `noise` is "const" (the same in every picture: the network's own, if it has some), "random" or "none";
        `noise_seed` is the seed of noise that the network does not have. `dtype` is "uint8" or "float32".
        """
        model = self._model
        given = _arrays.floats(w, "w", [self._info.num_ws, self._info.w_dim])
        n = given.array.shape[0]
        name = _dtype_name(dtype)
        pixels = self._empty_pixels(n, name)
        options = _noise_options(noise, noise_seed)
        _library.call("sg2_synthesize", model.handle, given.address, given.size, n, ctypes.byref(options),
                      _library.PIXEL_TYPES[name], pixels.address, _bytes(pixels, name))
        return pixels.array

    def generate(self, seeds: Union[int, Iterable[int]], *, psi: float = 1.0, cutoff: int = 0,
                 class_: Optional[int] = None, noise: str = "const", noise_seed: int = 0, dtype: Any = "uint8") -> Any:
        """The pictures of seeds, as `generate --seeds` makes them; the parameters are those of map and synthesize."""
        model = self._model
        numbers = _seed_array(seeds)
        name = _dtype_name(dtype)
        pixels = self._empty_pixels(len(numbers), name)
        map_options = self._map_options(psi, cutoff, class_)
        noise_options = _noise_options(noise, noise_seed)
        _library.call("sg2_generate", model.handle, numbers, len(numbers), ctypes.byref(map_options),
                      ctypes.byref(noise_options), _library.PIXEL_TYPES[name], pixels.address, _bytes(pixels, name))
        return pixels.array

    def close(self) -> None:
        """Frees the network as soon as the calls in progress have returned. Later calls raise InvalidArgument."""
        self._open_model = None

    def __enter__(self) -> "Generator":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    @property
    def _model(self) -> _Model:
        model = self._open_model
        if model is None:
            raise InvalidArgument("the generator is closed")
        return model

    def _map_options(self, psi: float, cutoff: int, class_: Optional[int]) -> _library.MapOptions:
        index = -1 if class_ is None else _library.int64("class_", class_)
        return _library.MapOptions(ctypes.sizeof(_library.MapOptions), psi, _library.int64("cutoff", cutoff), index)

    def _empty_w(self, n: int) -> _arrays.Memory:
        return _arrays.empty((_count(n), self._info.num_ws, self._info.w_dim), "float32")

    def _empty_pixels(self, n: int, dtype: str) -> _arrays.Memory:
        return _arrays.empty((_count(n), self._info.height, self._info.width, self._info.channels), dtype)


def _count(n: int) -> int:
    if n < 1:
        raise InvalidArgument("there must be at least one latent or seed")
    return n


def _bytes(pixels: _arrays.Memory, dtype: str) -> int:
    return pixels.size * (4 if dtype == "float32" else 1)


def _seed_array(seeds: Union[int, Iterable[int]]) -> ctypes.Array:
    try:
        numbers = [operator.index(seeds)]
    except TypeError:  # several
        numbers = [operator.index(seed) for seed in seeds]
    for seed in numbers:
        if not 0 <= seed < 2**32:
            raise InvalidArgument(f"seed {seed} must be from 0 to {2**32 - 1}")
    return (ctypes.c_uint32 * len(numbers))(*numbers)


def _dtype_name(dtype: Any) -> str:
    """Of "uint8", numpy.uint8 and numpy.dtype("uint8") alike."""
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", getattr(dtype, "__name__", repr(dtype)))
    if name not in _library.PIXEL_TYPES:
        raise InvalidArgument(f"dtype is {name!r}, must be 'uint8' or 'float32'")
    return name


def _noise_options(noise: str, seed: int) -> _library.NoiseOptions:
    if noise not in _library.NOISE_MODES:
        raise InvalidArgument(f"noise is {noise!r}, must be one of {', '.join(map(repr, _library.NOISE_MODES))}")
    seed = operator.index(seed)
    if not 0 <= seed < 2**64:
        raise InvalidArgument(f"noise_seed {seed} must be from 0 to {2**64 - 1}")
    return _library.NoiseOptions(ctypes.sizeof(_library.NoiseOptions), _library.NOISE_MODES[noise], seed)
