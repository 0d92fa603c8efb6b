#!/usr/bin/env python3
"""Writes files of weights with the bytes that other programs' files have, for tests of gan/interop.

  tests/golden/foreign_networks.py FOLDER

Needs the standard library only: the classes here stand in for those of PyTorch, NumPy and the StyleGAN2 programs, and
Python's own pickler writes them by the others' names. Every run writes the same bytes.

The weights follow one rule. For a tensor of the name n in NVIDIA's PyTorch code, r are the normal numbers of NumPy's
RandomState(crc32(n)); biases, noise strengths and the average of w are r / 10, the biases of affine layers 1 + r / 10,
everything else is r; and the mapping network's layers are stored divided by 0.01.
"""

import argparse
import array
import collections
import io
import math
import os
import pickle
import random
import struct
import sys
import types
import zipfile
import zlib

# ---- Numbers


def numpy_random(seed):
    """NumPy's RandomState(seed) as a source of uniform doubles: the same generator in another initial state."""
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + i) & 0xffffffff)
    source = random.Random()
    source.setstate((3, tuple(state) + (624,), None))
    return source.random


def randn(seed, count):
    """RandomState(seed).randn(count): Marsaglia's polar method, of which the second number comes first."""
    uniform, values = numpy_random(seed), []
    while len(values) < count:
        x, y = 2 * uniform() - 1, 2 * uniform() - 1
        square = x * x + y * y
        if square >= 1 or square == 0:
            continue
        factor = math.sqrt(-2 * math.log(square) / square)
        values += [y * factor, x * factor]
    return values[:count]


CACHE = {}


def weight(name, shape):
    """The values of a tensor by the rule, as doubles."""
    if (name, shape) not in CACHE:
        values = randn(zlib.crc32(name.encode()), math.prod(shape))
        if name.endswith("affine.bias"):
            values = [1 + 0.1 * v for v in values]
        elif name.endswith(("bias", "noise_strength", "w_avg")):
            values = [0.1 * v for v in values]
        if name.startswith("mapping.fc"):
            values = [v / 0.01 for v in values]
        CACHE[name, shape] = array.array("f", values)
    return CACHE[name, shape]


# ---- Names of other programs


def stand_in(module, name, kind=type):
    """A class or function that pickles as `module`.`name`."""
    parts = module.split(".")
    for i in range(len(parts)):
        path = ".".join(parts[:i + 1])
        sys.modules.setdefault(path, types.ModuleType(path))
    if kind is type:
        made = type(name, (), {"__module__": module})
    elif kind is dict:
        made = type(name, (dict,), {"__module__": module})
    else:
        made = types.FunctionType((lambda *args: None).__code__, {}, name)
        made.__module__, made.__qualname__ = module, name
    setattr(sys.modules[module], name, made)
    return made


FUNCTION = "function"
REBUILD_TENSOR = stand_in("torch._utils", "_rebuild_tensor_v2", FUNCTION)
REBUILD_PARAMETER = stand_in("torch._utils", "_rebuild_parameter", FUNCTION)
LOAD_FROM_BYTES = stand_in("torch.storage", "_load_from_bytes", FUNCTION)
FLOAT_STORAGE = stand_in("torch", "FloatStorage")
RECONSTRUCT_OBJECT = stand_in("torch_utils.persistence", "_reconstruct_persistent_obj", FUNCTION)
EASY_DICT = stand_in("dnnlib.util", "EasyDict", dict)
NETWORK = stand_in("dnnlib.tflib.network", "Network")
PROGAN = stand_in("tfutil", "Network")
NDARRAY = stand_in("numpy", "ndarray")
DTYPE = stand_in("numpy", "dtype")
RECONSTRUCT_ARRAY = stand_in("numpy.core.multiarray", "_reconstruct", FUNCTION)
SCALAR = stand_in("numpy.core.multiarray", "scalar", FUNCTION)


class DType:
    def __init__(self, code):
        self.code = code

    def __reduce__(self):
        return DTYPE, (self.code, False, True), (3, "<", None, None, None, -1, -1, 0)


class Float64:
    """numpy.float64."""

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return SCALAR, (DType("f8"), struct.pack("<d", self.value))


class Array:
    """A numpy.ndarray of f4."""

    def __init__(self, shape, values, fortran=False):
        self.shape, self.fortran = tuple(shape), fortran
        if fortran:
            values = array.array("f", transposed(values, shape, tuple(reversed(range(len(shape)))))[0])
        self.data = array.array("f", values).tobytes()

    def __reduce__(self):
        return RECONSTRUCT_ARRAY, (NDARRAY, (0,), b"b"), (1, self.shape, DType("f4"), self.fortran, self.data)


class Storage:
    """Inside a pickle, a storage is a file of PyTorch's old format. Savers refer to it from outside."""

    def __init__(self, values):
        self.data = array.array("f", values).tobytes()

    def count(self):
        return len(self.data) // 4

    def __reduce__(self):
        out = io.BytesIO()
        legacy_save(self, out)
        return LOAD_FROM_BYTES, (out.getvalue(),)


def row_major(shape):
    strides = []
    for i in range(len(shape)):
        strides.append(math.prod(shape[i + 1:]))
    return tuple(strides)


class Tensor:
    def __init__(self, shape, values, strides=None):
        self.shape, self.storage = tuple(shape), Storage(values)
        self.strides = row_major(self.shape) if strides is None else strides

    def __reduce__(self):
        return REBUILD_TENSOR, (self.storage, 0, self.shape, self.strides, False, collections.OrderedDict())


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return REBUILD_PARAMETER, (self.tensor, False, collections.OrderedDict())


def transposed(values, shape, order):
    """Row-major values with their dimensions in another order, and the shape."""
    strides, new = row_major(shape), tuple(shape[i] for i in order)
    offsets = [0]
    for i in order:
        offsets = [o + k * strides[i] for o in offsets for k in range(shape[i])]
    return [values[o] for o in offsets], new


# ---- Files of PyTorch


class Saver(pickle.Pickler):
    """A pickler that leaves the storages out and lists them."""

    def __init__(self, out, old):
        super().__init__(out, 2)
        self.old, self.storages = old, []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        key = str(self.storages.index(value))
        return ("storage", FLOAT_STORAGE, key, "cpu", value.count()) + ((None,) if self.old else ())


def legacy_save(value, out):
    for start in (0x1950a86a20f9469cfc6c, 1001,
                  {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}):
        pickle.dump(start, out, 2)
    saver = Saver(out, old=True)
    saver.dump(value)
    pickle.dump([str(i) for i in range(len(saver.storages))], out, 2)
    for storage in saver.storages:
        out.write(struct.pack("<q", storage.count()) + storage.data)


def zip_save(value, out):
    data = io.BytesIO()
    saver = Saver(data, old=False)
    saver.dump(value)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        def add(name, content):
            archive.writestr(zipfile.ZipInfo("archive/" + name, (1980, 1, 1, 0, 0, 0)), content)
        add("data.pkl", data.getvalue())
        for i, storage in enumerate(saver.storages):
            add(f"data/{i}", storage.data)
        add("version", b"3\n")


# ---- NVIDIA's networks


class Spec:
    """The sizes of a network: channels from 4x4 up, and what makes it special."""

    def __init__(self, channels, width, **switches):
        self.channels, self.width = channels, width
        self.layers = switches.get("layers", 2)
        self.clamp = switches.get("clamp")
        self.labels = switches.get("labels", 0)
        self.colors = switches.get("colors", 3)
        self.architecture = switches.get("architecture", "skip")
        self.activation = switches.get("activation", "lrelu")
        self.taps = switches.get("taps", [1, 3, 3, 1])
        self.group = switches.get("group", 4)
        self.z = switches.get("z", width)
        self.d_architecture = switches.get("d_architecture", "resnet")
        self.statistics = switches.get("statistics", 1)
        self.noise = switches.get("noise", True)
        self.average_decay = switches.get("average_decay", 0.995)

    def sizes(self):
        return [4 << i for i in range(len(self.channels))]


MODULE_TEXT = "import os\nraise RuntimeError('nobody runs this text')\n" * 40


class Module:
    """An object that torch_utils.persistence has made picklable."""

    def __init__(self, class_name, attributes, parameters=None, buffers=None, children=None):
        self.class_name = class_name
        self.state = {
            "training": False, "_parameters": collections.OrderedDict(parameters or {}),
            "_buffers": collections.OrderedDict(buffers or {}), "_non_persistent_buffers_set": set(),
            "_backward_hooks": collections.OrderedDict(), "_modules": collections.OrderedDict(children or {}),
            **attributes, "_init_args": (), "_init_kwargs": EASY_DICT(a=1, b=EASY_DICT(c=None))}

    def __reduce__(self):
        meta = {"type": "class", "version": 6, "module_src": MODULE_TEXT, "class_name": self.class_name,
                "state": self.state}
        return RECONSTRUCT_OBJECT, (meta,)


def tensor(name, shape):
    return Tensor(shape, weight(name, tuple(shape)))


def parameter(name, shape):
    return Parameter(tensor(name, shape))


def filter_buffer(spec):
    total = sum(spec.taps)**2
    return Tensor((4, 4), [a * b / total for a in spec.taps for b in spec.taps])


def dense(name, fan_in, out, activation, lr_mul=1.0):
    return Module("FullyConnectedLayer",
                  {"activation": activation, "weight_gain": Float64(lr_mul / math.sqrt(fan_in)), "bias_gain": lr_mul},
                  {"weight": parameter(name + ".weight", (out, fan_in)), "bias": parameter(name + ".bias", (out,))})


def synthesis_layer(spec, name, fan_in, out, size, up):
    parameters = {"weight": parameter(name + ".weight", (out, fan_in, 3, 3))}
    buffers = {"resample_filter": filter_buffer(spec)}
    if spec.noise:
        parameters["noise_strength"] = parameter(name + ".noise_strength", ())
        buffers["noise_const"] = tensor(name + ".noise_const", (size, size))
    parameters["bias"] = parameter(name + ".bias", (out,))
    return Module("SynthesisLayer",
                  {"resolution": size, "up": up, "use_noise": spec.noise, "activation": spec.activation,
                   "conv_clamp": spec.clamp, "padding": 1, "act_gain": Float64(math.sqrt(2))},
                  parameters, buffers, {"affine": dense(name + ".affine", spec.width, fan_in, "linear")})


def to_rgb(spec, name, fan_in):
    return Module("ToRGBLayer", {"conv_clamp": spec.clamp, "weight_gain": Float64(1 / math.sqrt(fan_in))},
                  {"weight": parameter(name + ".weight", (spec.colors, fan_in, 1, 1)),
                   "bias": parameter(name + ".bias", (spec.colors,))},
                  children={"affine": dense(name + ".affine", spec.width, fan_in, "linear")})


def mapping(spec, z, width, layers, average_decay):
    """Of latents and labels. A discriminator's has z = 0, and average_decay None."""
    children = {}
    if spec.labels:
        children["embed"] = dense("mapping.embed", spec.labels, width, "linear")
    for i in range(layers):
        fan_in = width if i > 0 else z + width if spec.labels else z
        children[f"fc{i}"] = dense(f"mapping.fc{i}", fan_in, width, "lrelu", 0.01)
    return Module("MappingNetwork",
                  {"z_dim": z, "c_dim": spec.labels, "w_dim": width, "num_ws": 2 * len(spec.channels),
                   "num_layers": layers, "w_avg_beta": average_decay},
                  buffers={"w_avg": tensor("mapping.w_avg", (width,))} if average_decay is not None else {},
                  children=children)


def nvidia_generator(spec):
    blocks = {}
    for i, size in enumerate(spec.sizes()):
        name, out, children, parameters = f"synthesis.b{size}", spec.channels[i], {}, {}
        if i == 0:
            parameters["const"] = parameter(name + ".const", (out, 4, 4))
        else:
            children["conv0"] = synthesis_layer(spec, name + ".conv0", spec.channels[i - 1], out, size, 2)
        children["conv1"] = synthesis_layer(spec, name + ".conv1", out, out, size, 1)
        if spec.architecture == "skip" or size == spec.sizes()[-1]:
            children["torgb"] = to_rgb(spec, name + ".torgb", out)
        if spec.architecture == "resnet" and i > 0:
            children["skip"] = conv(spec, name + ".skip", spec.channels[i - 1], out, 1, None, "linear", bias=False)
        blocks[f"b{size}"] = Module("SynthesisBlock",
                                    {"resolution": size, "img_channels": spec.colors, "use_fp16": False,
                                     "architecture": spec.architecture, "is_last": size == spec.sizes()[-1]},
                                    parameters, {"resample_filter": filter_buffer(spec)}, children)
    resolution = spec.sizes()[-1]
    synthesis = Module("SynthesisNetwork", {"w_dim": spec.width, "img_resolution": resolution}, children=blocks)
    return Module("Generator",
                  {"z_dim": spec.z, "c_dim": spec.labels, "w_dim": spec.width, "img_resolution": resolution,
                   "img_channels": spec.colors, "num_ws": 2 * len(spec.channels)},
                  children={"synthesis": synthesis,
                            "mapping": mapping(spec, spec.z, spec.width, spec.layers, spec.average_decay)})


def conv(spec, name, fan_in, out, kernel, clamp, activation="lrelu", bias=True, frozen=False):
    shape = (out, fan_in, kernel, kernel)
    values = {"weight": parameter(name + ".weight", shape), "bias": parameter(name + ".bias", (out,)) if bias else None}
    if frozen:  # Freeze-D: buffers, here in the order of channels last
        order, strides = (0, 2, 3, 1), (kernel * kernel * fan_in, 1, kernel * fan_in, fan_in)
        values = {"weight": Tensor(shape, transposed(weight(name + ".weight", shape), shape, order)[0], strides),
                  "bias": tensor(name + ".bias", (out,)) if bias else None}
    return Module("Conv2dLayer",
                  {"activation": activation, "up": 1, "down": 1, "conv_clamp": clamp, "padding": kernel // 2,
                   "weight_gain": Float64(1 / math.sqrt(fan_in * kernel * kernel)), "act_gain": Float64(math.sqrt(2))},
                  None if frozen else values, {"resample_filter": filter_buffer(spec), **(values if frozen else {})})


def nvidia_discriminator(spec, frozen=False):
    blocks, last = {}, spec.channels[0]
    for i in range(len(spec.channels) - 1, 0, -1):
        size, fan_in, out = 4 << i, spec.channels[i], spec.channels[i - 1]
        name, children = f"b{size}", {}
        if i == len(spec.channels) - 1 or spec.d_architecture == "skip":
            children["fromrgb"] = conv(spec, name + ".fromrgb", spec.colors, fan_in, 1, spec.clamp, frozen=frozen)
        children["conv0"] = conv(spec, name + ".conv0", fan_in, fan_in, 3, spec.clamp, frozen=frozen)
        children["conv1"] = conv(spec, name + ".conv1", fan_in, out, 3, spec.clamp, frozen=frozen)
        if spec.d_architecture == "resnet":
            children["skip"] = conv(spec, name + ".skip", fan_in, out, 1, None, "linear", bias=False, frozen=frozen)
        blocks[name] = Module("DiscriminatorBlock",
                              {"in_channels": fan_in, "resolution": size, "architecture": spec.d_architecture},
                              children=children)
    children = {}
    if spec.d_architecture == "skip":
        children["fromrgb"] = conv(spec, "b4.fromrgb", spec.colors, last, 1, None)
    if spec.statistics:
        children["mbstd"] = Module("MinibatchStdLayer", {"group_size": spec.group, "num_channels": spec.statistics})
    children["conv"] = conv(spec, "b4.conv", last + spec.statistics, last, 3, spec.clamp)
    children["fc"] = dense("b4.fc", 16 * last, last, "lrelu")
    children["out"] = dense("b4.out", last, last if spec.labels else 1, "linear")
    blocks["b4"] = Module("DiscriminatorEpilogue",
                          {"in_channels": last, "resolution": 4, "architecture": spec.d_architecture},
                          children=children)
    if spec.labels:
        blocks["mapping"] = mapping(spec, 0, last, 8, None)
    return Module("Discriminator",
                  {"c_dim": spec.labels, "img_resolution": spec.sizes()[-1], "img_channels": spec.colors},
                  children=blocks)


def nvidia(spec, protocol, whole=False, frozen=False, p=None):
    parts = {"training_set_kwargs": {"path": "data.zip"}, "G": None, "D": None, "G_ema": nvidia_generator(spec),
             "augment_pipe": None}
    if whole:
        parts["G"], parts["D"] = nvidia_generator(spec), nvidia_discriminator(spec, frozen)
    if p is not None:
        buffers = {"Hz_geom": Tensor((12,), [0.5] * 12), "p": p}
        parts["augment_pipe"] = Module("AugmentPipe", {"xflip": 1.0, "rotate90": 1.0, "scale_std": 0.2}, None, buffers)
    return pickle.dumps(parts, protocol)


def stylegan3():
    synthesis = Module("SynthesisNetwork", {"w_dim": 8}, children={"input": Module("SynthesisInput", {})})
    return pickle.dumps({"G_ema": Module("Generator", {"z_dim": 8, "c_dim": 0, "w_dim": 8, "img_resolution": 8,
                                                       "img_channels": 3}, children={"synthesis": synthesis})}, 4)


# ---- NVIDIA's networks in TensorFlow


def turned(name, shape):
    """[O,I,k,k] as [k,k,I,O], rotated by 180 degrees."""
    values = weight(name, shape)
    flipped = []
    for start in range(0, len(values), shape[2] * shape[3]):
        flipped += reversed(values[start:start + shape[2] * shape[3]])
    return transposed(flipped, shape, (2, 3, 1, 0))


def tf_array(values, shape, fortran=False):
    return Array(shape, values, fortran)


def tf_conv(to, name, shape, up=False, fortran=False):
    values, new = turned(name, shape) if up else transposed(weight(name, shape), shape, (2, 3, 1, 0))
    return [(to + "/weight", tf_array(values, new, fortran))]


def tf_dense(to, name, fan_in, out, parts=("weight", "bias"), add=0.0):
    values, new = transposed(weight(name + ".weight", (out, fan_in)), (out, fan_in), (1, 0))
    bias = [v - add for v in weight(name + ".bias", (out,))]
    return [(f"{to}/{parts[0]}", tf_array(values, new)), (f"{to}/{parts[1]}", tf_array(bias, (out,)))]


def tf_modulated(spec, to, name, shape, up=False):
    return (tf_conv(to, name + ".weight", shape, up) +
            tf_dense(to, name + ".affine", spec.width, shape[1], ("mod_weight", "mod_bias"), 1.0) +
            [(to + "/bias", tf_array(weight(name + ".bias", (shape[0],)), (shape[0],)))])


def tf_style(spec, to, name, shape, up=False):
    strength = weight(name + ".noise_strength", ())
    return tf_modulated(spec, to, name, shape, up) + [(to + "/noise_strength", tf_array(strength, ()))]


def tf_network(version, name, variables, components=None, cls=NETWORK, **kwargs):
    made = cls()
    made.__dict__.update({"version": version, "name": name, "static_kwargs": kwargs, "components": components or {},
                          "build_module_src": MODULE_TEXT, "build_func_name": "G_main", "variables": variables})
    return made


def tf_generator(spec, version, extra=(), **kwargs):
    variables = []
    for i, size in enumerate(spec.sizes()):
        name, to, out = f"synthesis.b{size}", f"{size}x{size}", spec.channels[i]
        if i == 0:
            variables.append((to + "/Const/const", tf_array(weight(name + ".const", (out, 4, 4)), (1, out, 4, 4))))
            variables += tf_style(spec, to + "/Conv", name + ".conv1", (out, out, 3, 3))
        else:
            variables += tf_style(spec, to + "/Conv0_up", name + ".conv0", (out, spec.channels[i - 1], 3, 3), up=True)
            variables += tf_style(spec, to + "/Conv1", name + ".conv1", (out, out, 3, 3))
        variables += tf_modulated(spec, to + "/ToRGB", name + ".torgb", (spec.colors, out, 1, 1))
    for layer in range(2 * len(spec.channels) - 1):
        size = 4 << (layer + 1) // 2
        name = f"synthesis.b{size}.{'conv0' if layer % 2 else 'conv1'}.noise_const"
        variables.append((f"noise{layer}", tf_array(weight(name, (size, size)), (1, 1, size, size))))
    dense_layers = tf_dense("LabelEmbed", "mapping.embed", spec.labels, spec.width) if spec.labels else []
    for i in range(spec.layers):
        fan_in = 2 * spec.width if spec.labels and i == 0 else spec.width
        dense_layers += tf_dense(f"Dense{i}", f"mapping.fc{i}", fan_in, spec.width)
    own = [("lod", tf_array([0], ())), ("dlatent_avg", tf_array(weight("mapping.w_avg", (spec.width,)), (spec.width,)))]
    return tf_network(version, "G", own + list(extra),
                      {"synthesis": tf_network(version, "G_synthesis", variables),
                       "mapping": tf_network(version, "G_mapping", dense_layers)},
                      resolution=spec.sizes()[-1], num_channels=spec.colors, label_size=spec.labels, **kwargs)


def tf_layer(to, name, shape, bias=True, fortran=False):
    variables = tf_conv(to, name + ".weight", shape, fortran=fortran)
    return variables + [(to + "/bias", tf_array(weight(name + ".bias", shape[:1]), shape[:1]))] if bias else variables


def tf_discriminator(spec, version, **kwargs):
    variables, last = [], spec.channels[0]
    for i in range(len(spec.channels) - 1, 0, -1):
        size, fan_in, out = 4 << i, spec.channels[i], spec.channels[i - 1]
        to = f"{size}x{size}"
        if i == len(spec.channels) - 1:
            variables += tf_layer(to + "/FromRGB", f"b{size}.fromrgb", (fan_in, spec.colors, 1, 1))
        variables += tf_layer(to + "/Conv0", f"b{size}.conv0", (fan_in, fan_in, 3, 3), fortran=True)
        variables += tf_layer(to + "/Conv1_down", f"b{size}.conv1", (out, fan_in, 3, 3))
        variables += tf_layer(to + "/Skip", f"b{size}.skip", (out, fan_in, 1, 1), bias=False)
    variables += tf_layer("4x4/Conv", "b4.conv", (last, last + 1, 3, 3))
    variables += tf_dense("4x4/Dense0", "b4.fc", 16 * last, last)
    variables += tf_dense("Output", "b4.out", last, last if spec.labels else 1)
    if spec.labels:
        variables += tf_dense("LabelEmbed", "mapping.embed", spec.labels, last)
        for i in range(8):
            variables += tf_dense(f"Mapping{i}", f"mapping.fc{i}", last, last)
    return tf_network(version, "D", variables, resolution=spec.sizes()[-1], num_channels=spec.colors,
                      label_size=spec.labels, **kwargs)


def tensorflow(spec, version, protocol, extra=(), **kwargs):
    return pickle.dumps((tf_generator(spec, version, extra), tf_discriminator(spec, version, **kwargs),
                         tf_generator(spec, version, extra)), protocol)


# ---- rosinality's networks


def ros_modulated(spec, to, name, shape):
    return {to + ".conv.weight": Tensor((1,) + shape, weight(name + ".weight", shape)),
            to + ".conv.modulation.weight": tensor(name + ".affine.weight", (shape[1], spec.width)),
            to + ".conv.modulation.bias": tensor(name + ".affine.bias", (shape[1],))}


def ros_style(spec, to, name, shape, up=False):
    made = ros_modulated(spec, to, name, shape)
    if up:
        made[to + ".conv.blur.kernel"] = Tensor((4, 4), [4 * a * b / 64 for a in (1, 3, 3, 1) for b in (1, 3, 3, 1)])
    made[to + ".noise.weight"] = Tensor((1,), weight(name + ".noise_strength", ()))
    made[to + ".activate.bias"] = tensor(name + ".bias", shape[:1])
    return made


def ros_to_rgb(spec, to, name, fan_in):
    made = ros_modulated(spec, to, name, (spec.colors, fan_in, 1, 1))
    made[to + ".bias"] = Tensor((1, spec.colors, 1, 1), weight(name + ".bias", (spec.colors,)))
    return made


def rosinality_generator(spec):
    made = collections.OrderedDict()
    for i in range(spec.layers):
        made[f"style.{i + 1}.weight"] = tensor(f"mapping.fc{i}.weight", (spec.width, spec.width))
        made[f"style.{i + 1}.bias"] = tensor(f"mapping.fc{i}.bias", (spec.width,))
    for i, size in enumerate(spec.sizes()):
        name, out = f"synthesis.b{size}", spec.channels[i]
        if i == 0:
            made["input.input"] = Tensor((1, out, 4, 4), weight(name + ".const", (out, 4, 4)))
            made.update(ros_style(spec, "conv1", name + ".conv1", (out, out, 3, 3)))
            made.update(ros_to_rgb(spec, "to_rgb1", name + ".torgb", out))
            continue
        made.update(ros_style(spec, f"convs.{2 * i - 2}", name + ".conv0", (out, spec.channels[i - 1], 3, 3), up=True))
        made.update(ros_style(spec, f"convs.{2 * i - 1}", name + ".conv1", (out, out, 3, 3)))
        made.update(ros_to_rgb(spec, f"to_rgbs.{i - 1}", name + ".torgb", out))
        made[f"to_rgbs.{i - 1}.upsample.kernel"] = made[f"convs.{2 * i - 2}.conv.blur.kernel"]
    for layer in range(2 * len(spec.channels) - 1):
        size = 4 << (layer + 1) // 2
        name = f"synthesis.b{size}.{'conv0' if layer % 2 else 'conv1'}.noise_const"
        made[f"noises.noise_{layer}"] = Tensor((1, 1, size, size), weight(name, (size, size)))
    return made


def rosinality_discriminator(spec):
    made, last = collections.OrderedDict(), spec.channels[0]

    def layer(weight_to, bias_to, name, shape):
        made[weight_to + ".weight"] = tensor(name + ".weight", shape)
        made[bias_to + ".bias"] = tensor(name + ".bias", shape[:1])

    resolution = spec.sizes()[-1]
    layer("convs.0.0", "convs.0.1", f"b{resolution}.fromrgb", (spec.channels[-1], spec.colors, 1, 1))
    for k in range(1, len(spec.channels)):
        fan_in, out = spec.channels[-k], spec.channels[-k - 1]
        name, to = f"b{resolution >> k - 1}", f"convs.{k}"
        kernel = Tensor((4, 4), [a * b / 64 for a in (1, 3, 3, 1) for b in (1, 3, 3, 1)])
        layer(to + ".conv1.0", to + ".conv1.1", name + ".conv0", (fan_in, fan_in, 3, 3))
        made[to + ".conv2.0.kernel"] = kernel
        layer(to + ".conv2.1", to + ".conv2.2", name + ".conv1", (out, fan_in, 3, 3))
        made[to + ".skip.0.kernel"] = kernel
        made[to + ".skip.1.weight"] = tensor(name + ".skip.weight", (out, fan_in, 1, 1))
    layer("final_conv.0", "final_conv.1", "b4.conv", (last, last + 1, 3, 3))
    layer("final_linear.0", "final_linear.0", "b4.fc", (last, 16 * last))
    layer("final_linear.1", "final_linear.1", "b4.out", (1, last))
    return made


def saved(value, save=zip_save):
    out = io.BytesIO()
    save(value, out)
    return out.getvalue()


def rosinality(spec):
    generator = rosinality_generator(spec)
    average = tensor("mapping.w_avg", (spec.width,))
    layers = 2 * len(spec.channels)
    rows = Tensor((layers, spec.width), weight("mapping.w_avg", (spec.width,)) * layers)
    decoder = collections.OrderedDict((f"decoder.{name}", value) for name, value in generator.items())
    decoder["encoder.input_layer.0.weight"] = Tensor((1,), [1])
    wavelets = collections.OrderedDict(generator)
    wavelets["iwt.ll"] = Tensor((2, 2), [0.5] * 4)
    options = argparse.Namespace(size=spec.sizes()[-1], path="data")
    training = {"g": generator, "d": rosinality_discriminator(spec), "g_ema": generator, "g_optim": {"state": {}},
                "args": options, "ada_aug_p": 0.5}
    converted = {"g_ema": generator, "latent_avg": average}
    return {"rosinality_training.pt": saved(training), "rosinality_converted.pt": saved(converted),
            "rosinality_old.pt": saved(converted, legacy_save),
            "encoder.pt": saved({"state_dict": decoder, "latent_avg": rows, "opts": options}),
            "swagan.pt": saved({"g_ema": wavelets})}


# ---- The annotated implementation, and a network that is recognized only


def annotated():
    spec, made = Spec([8, 4], 8), {"mapping_network": {}, "generator": {}, "discriminator": {}}

    def put(network, name, *shape):
        made[network][name] = tensor(f"annotated.{network}.{name}", shape)

    def put_layer(network, name, *shape):
        put(network, name + ".weight.weight", *shape)
        put(network, name + ".bias", shape[0])

    def put_modulated(name, *shape):
        put_layer("generator", name + ".to_style", shape[1], spec.width)
        put("generator", name + ".conv.weight.weight", *shape)
        put("generator", name + ".bias", shape[0])
        if shape[2] == 3:
            put("generator", name + ".scale_noise", 1)

    for i in range(3):
        put_layer("mapping_network", f"net.{2 * i}", spec.width, spec.width)
    put("generator", "initial_constant", 1, 8, 4, 4)
    put_modulated("style_block", 8, 8, 3, 3)
    put_modulated("to_rgb", 3, 8, 1, 1)
    put_modulated("blocks.0.style_block1", 4, 8, 3, 3)
    put_modulated("blocks.0.style_block2", 4, 4, 3, 3)
    put_modulated("blocks.0.to_rgb", 3, 4, 1, 1)
    blur = Tensor((1, 1, 3, 3), [a * b / 16 for a in (1, 2, 1) for b in (1, 2, 1)])
    made["generator"]["up_sample.smooth.kernel"] = blur
    put_layer("discriminator", "from_rgb.0", 6, 3, 1, 1)
    put_layer("discriminator", "blocks.0.residual.1", 8, 6, 1, 1)
    put_layer("discriminator", "blocks.0.block.0", 6, 6, 3, 3)
    put_layer("discriminator", "blocks.0.block.2", 8, 6, 3, 3)
    made["discriminator"]["blocks.0.down_sample.smooth.kernel"] = blur
    put_layer("discriminator", "conv", 9, 9, 3, 3)
    put_layer("discriminator", "final", 1, 36)
    return saved({key: collections.OrderedDict(value) for key, value in made.items()})


def lucidrains():
    return saved({"GAN": collections.OrderedDict({"S.net.0.weight": Tensor((2, 2), [1, 2, 3, 4])}), "version": "1.9.0"})


def files():
    vectors = Spec([64, 64, 64, 32], 64)  # 32x32, for comparison with published numbers
    small = {"channels": [8, 4], "width": 8}
    made = {f"nvidia_{protocol}.pkl": nvidia(vectors, protocol) for protocol in (2, 3, 4, 5)}
    made["nvidia_whole.pkl"] = nvidia(vectors, 4, whole=True)
    made["nvidia_augmented.pkl"] = nvidia(vectors, 4, whole=True, p=Tensor((), [0.3125]))
    for name, p in (("nan", Tensor((), [math.nan])), ("negative", Tensor((), [-0.5])),
                    ("many", Tensor((2,), [0.5, 0.5])), ("text", "0.5")):
        made[f"nvidia_p_{name}.pkl"] = nvidia(vectors, 4, p=p)
    made["nvidia_frozen.pkl"] = nvidia(vectors, 3, whole=True, frozen=True)
    for name, switches in {"clamp": {"clamp": 256}, "labels": {"labels": 10}, "gray": {"colors": 1},
                           "gray_alpha": {"colors": 2}, "rgba": {"colors": 4},
                           "resnet": {"architecture": "resnet"}, "latents": {"z": 6, "average_decay": 0.998},
                           "statistics": {"statistics": 2}, "relu": {"activation": "relu"},
                           "filter": {"taps": [1, 2, 2, 1]}, "batch_stddev": {"group": None},
                           "other_group": {"group": 1}}.items():
        whole = name in ("batch_stddev", "other_group", "statistics")
        made[f"nvidia_{name}.pkl"] = nvidia(Spec(**small, **switches), 4, whole)
    sizes = {"channels": vectors.channels, "width": vectors.width}
    conditional = Spec(**sizes, labels=10)
    made["nvidia_conditional.pkl"] = nvidia(conditional, 4, whole=True)
    made["nvidia_noiseless.pkl"] = nvidia(Spec(**sizes, noise=False), 4)
    for architecture in ("skip", "resnet", "orig"):
        clamped = Spec(**sizes, colors=1, clamp=1.5, group=None, architecture=architecture,
                       d_architecture=architecture)
        made[f"nvidia_{architecture}_1.5.pkl"] = nvidia(clamped, 4, whole=True)
    made["stylegan3.pkl"] = stylegan3()
    made["tensorflow_4.pkl"] = tensorflow(vectors, 4, 4)
    made["tensorflow_conditional.pkl"] = tensorflow(conditional, 5, 4, mbstd_group_size=4, mapping_lrmul=0.01)
    made["tensorflow_5.pkl"] = tensorflow(vectors, 5, 2, mbstd_group_size=4)
    tiny = Spec(**small)
    made["tensorflow_batch_stddev.pkl"] = tensorflow(tiny, 5, 4)
    made["tensorflow_label_mapping.pkl"] = tensorflow(Spec(**small, labels=10), 5, 4)
    made["tensorflow_growing.pkl"] = tensorflow(tiny, 4, 4, [("ToRGB_lod0/weight", tf_array([1], (1,)))])
    made["tensorflow_labels.pkl"] = tensorflow(tiny, 4, 4, [("LabelConcat/weight", tf_array([1], (1, 1)))])
    made["stylegan1.pkl"] = tensorflow(tiny, 3, 4)
    old = tf_network(2, "G", [], cls=PROGAN)
    made["progan.pkl"] = pickle.dumps((old, old, old), 2)
    made.update(rosinality(vectors))
    made["rosinality_small.pt"] = saved({"g_ema": rosinality_generator(tiny),
                                         "latent_avg": tensor("mapping.w_avg", (tiny.width,))}, legacy_save)
    mapless = {name: value for name, value in rosinality_generator(tiny).items() if not name.startswith("noises.")}
    made["rosinality_mapless.pt"] = saved({"g_ema": mapless})
    made["annotated.pt"], made["lucidrains.pt"] = annotated(), lucidrains()
    return made


def main():
    folder = sys.argv[1]
    for name, data in files().items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
