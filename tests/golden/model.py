"""The annotated StyleGAN2 in plain PyTorch for any float type, from which the fixtures are computed.

Modules, and with them state dicts, have the names of the annotated implementation. `MARGIN` tracks every value that
enters a function with a kink (leaky ReLU, hinge): float32 could not match a fixture with a value close to a kink.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn


class Margin:
    """Counts the values that enter functions with a kink, and keeps the smallest distance to it."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.count, self.smallest = 0, math.inf

    def see(self, x):
        self.count += x.numel()
        self.smallest = min(self.smallest, x.detach().abs().min().item())

    def is_safe(self):
        # With n values of density 0.4 at zero, about one draw in five keeps all of them this far from it.
        return self.count == 0 or self.smallest >= 2 / self.count


MARGIN = Margin()


def relu(x):
    MARGIN.see(x)
    return F.relu(x)


class LeakyReLU(nn.Module):
    def forward(self, x):
        MARGIN.see(x)
        return F.leaky_relu(x, 0.2)


class EqualizedWeight(nn.Module):
    """weight = c * raw, with raw ~ N(0,1) and c = 1 / sqrt(fan_in)."""

    def __init__(self, *shape):
        super().__init__()
        self.c = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self):
        return self.weight * self.c


class EqualizedLinear(nn.Module):
    def __init__(self, n_in, n_out, bias=0.0):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in)
        self.bias = nn.Parameter(torch.full((n_out,), float(bias)))

    def forward(self, x):
        return x @ self.weight().t() + self.bias


class EqualizedConv2d(nn.Module):
    def __init__(self, n_in, n_out, kernel_size, padding=0):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in, kernel_size, kernel_size)
        self.bias = nn.Parameter(torch.ones(n_out))
        self.padding = padding

    def forward(self, x):
        return F.conv2d(x, self.weight(), self.bias, padding=self.padding)


class Smooth(nn.Module):
    def __init__(self):
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.kernel = nn.Parameter(torch.outer(taps, taps)[None, None], requires_grad=False)

    def forward(self, x):
        n, c, h, w = x.shape
        y = F.pad(x.reshape(n * c, 1, h, w), (1, 1, 1, 1), mode='replicate')
        return F.conv2d(y, self.kernel).reshape(n, c, h, w)


class UpSample(nn.Module):
    def __init__(self):
        super().__init__()
        self.smooth = Smooth()

    def forward(self, x):
        return self.smooth(F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False))


class DownSample(nn.Module):
    def __init__(self):
        super().__init__()
        self.smooth = Smooth()

    def forward(self, x):
        size = (x.shape[2] // 2, x.shape[3] // 2)
        return F.interpolate(self.smooth(x), size, mode='bilinear', align_corners=False)


class MappingNetwork(nn.Module):
    def __init__(self, features, n_layers):
        super().__init__()
        layers = [(EqualizedLinear(features, features), LeakyReLU()) for _ in range(n_layers)]
        self.net = nn.Sequential(*[module for pair in layers for module in pair])

    def forward(self, z):
        return self.net(F.normalize(z, dim=1))


class Conv2dWeightModulate(nn.Module):
    def __init__(self, n_in, n_out, kernel_size, demodulate=True, eps=1e-8):
        super().__init__()
        self.weight = EqualizedWeight(n_out, n_in, kernel_size, kernel_size)
        self.padding, self.demodulate, self.eps = (kernel_size - 1) // 2, demodulate, eps

    def forward(self, x, s):
        # One convolution per sample with the weights of that sample: the definition, but slow.
        out = []
        for x_b, s_b in zip(x, s):
            w = self.weight() * s_b[None, :, None, None]
            if self.demodulate:
                w = w * torch.rsqrt((w ** 2).sum(dim=(1, 2, 3), keepdim=True) + self.eps)
            out.append(F.conv2d(x_b[None], w, padding=self.padding))
        return torch.cat(out)


class StyleBlock(nn.Module):
    def __init__(self, d_latent, n_in, n_out):
        super().__init__()
        self.to_style = EqualizedLinear(d_latent, n_in, bias=1.0)
        self.conv = Conv2dWeightModulate(n_in, n_out, 3)
        self.scale_noise = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.activation = LeakyReLU()

    def forward(self, x, w, noise=None):
        x = self.conv(x, self.to_style(w))
        if noise is not None:
            x = x + self.scale_noise[None, :, None, None] * noise
        return self.activation(x + self.bias[None, :, None, None])


class ToRGB(nn.Module):
    def __init__(self, d_latent, features):
        super().__init__()
        self.to_style = EqualizedLinear(d_latent, features, bias=1.0)
        self.conv = Conv2dWeightModulate(features, 3, 1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))
        self.activation = LeakyReLU()

    def forward(self, x, w):
        return self.activation(self.conv(x, self.to_style(w)) + self.bias[None, :, None, None])


class GeneratorBlock(nn.Module):
    def __init__(self, d_latent, n_in, n_out):
        super().__init__()
        self.style_block1 = StyleBlock(d_latent, n_in, n_out)
        self.style_block2 = StyleBlock(d_latent, n_out, n_out)
        self.to_rgb = ToRGB(d_latent, n_out)

    def forward(self, x, w, noise):
        x = self.style_block2(self.style_block1(x, w, noise[0]), w, noise[1])
        return x, self.to_rgb(x, w)


class Generator(nn.Module):
    def __init__(self, log_resolution, d_latent, n_features, max_features):
        super().__init__()
        f = [min(max_features, n_features * 2 ** i) for i in range(log_resolution - 2, -1, -1)]
        self.n_blocks = len(f)
        self.initial_constant = nn.Parameter(torch.zeros(1, f[0], 4, 4))
        self.style_block = StyleBlock(d_latent, f[0], f[0])
        self.to_rgb = ToRGB(d_latent, f[0])
        self.blocks = nn.ModuleList([GeneratorBlock(d_latent, i, o) for i, o in zip(f, f[1:])])
        self.up_sample = UpSample()

    def forward(self, w, noise):
        """w [n_blocks, B, d_latent]; noise[i] = (before the block's first, second activation), noise[0][0] is None."""
        x = self.style_block(self.initial_constant.expand(w.shape[1], -1, -1, -1), w[0], noise[0][1])
        rgb = self.to_rgb(x, w[0])
        for i, block in enumerate(self.blocks, 1):
            x, rgb_new = block(self.up_sample(x), w[i], noise[i])
            rgb = self.up_sample(rgb) + rgb_new
        return rgb


class MiniBatchStdDev(nn.Module):
    def __init__(self, group_size=4):
        super().__init__()
        self.group_size = group_size

    def forward(self, x):
        grouped = x.reshape(self.group_size, -1)
        std = torch.sqrt(grouped.var(dim=0, unbiased=True) + 1e-8).mean()
        return torch.cat([x, std.expand(x.shape[0], 1, *x.shape[2:])], dim=1)


class DiscriminatorBlock(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.residual = nn.Sequential(DownSample(), EqualizedConv2d(n_in, n_out, 1))
        self.block = nn.Sequential(EqualizedConv2d(n_in, n_in, 3, padding=1), LeakyReLU(),
                                   EqualizedConv2d(n_in, n_out, 3, padding=1), LeakyReLU())
        self.down_sample = DownSample()

    def forward(self, x):
        return (self.down_sample(self.block(x)) + self.residual(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    def __init__(self, log_resolution, n_features, max_features):
        super().__init__()
        f = [min(max_features, n_features * 2 ** i) for i in range(log_resolution - 1)]
        self.from_rgb = nn.Sequential(EqualizedConv2d(3, f[0], 1), LeakyReLU())
        self.blocks = nn.Sequential(*[DiscriminatorBlock(i, o) for i, o in zip(f, f[1:])])
        self.std_dev = MiniBatchStdDev()
        self.conv = EqualizedConv2d(f[-1] + 1, f[-1] + 1, 3)
        self.final = EqualizedLinear(2 * 2 * (f[-1] + 1), 1)

    def forward(self, x):
        x = self.conv(self.std_dev(self.blocks(self.from_rgb(x - 0.5))))
        return self.final(x.flatten(1))


def hinge_discriminator(real, fake):
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_generator(fake):
    return -fake.mean()


def logistic_discriminator(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def logistic_generator(fake):
    return F.softplus(-fake).mean()


def gradient_penalty(x, d):
    """The mean over samples of |d sum(D) / dx|^2. Differentiable."""
    g, = torch.autograd.grad(d.sum(), x, create_graph=True)
    return (g ** 2).sum(dim=(1, 2, 3)).mean()


def path_lengths(w, x, y, labml_axes):
    """w [n_blocks, B, d] -> lengths: [B], or with the axes of the annotated code [n_blocks]."""
    out = (x * y).sum() / math.sqrt(x.shape[2] * x.shape[3])
    g, = torch.autograd.grad(out, w, create_graph=True)
    return (g ** 2).sum(dim=2).mean(dim=1 if labml_axes else 0).sqrt()


def path_length_penalty(w, x, y, exp_sum_a, steps, beta, labml_axes):
    """Returns the penalty, the lengths and the next exp_sum_a."""
    lengths = path_lengths(w, x, y, labml_axes)
    if steps > 0:
        penalty = ((lengths - exp_sum_a / (1 - beta ** steps)) ** 2).mean()
    else:
        penalty = torch.zeros_like(lengths.sum())
    return penalty, lengths, beta * exp_sum_a + (1 - beta) * lengths.mean().detach()


def mix_styles(mapping, z1, z2, crossover, n_blocks):
    """[n_blocks, B, d]: the blocks before `crossover` take their style from z1, the others from z2."""
    w1, w2 = mapping(z1), mapping(z2)
    return torch.cat([w1[None].expand(crossover, -1, -1), w2[None].expand(n_blocks - crossover, -1, -1)])
