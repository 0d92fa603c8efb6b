"""official.safetensors: NVIDIA's StyleGAN2 from its published formulas, module by module and phase by phase.

Names, and all parts not defined here, are those of model.py, so one C++ model reads both.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

import model as m
from module_cases import Case, noise_inputs, noise_maps

FIR = (1.0, 3.0, 3.0, 1.0)
CONFIG = dict(resolution=16, latent_dim=12, mapping_layers=3, channel_base=48, max_features=512, mbstd_group=4, batch=8,
              loss='logistic', gamma=1.0, r1_interval=16, pl_weight=2.0, pl_interval=4, pl_batch=4, pl_decay=0.99)
BLOCKS = int(math.log2(CONFIG['resolution'])) - 1
LATENTS = 2 * BLOCKS


def fir(x, gain, before, after, stride=1):
    """Pads with zeros, filters every channel with the outer product of FIR, keeps every `stride`th sample."""
    taps = torch.tensor(FIR, dtype=x.dtype)
    kernel = torch.outer(taps, taps) * (gain / taps.sum() ** 2)
    n, c, h, w = x.shape
    y = F.pad(x.reshape(n * c, 1, h, w), (before, after, before, after))
    y = F.conv2d(y, kernel[None, None], stride=stride)  # symmetric, hence also a convolution
    return y.reshape(n, c, *y.shape[2:])


def up_sample(x):
    n, c, h, w = x.shape
    spread = torch.zeros(n, c, h, 2, w, 2, dtype=x.dtype)
    spread[:, :, :, 0, :, 0] = x
    return fir(spread.reshape(n, c, 2 * h, 2 * w), 4, 2, 1)


def down_sample(x):
    return fir(x, 1, 1, 1, stride=2)


def activate(x):
    m.MARGIN.see(x)
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


class Activation(nn.Module):
    def forward(self, x):
        return activate(x)


class MappingNetwork(m.MappingNetwork):
    def forward(self, z):
        w = z * torch.rsqrt((z ** 2).mean(dim=1, keepdim=True) + 1e-8)
        for layer in list(self.net)[::2]:
            w = activate(layer(w))
        return w


class EqualizedConv2d(nn.Module):
    def __init__(self, n_in, n_out, kernel_size, padding=0, stride=1, bias=True):
        super().__init__()
        self.weight = m.EqualizedWeight(n_out, n_in, kernel_size, kernel_size)
        self.bias = nn.Parameter(torch.zeros(n_out)) if bias else None
        self.padding, self.stride = padding, stride

    def forward(self, x):
        return F.conv2d(x, self.weight(), self.bias, padding=self.padding, stride=self.stride)


class TransposedWeight(m.EqualizedWeight):
    """A weight [in,out,k,k] with fan-in in * k * k."""

    def __init__(self, n_in, n_out, kernel_size):
        super().__init__(n_in, n_out, kernel_size, kernel_size)
        self.c = 1 / math.sqrt(n_in * kernel_size ** 2)


class UpConv2dWeightModulate(nn.Module):
    """A transposed convolution of stride 2 with the weights of each sample, followed by the filter."""

    def __init__(self, n_in, n_out, eps=1e-8):
        super().__init__()
        self.weight = TransposedWeight(n_in, n_out, 3)
        self.eps = eps

    def forward(self, x, s):
        out = []
        for x_b, s_b in zip(x, s):
            w = self.weight() * s_b[:, None, None, None]
            w = w * torch.rsqrt((w ** 2).sum(dim=(0, 2, 3), keepdim=True) + self.eps)
            out.append(F.conv_transpose2d(x_b[None], w, stride=2))
        return fir(torch.cat(out), 4, 1, 1)


class StyleBlock(m.StyleBlock):
    def __init__(self, d_latent, n_in, n_out, up=False):
        super().__init__(d_latent, n_in, n_out)
        if up:
            self.conv = UpConv2dWeightModulate(n_in, n_out)
        self.activation = Activation()


class ToRGB(m.ToRGB):
    def forward(self, x, w):
        return self.conv(x, self.to_style(w)) + self.bias[None, :, None, None]


class GeneratorBlock(nn.Module):
    def __init__(self, d_latent, n_in, n_out):
        super().__init__()
        self.style_block1 = StyleBlock(d_latent, n_in, n_out, up=True)
        self.style_block2 = StyleBlock(d_latent, n_out, n_out)
        self.to_rgb = ToRGB(d_latent, n_out)

    def forward(self, x, w, noise):
        x = self.style_block2(self.style_block1(x, w[0], noise[0]), w[1], noise[1])
        return x, self.to_rgb(x, w[2])


def features():
    """The numbers of channels from 4x4 to full resolution."""
    return [min(CONFIG['max_features'], CONFIG['channel_base'] // (4 << i)) for i in range(BLOCKS)]


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        f, d = features(), CONFIG['latent_dim']
        self.initial_constant = nn.Parameter(torch.zeros(1, f[0], 4, 4))
        self.style_block = StyleBlock(d, f[0], f[0])
        self.to_rgb = ToRGB(d, f[0])
        self.blocks = nn.ModuleList([GeneratorBlock(d, i, o) for i, o in zip(f, f[1:])])

    def forward(self, w, noise):
        """w [LATENTS, B, d]: 0 and 1 at 4x4; a block's image shares its latent with the next block's first layer."""
        x = self.style_block(self.initial_constant.expand(w.shape[1], -1, -1, -1), w[0], noise[0][1])
        rgb = self.to_rgb(x, w[1])
        for i, block in enumerate(self.blocks, 1):
            x, rgb_new = block(x, w[2 * i - 1:2 * i + 2], noise[i])
            rgb = up_sample(rgb) + rgb_new
        return rgb


def minibatch_std_dev(x, group):
    """Images n, n + B / group, ... form a group, which gets one number: the mean deviation within it."""
    n, c, h, w = x.shape
    deviation = torch.sqrt(x.reshape(group, n // group, c, h, w).var(dim=0, unbiased=False) + 1e-8)
    channel = deviation.mean(dim=(1, 2, 3)).repeat(group)[:, None, None, None].expand(n, 1, h, w)
    return torch.cat([x, channel], dim=1)


class DiscriminatorBlock(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        # The empty entries keep the names of the annotated model.
        self.residual = nn.Sequential(nn.Identity(), EqualizedConv2d(n_in, n_out, 1, bias=False))
        self.block = nn.Sequential(EqualizedConv2d(n_in, n_in, 3, padding=1), nn.Identity(),
                                   EqualizedConv2d(n_in, n_out, 3, stride=2))

    def forward(self, x):
        y = activate(self.block[2](fir(activate(self.block[0](x)), 1, 2, 2)))
        return (y + self.residual(down_sample(x))) / math.sqrt(2)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        f = features()[::-1]
        self.from_rgb = nn.Sequential(EqualizedConv2d(3, f[0], 1))
        self.blocks = nn.Sequential(*[DiscriminatorBlock(i, o) for i, o in zip(f, f[1:])])
        self.conv = EqualizedConv2d(f[-1] + 1, f[-1], 3, padding=1)
        self.fc = m.EqualizedLinear(16 * f[-1], f[-1])
        self.final = m.EqualizedLinear(f[-1], 1)

    def forward(self, x):
        x = self.blocks(activate(self.from_rgb(x)))
        x = activate(self.conv(minibatch_std_dev(x, CONFIG['mbstd_group'])))
        return self.final(activate(self.fc(x.flatten(1))))


def path_length_penalty(w, x, y, pl_mean):
    """Returns the penalty and the next mean, which includes this batch. The gradient flows through the mean."""
    lengths = m.path_lengths(w, x, y, labml_axes=False)
    mean = pl_mean + (1 - CONFIG['pl_decay']) * (lengths.mean() - pl_mean)
    return ((lengths - mean) ** 2).mean(), mean


def signed_images(r, n):
    return 2 * r.uniform(n, 3, CONFIG['resolution'], CONFIG['resolution']) - 1


def generator_block(r):
    def evaluate(net, i):
        x, rgb = net(i['x'], [i['w.0'], i['w.1'], i['w.2']], [i['noise.0'], i['noise.1']])
        return {'': torch.cat([x, rgb], dim=1), 'x': x, 'rgb': rgb}
    inputs = {'x': r.normal(2, 6, 4, 4), 'noise.0': r.normal(2, 1, 8, 8), 'noise.1': r.normal(2, 1, 8, 8)}
    inputs.update({'w.%d' % i: r.normal(2, CONFIG['latent_dim']) for i in range(3)})
    return Case(GeneratorBlock(CONFIG['latent_dim'], 6, 5), inputs, evaluate)


def generator(r):
    inputs = dict({'w': r.normal(LATENTS, 2, CONFIG['latent_dim'])}, **noise_inputs(r.noise(BLOCKS, 2)))
    return Case(Generator(), inputs, lambda net, i: {'': net(i['w'], noise_maps(i, BLOCKS))})


def path_length(r):
    inputs = {'w': r.normal(LATENTS, 2, CONFIG['latent_dim']), 'y': r.normal(2, 3, 16, 16),
              'pl_mean': torch.tensor(0.125).double()}
    inputs.update(noise_inputs(r.noise(BLOCKS, 2)))

    def evaluate(net, i):
        penalty, mean = path_length_penalty(i['w'], net(i['w'], noise_maps(i, BLOCKS)), i['y'], i['pl_mean'])
        return {'': penalty, 'pl_mean': mean}
    return Case(Generator(), inputs, evaluate, no_grad=('y', 'pl_mean'))


def style_block(r):
    inputs = {'x': r.normal(2, 6, 3, 5), 'w': r.normal(2, CONFIG['latent_dim']), 'noise': r.normal(2, 1, 6, 10)}
    return Case(StyleBlock(CONFIG['latent_dim'], 6, 5, up=True), inputs)


CASES = {
    'mapping_network': lambda r: Case(MappingNetwork(CONFIG['latent_dim'], CONFIG['mapping_layers']),
                                      {'z': r.normal(4, CONFIG['latent_dim'])}),
    'up_conv2d_weight_modulate': lambda r: Case(UpConv2dWeightModulate(5, 6), {'x': r.normal(3, 5, 4, 3),
                                                                             's': 1 + r.normal(3, 5)}),
    'style_block_up': style_block,
    'to_rgb': lambda r: Case(ToRGB(CONFIG['latent_dim'], 6), {'x': r.normal(3, 6, 6, 7),
                                                              'w': r.normal(3, CONFIG['latent_dim'])}),
    'generator_block': generator_block,
    'generator': generator,
    'discriminator_block': lambda r: Case(DiscriminatorBlock(5, 6), {'x': r.normal(2, 5, 8, 8)}),
    'discriminator': lambda r: Case(Discriminator(), {'x': signed_images(r, CONFIG['batch'])}),
    'r1_penalty': lambda r: Case(Discriminator(), {'x': signed_images(r, CONFIG['batch'])},
                                 lambda net, i: {'': m.gradient_penalty(i['x'], net(i['x']))}),
    'path_length_penalty': path_length,
}


class Nets(nn.Module):
    def __init__(self):
        super().__init__()
        self.mapping = MappingNetwork(CONFIG['latent_dim'], CONFIG['mapping_layers'])
        self.generator = Generator()
        self.discriminator = Discriminator()


CROSSOVER = 3  # not between a block's image and the next block's first layer


def latents(r, batch):
    d = CONFIG['latent_dim']
    return dict({'z1': r.normal(batch, d), 'z2': r.normal(batch, d)}, **noise_inputs(r.noise(BLOCKS, batch)))


def synthesize(nets, i):
    w = m.mix_styles(nets.mapping, i['z1'], i['z2'], CROSSOVER, LATENTS)
    return nets.generator(w, noise_maps(i, BLOCKS)), w


def phase_loss(case, nets, i):
    """The loss that each of the four updates differentiates, and its terms."""
    if case == 'd_main':
        with torch.no_grad():
            fake = synthesize(nets, i)[0]
        scores, fake_scores = nets.discriminator(i['real']), nets.discriminator(fake)
        return m.logistic_discriminator(scores, fake_scores), dict(scores_real=scores, scores_fake=fake_scores)
    if case == 'd_r1':
        real = i['real'].detach().clone().requires_grad_()
        penalty = m.gradient_penalty(real, nets.discriminator(real))
        return 0.5 * CONFIG['gamma'] * CONFIG['r1_interval'] * penalty, dict(penalty=penalty)
    x, w = synthesize(nets, i)
    if case == 'g_main':
        scores = nets.discriminator(x)
        return m.logistic_generator(scores), dict(scores_fake=scores)
    penalty, mean = path_length_penalty(w, x, i['y'], i['pl_mean'])
    return CONFIG['pl_weight'] * CONFIG['pl_interval'] * penalty, dict(penalty=penalty, pl_mean=mean)


def phases(r, dtype):
    nets = Nets()
    r.parameters(nets)
    batch, pl_batch = CONFIG['batch'], CONFIG['pl_batch']
    inputs = {'d_main': dict(latents(r, batch), real=signed_images(r, batch)),
              'd_r1': dict(real=signed_images(r, batch)), 'g_main': latents(r, batch),
              'g_pl': dict(latents(r, pl_batch), y=r.normal(pl_batch, 3, 16, 16), pl_mean=torch.tensor(0.125).double())}
    nets = nets.to(dtype)
    tensors = {'param/' + k: v.clone() for k, v in nets.state_dict().items()}
    for case, case_inputs in inputs.items():
        case_inputs = {k: v.float().to(dtype) for k, v in case_inputs.items()}
        tensors.update({'%s/in/%s' % (case, k): v for k, v in case_inputs.items()})
        loss, extra = phase_loss(case, nets, case_inputs)
        names = ('discriminator',) if case.startswith('d_') else ('mapping', 'generator')
        params = {k: p for k, p in nets.named_parameters() if k.split('.')[0] in names}
        grads = torch.autograd.grad(loss, list(params.values()), allow_unused=True)
        grads = [torch.zeros_like(p) if g is None else g for p, g in zip(params.values(), grads)]
        tensors[case + '/out'] = loss
        tensors.update({'%s/out/%s' % (case, k): v for k, v in extra.items()})
        tensors.update({'%s/grad/%s' % (case, k): g for k, g in zip(params, grads)})
    return tensors, {'model': dict(CONFIG, crossover=CROSSOVER)}
