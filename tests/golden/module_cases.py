"""modules.safetensors: every module alone, with the gradients of sum(out * seed).

A case is a function of a Draw that returns Case(...): a module or None, its inputs by name, and what to evaluate.
"""
import torch

import model as m


class Case:
    """`evaluate(module, inputs)` returns {'': main output, 'suffix': other output}. Gradients are of the main one."""

    def __init__(self, module, inputs, evaluate=None, attributes=None, no_grad=()):
        self.module, self.inputs, self.attributes, self.no_grad = module, inputs, attributes or {}, set(no_grad)
        self.evaluate = evaluate or (lambda net, i: {'': net(*i.values())})


def noise_inputs(noise):
    return {'noise.%d.%d' % (i, j): t for i, pair in enumerate(noise) for j, t in enumerate(pair) if t is not None}


def noise_maps(inputs, n_blocks):
    return [[inputs.get('noise.%d.%d' % (i, j)) for j in range(2)] for i in range(n_blocks)]


def mapping_network(r):
    return Case(m.MappingNetwork(16, 8), {'z': r.normal(4, 16)}, attributes=dict(features=16, n_layers=8))


def linear(bias):
    return lambda r: Case(m.EqualizedLinear(6, 5, bias), {'x': r.normal(4, 6)},
                          attributes=dict(in_features=6, out_features=5, initial_bias=bias))


def conv(kernel_size, padding):
    return lambda r: Case(m.EqualizedConv2d(5, 6, kernel_size, padding), {'x': r.normal(2, 5, 6, 7)},
                          attributes=dict(in_features=5, out_features=6, kernel_size=kernel_size, padding=padding))


def modulated_conv(kernel_size, demodulate):
    a = dict(in_features=5, out_features=6, kernel_size=kernel_size, demodulate=demodulate, eps=1e-8)
    return lambda r: Case(m.Conv2dWeightModulate(5, 6, kernel_size, demodulate),
                          {'x': r.normal(3, 5, 6, 7), 's': 1 + r.normal(3, 5)}, attributes=a)


def style_block(with_noise):
    def case(r):
        inputs = {'x': r.normal(3, 6, 6, 7), 'w': r.normal(3, 8)}
        if with_noise:
            inputs['noise'] = r.normal(3, 1, 6, 7)
        return Case(m.StyleBlock(8, 6, 5), inputs, attributes=dict(d_latent=8, in_features=6, out_features=5))
    return case


def to_rgb(r):
    inputs = {'x': r.normal(3, 6, 6, 7), 'w': r.normal(3, 8)}
    return Case(m.ToRGB(8, 6), inputs, attributes=dict(d_latent=8, features=6))


def generator_block(r):
    def evaluate(net, i):
        # Both outputs contribute to the gradients: the main output is their concatenation over channels.
        x, rgb = net(i['x'], i['w'], [i['noise.0'], i['noise.1']])
        return {'': torch.cat([x, rgb], dim=1), 'x': x, 'rgb': rgb}
    inputs = {'x': r.normal(3, 6, 8, 8), 'w': r.normal(3, 8),
              'noise.0': r.normal(3, 1, 8, 8), 'noise.1': r.normal(3, 1, 8, 8)}
    return Case(m.GeneratorBlock(8, 6, 5), inputs, evaluate,
                dict(d_latent=8, in_features=6, out_features=5, out='concatenation of x and rgb over channels'))


def resample(kind, h, w):
    return lambda r: Case(kind(), {'x': r.normal(2, 3, h, w)})


def minibatch_std_dev(batch):
    return lambda r: Case(m.MiniBatchStdDev(4), {'x': r.normal(batch, 3, 4, 4)}, attributes=dict(group_size=4))


def discriminator_block(r):
    return Case(m.DiscriminatorBlock(5, 6), {'x': r.normal(2, 5, 8, 8)}, attributes=dict(in_features=5, out_features=6))


def generator(r):
    a = dict(log_resolution=4, d_latent=16, n_features=4, max_features=16)
    net = m.Generator(**a)
    inputs = dict({'w': r.normal(net.n_blocks, 4, 16)}, **noise_inputs(r.noise(net.n_blocks, 4)))
    return Case(net, inputs, lambda net, i: {'': net(i['w'], noise_maps(i, net.n_blocks))}, a)


def discriminator(r):
    a = dict(log_resolution=4, n_features=8, max_features=32)
    return Case(m.Discriminator(**a), {'x': r.uniform(4, 3, 16, 16)}, attributes=a)


def gradient_penalty(r):
    a = dict(log_resolution=4, n_features=4, max_features=8)
    return Case(m.Discriminator(**a), {'x': r.uniform(4, 3, 16, 16)},
                lambda net, i: {'': m.gradient_penalty(i['x'], net(i['x']))}, a)


def path_length_penalty(first, labml_axes):
    def case(r):
        a = dict(log_resolution=3, d_latent=8, n_features=4, max_features=8)
        net = m.Generator(**a)
        steps, exp_sum_a = (0, torch.zeros((), dtype=torch.float64)) if first else (1, torch.tensor(0.00125).double())
        inputs = {'w': r.normal(2, 4, 8), 'y': r.normal(4, 3, 8, 8), 'exp_sum_a': exp_sum_a}
        inputs.update(noise_inputs(r.noise(2, 4)))

        def evaluate(net, i):
            x = net(i['w'], noise_maps(i, 2))
            penalty, lengths, after = m.path_length_penalty(i['w'], x, i['y'], i['exp_sum_a'], steps, 0.99, labml_axes)
            return {'': penalty, 'lengths': lengths, 'exp_sum_a': after}
        attributes = dict(a, beta=0.99, steps=steps, labml_axes=labml_axes)
        return Case(net, inputs, evaluate, attributes, no_grad=('y', 'exp_sum_a'))
    return case


def loss(function, *names):
    return lambda r: Case(None, {name: 1.5 * r.normal(8, 1) for name in names},
                          lambda net, i: {'': function(*i.values())})


def truncation(r):
    return Case(None, {'w': r.normal(3, 2, 8), 'w_avg': 0.3 * r.normal(8)},
                lambda net, i: {'': i['w_avg'] + 0.7 * (i['w'] - i['w_avg'])}, dict(psi=0.7), no_grad=('w', 'w_avg'))


CASES = {
    'mapping_network': mapping_network,
    'equalized_linear_bias0': linear(0.0),
    'equalized_linear_bias1': linear(1.0),
    'equalized_conv2d_1x1': conv(1, 0),
    'equalized_conv2d_3x3_pad1': conv(3, 1),
    'equalized_conv2d_3x3_pad0': conv(3, 0),
    'conv2d_weight_modulate_3x3': modulated_conv(3, True),
    'conv2d_weight_modulate_1x1_no_demod': modulated_conv(1, False),
    'style_block': style_block(False),
    'style_block_noise': style_block(True),
    'to_rgb': to_rgb,
    'generator_block': generator_block,
    'smooth_1x1': resample(m.Smooth, 1, 1),
    'smooth_4x4': resample(m.Smooth, 4, 4),
    'smooth_6x10': resample(m.Smooth, 6, 10),
    'smooth_5x7': resample(m.Smooth, 5, 7),
    'up_sample_1x1': resample(m.UpSample, 1, 1),
    'up_sample_4x4': resample(m.UpSample, 4, 4),
    'up_sample_6x10': resample(m.UpSample, 6, 10),
    'up_sample_5x7': resample(m.UpSample, 5, 7),
    'down_sample_2x2': resample(m.DownSample, 2, 2),
    'down_sample_4x4': resample(m.DownSample, 4, 4),
    'down_sample_6x10': resample(m.DownSample, 6, 10),
    'minibatch_std_dev_4': minibatch_std_dev(4),
    'minibatch_std_dev_8': minibatch_std_dev(8),
    'discriminator_block': discriminator_block,
    'generator': generator,
    'discriminator': discriminator,
    'gradient_penalty': gradient_penalty,
    'path_length_penalty_first': path_length_penalty(True, False),
    'path_length_penalty_second': path_length_penalty(False, False),
    'path_length_penalty_first_labml': path_length_penalty(True, True),
    'path_length_penalty_second_labml': path_length_penalty(False, True),
    'hinge_discriminator': loss(m.hinge_discriminator, 'real', 'fake'),
    'hinge_generator': loss(m.hinge_generator, 'fake'),
    'logistic_discriminator': loss(m.logistic_discriminator, 'real', 'fake'),
    'logistic_generator': loss(m.logistic_generator, 'fake'),
    'truncation': truncation,
}
