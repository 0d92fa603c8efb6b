"""The annotated StyleGAN2 in PyTorch: the networks of the preset "annotated" (gan/config.h).

The mapping network and the generator have the parameter names of this project's checkpoints. Modules are created with
uninitialized weights, which `initialize` draws.

Two forms of the same mathematics:
  PLAIN   as the annotated implementation is written: the blur treats every channel as a separate image, and a grouped
          convolution has weights computed per image.
  STRONG  as an expert would write it: the blur is a depthwise convolution, and modulation is one convolution with
          shared weights between two scalings. (The training step differs too: see pytorch_training.py.)
"""

import math
from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn.functional as F
from torch import nn

LATENT_DIM = 512
MAPPING_LAYERS = 8
G_FEATURES = 32
D_FEATURES = 64
MAX_FEATURES = 512
MBSTD_GROUP = 4
EPSILON = 1e-8  # in the demodulation and in the minibatch standard deviation

_TAPS = torch.tensor([1.0, 2.0, 1.0]) / 4
_KERNEL = torch.outer(_TAPS, _TAPS)[None, None]


def blur_images(x):
    n, c, h, w = x.shape
    padded = F.pad(x.reshape(n * c, 1, h, w), (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, _KERNEL.to(padded.dtype)).view(n, c, h, w)


def blur_depthwise(x):
    c = x.shape[1]
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, _KERNEL.to(padded.dtype).expand(c, 1, 3, 3), groups=c)


def modulated_conv2d_grouped(x, weight, style, demodulate):
    """x [N,I,H,W], weight [O,I,k,k], style [N,I] -> [N,O,H,W]."""
    n, c, h, w = x.shape
    out, _, kernel, _ = weight.shape
    weights = weight[None] * style[:, None, :, None, None]
    if demodulate:
        weights = weights * torch.rsqrt(weights.square().sum(dim=(2, 3, 4), keepdim=True) + EPSILON)
    y = F.conv2d(x.reshape(1, n * c, h, w), weights.reshape(n * out, c, kernel, kernel), padding=kernel // 2, groups=n)
    return y.view(n, out, h, w)


def modulated_conv2d_scaled(x, weight, style, demodulate):
    """The same map, computed by scaling the input by the style and the output by the demodulation."""
    y = F.conv2d(x * style[:, :, None, None], weight, padding=weight.shape[2] // 2)
    if not demodulate:
        return y
    variance = style.square() @ weight.square().sum(dim=(2, 3)).t()
    return y * torch.rsqrt(variance + EPSILON)[:, :, None, None]


@dataclass(frozen=True)
class Form:
    """The way to express the same mathematics in PyTorch's operations."""

    blur: Callable
    modulated_conv2d: Callable
    lean_steps: bool  # the step of D records no graph of G, the step of G computes no gradients of D

    def up(self, x):
        return self.blur(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))

    def down(self, x):
        half = (x.shape[2] // 2, x.shape[3] // 2)
        return F.interpolate(self.blur(x), half, mode="bilinear", align_corners=False)


PLAIN = Form(blur_images, modulated_conv2d_grouped, lean_steps=False)
STRONG = Form(blur_depthwise, modulated_conv2d_scaled, lean_steps=True)


def activation(x):
    return F.leaky_relu(x, 0.2)


class EqualizedWeight(nn.Module):
    """A weight drawn from N(0,1) and multiplied by 1 / sqrt(fan_in) when used."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.gain = 1 / math.sqrt(math.prod(shape[1:]))

    def forward(self):
        return self.weight * self.gain


class EqualizedLinear(nn.Module):
    def __init__(self, n_in, n_out, bias=0.0):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in)
        self.bias = nn.Parameter(torch.full((n_out,), bias))

    def forward(self, x):
        return F.linear(x, self.weight(), self.bias)


class EqualizedConv2d(nn.Module):
    def __init__(self, n_in, n_out, kernel, padding=0):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in, kernel, kernel)
        self.bias = nn.Parameter(torch.ones(n_out))
        self.padding = padding

    def forward(self, x):
        return F.conv2d(x, self.weight(), self.bias, padding=self.padding)


class LeakyReLU(nn.Module):
    def forward(self, x):
        return activation(x)


class MappingNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for _ in range(MAPPING_LAYERS):
            layers += [EqualizedLinear(LATENT_DIM, LATENT_DIM), LeakyReLU()]
        self.net = nn.Sequential(*layers)

    def forward(self, z):
        return self.net(F.normalize(z, dim=1))


class ModulatedConv2d(nn.Module):
    def __init__(self, form, n_in, n_out, kernel, demodulate):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in, kernel, kernel)
        self.form, self.demodulate = form, demodulate

    def forward(self, x, style):
        return self.form.modulated_conv2d(x, self.weight(), style, self.demodulate)


class StyleBlock(nn.Module):
    def __init__(self, form, n_in, n_out):
        super().__init__()
        self.to_style = EqualizedLinear(LATENT_DIM, n_in, bias=1.0)
        self.conv = ModulatedConv2d(form, n_in, n_out, kernel=3, demodulate=True)
        self.scale_noise = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x, w, noise):
        x = self.conv(x, self.to_style(w))
        if noise is not None:
            x = x + self.scale_noise * noise
        return activation(x + self.bias[None, :, None, None])


class ToRgb(nn.Module):
    def __init__(self, form, n_in):
        super().__init__()
        self.to_style = EqualizedLinear(LATENT_DIM, n_in, bias=1.0)
        self.conv = ModulatedConv2d(form, n_in, 3, kernel=1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x, w):
        return activation(self.conv(x, self.to_style(w)) + self.bias[None, :, None, None])


class GeneratorBlock(nn.Module):
    def __init__(self, form, n_in, n_out):
        super().__init__()
        self.style_block1 = StyleBlock(form, n_in, n_out)
        self.style_block2 = StyleBlock(form, n_out, n_out)
        self.to_rgb = ToRgb(form, n_out)

    def forward(self, x, w, noise):
        x = self.style_block2(self.style_block1(x, w, noise[0]), w, noise[1])
        return x, self.to_rgb(x, w)


class Generator(nn.Module):
    def __init__(self, form, resolution):
        super().__init__()
        self.num_blocks = int(math.log2(resolution)) - 1  # 4x4, 8x8, ..., resolution
        f = [min(MAX_FEATURES, G_FEATURES << i) for i in reversed(range(self.num_blocks))]
        self.form = form
        self.initial_constant = nn.Parameter(torch.empty(1, f[0], 4, 4))
        self.style_block = StyleBlock(form, f[0], f[0])
        self.to_rgb = ToRgb(form, f[0])
        self.blocks = nn.ModuleList([GeneratorBlock(form, n_in, n_out) for n_in, n_out in zip(f, f[1:])])

    def forward(self, w, noise):
        """w [num_blocks,N,d], noise a pair per block (the first uses its second only) -> images [N,3,R,R]."""
        x = self.style_block(self.initial_constant.expand(w.shape[1], -1, -1, -1), w[0], noise[0][1])
        rgb = self.to_rgb(x, w[0])
        for i, block in enumerate(self.blocks, 1):
            x, more = block(self.form.up(x), w[i], noise[i])
            rgb = self.form.up(rgb) + more
        return rgb

    def random_noise(self, batch):
        def draw(i):
            return torch.randn(batch, 1, 4 << i, 4 << i)

        return [(draw(i) if i > 0 else None, draw(i)) for i in range(self.num_blocks)]

    def no_noise(self):
        return [(None, None)] * self.num_blocks


class DiscriminatorBlock(nn.Module):
    def __init__(self, form, n_in, n_out):
        super().__init__()
        self.form = form
        self.residual = EqualizedConv2d(n_in, n_out, kernel=1)
        self.conv0 = EqualizedConv2d(n_in, n_in, kernel=3, padding=1)
        self.conv1 = EqualizedConv2d(n_in, n_out, kernel=3, padding=1)

    def forward(self, x):
        y = activation(self.conv1(activation(self.conv0(x))))
        return (self.form.down(y) + self.residual(self.form.down(x))) * math.sqrt(0.5)


class Discriminator(nn.Module):
    def __init__(self, form, resolution):
        super().__init__()
        f = [min(MAX_FEATURES, D_FEATURES << i) for i in range(int(math.log2(resolution)) - 1)]
        self.from_rgb = EqualizedConv2d(3, f[0], kernel=1)
        self.blocks = nn.Sequential(*[DiscriminatorBlock(form, n_in, n_out) for n_in, n_out in zip(f, f[1:])])
        self.conv = EqualizedConv2d(f[-1] + 1, f[-1] + 1, kernel=3)
        self.final = EqualizedLinear(2 * 2 * (f[-1] + 1), 1)

    def forward(self, images):
        x = self.blocks(activation(self.from_rgb(images - 0.5)))
        deviation = torch.sqrt(x.reshape(MBSTD_GROUP, -1).var(dim=0) + EPSILON).mean()
        x = torch.cat([x, deviation.expand(x.shape[0], 1, *x.shape[2:])], dim=1)
        return self.final(self.conv(x).flatten(1))


def initialize(*networks):
    """Draws the weights that start as N(0,1). Biases already have their values."""
    with torch.no_grad():
        for network in networks:
            for module in network.modules():
                if isinstance(module, EqualizedWeight):
                    module.weight.normal_()
                elif isinstance(module, Generator):
                    module.initial_constant.normal_()
