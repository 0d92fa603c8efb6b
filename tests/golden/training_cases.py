"""phases.safetensors and steps.safetensors: one small model in training.

Phases: loss and every gradient (before clipping) of each kind of step. Steps: two whole training steps, with all
parameters after each.
"""
import torch

import model as m
from module_cases import noise_inputs, noise_maps

CONFIG = dict(log_resolution=4, d_latent=16, mapping_layers=8, g_n_features=4, g_max_features=16, d_n_features=8,
              d_max_features=32, batch=4, loss='hinge', gamma=10.0, gp_interval=4, path_beta=0.99, learning_rate=1e-3,
              mapping_learning_rate=1e-5, adam_beta1=0.0, adam_beta2=0.99, adam_eps=1e-8, clip_norm=1.0)
N_BLOCKS = CONFIG['log_resolution'] - 1


class Nets(torch.nn.Module):
    def __init__(self):
        super().__init__()
        c = CONFIG
        self.mapping = m.MappingNetwork(c['d_latent'], c['mapping_layers'])
        self.generator = m.Generator(c['log_resolution'], c['d_latent'], c['g_n_features'], c['g_max_features'])
        self.discriminator = m.Discriminator(c['log_resolution'], c['d_n_features'], c['d_max_features'])

    def trained(self, *nets):
        """Parameters by name, of the networks whose names are given (all by default)."""
        return {k: p for k, p in self.named_parameters() if p.requires_grad and (not nets or k.split('.')[0] in nets)}


def center_scores(nets, real):
    """Moves the last bias to make the hinge active for two of the four real images.

    Moves it in coarse steps, to get the same bias despite different rounding elsewhere.
    """
    with torch.no_grad():
        low, high = nets.double().discriminator(real).flatten().sort().values[1:3].tolist()
        bias = nets.discriminator.final.bias
        bias.copy_((bias + round((1 - (low + high) / 2) * 256) / 256).float())


def latents(r):
    d = CONFIG['d_latent']
    return dict({'z1': r.normal(4, d), 'z2': r.normal(4, d)}, **noise_inputs(r.noise(N_BLOCKS, 4)))


def synthesize(nets, i, crossover):
    w = m.mix_styles(nets.mapping, i['z1'], i['z2'], crossover, N_BLOCKS)
    return nets.generator(w, noise_maps(i, N_BLOCKS)), w


def discriminator_loss(nets, i, crossover, with_gp):
    """The inputs of `latents` and `real`."""
    with torch.no_grad():
        fake = synthesize(nets, i, crossover)[0]
    real = i['real'].detach().clone().requires_grad_(with_gp)
    scores = nets.discriminator(real)
    fake_scores = nets.discriminator(fake)
    loss = m.hinge_discriminator(scores, fake_scores)
    extra = dict(scores_real=scores, scores_fake=fake_scores)
    if with_gp:
        extra['gp'] = m.gradient_penalty(real, scores)
        loss = loss + 0.5 * CONFIG['gamma'] * CONFIG['gp_interval'] * extra['gp']
    return loss, extra


def generator_loss(nets, i, crossover, plp_steps=None, labml_axes=False):
    """The inputs of `latents`, and with `plp_steps` also `y` and `exp_sum_a`."""
    x, w = synthesize(nets, i, crossover)
    scores = nets.discriminator(x)
    loss = m.hinge_generator(scores)
    extra = dict(scores_fake=scores)
    if plp_steps is not None:
        extra['plp'], extra['lengths'], extra['exp_sum_a'] = m.path_length_penalty(
            w, x, i['y'], i['exp_sum_a'], plp_steps, CONFIG['path_beta'], labml_axes)
        loss = loss + extra['plp']
    return loss, extra


def record(tensors, case, loss, extra, grads):
    tensors[case + '/out'] = loss
    tensors.update({'%s/out/%s' % (case, k): v for k, v in extra.items()})
    tensors.update({'%s/grad/%s' % (case, k): v for k, v in grads.items()})


def phases(r, dtype):
    nets = Nets()
    r.parameters(nets)
    inputs = dict(latents(r), real=r.uniform(4, 3, 16, 16), y=r.normal(4, 3, 16, 16),
                  exp_sum_a=torch.tensor(0.0375).double())
    center_scores(nets, inputs['real'])
    nets, inputs = nets.to(dtype), {k: v.to(dtype) for k, v in inputs.items()}
    attributes = dict(CONFIG, crossover=2, steps=3)
    tensors = {'param/' + k: v for k, v in nets.state_dict().items()}
    tensors.update({'in/' + k: v for k, v in inputs.items()})
    cases = {'d_step': ('discriminator',), 'd_step_gp': ('discriminator',), 'g_step': ('mapping', 'generator'),
             'g_step_plp': ('mapping', 'generator'), 'g_step_plp_labml': ('mapping', 'generator')}
    for case, names in cases.items():
        if case.startswith('d_'):
            loss, extra = discriminator_loss(nets, inputs, 2, case.endswith('gp'))
        else:
            loss, extra = generator_loss(nets, inputs, 2, 3 if 'plp' in case else None, case.endswith('labml'))
        params = nets.trained(*names)
        record(tensors, case, loss, extra, dict(zip(params, torch.autograd.grad(loss, list(params.values())))))
    return tensors, {'model': attributes}


def apply(loss, nets, optimizers):
    """One update of the named networks: separate clipping, then Adam. Returns the norms before clipping, by network."""
    params = nets.trained(*optimizers)
    for p, g in zip(params.values(), torch.autograd.grad(loss, list(params.values()))):
        p.grad = g
    norms = {}
    for name, optimizer in optimizers.items():
        norms['norm_' + name] = torch.nn.utils.clip_grad_norm_(list(nets.trained(name).values()), CONFIG['clip_norm'])
        optimizer.step()
    return norms


def steps(r, dtype):
    nets = Nets()
    r.parameters(nets)
    crossovers = {'step1': dict(d=1, g=2), 'step2': dict(d=0, g=1)}
    inputs = {}
    for step in crossovers:
        inputs[step + '/d'] = dict(latents(r), real=r.uniform(4, 3, 16, 16))
        inputs[step + '/g'] = latents(r)
    inputs['step2/g'].update(y=r.normal(4, 3, 16, 16), exp_sum_a=torch.tensor(0.0375).double())
    center_scores(nets, inputs['step1/d']['real'])
    inputs = {phase: {k: v.to(dtype) for k, v in i.items()} for phase, i in inputs.items()}
    tensors = {'%s/in/%s' % (phase, k): v for phase, i in inputs.items() for k, v in i.items()}
    initial = {k: v.to(dtype) for k, v in nets.state_dict().items()}
    tensors.update({'param/' + k: v for k, v in initial.items()})

    for labml_axes in (False, True):
        nets = Nets().to(dtype)
        nets.load_state_dict(initial)
        adam = {name: torch.optim.Adam(list(nets.trained(name).values()), eps=CONFIG['adam_eps'],
                                       betas=(CONFIG['adam_beta1'], CONFIG['adam_beta2']),
                                       lr=CONFIG['mapping_learning_rate' if name == 'mapping' else 'learning_rate'])
                for name in ('discriminator', 'generator', 'mapping')}
        for step, crossover in crossovers.items():
            d_loss, d_extra = discriminator_loss(nets, inputs[step + '/d'], crossover['d'], with_gp=step == 'step1')
            d_extra.update(apply(d_loss, nets, {'discriminator': adam['discriminator']}))
            plp_steps = 3 if step == 'step2' else None
            g_loss, g_extra = generator_loss(nets, inputs[step + '/g'], crossover['g'], plp_steps, labml_axes)
            g_extra.update(apply(g_loss, nets, {name: adam[name] for name in ('generator', 'mapping')}))
            if labml_axes:
                if step == 'step2':  # everything else is the same as with the other axes
                    record(tensors, 'step2_labml/g', g_loss, g_extra, {})
                    tensors.update({'step2_labml/param/' + k: p.detach().clone()
                                    for k, p in nets.trained('generator', 'mapping').items()})
                continue
            record(tensors, step + '/d', d_loss, d_extra, {})
            record(tensors, step + '/g', g_loss, g_extra, {})
            tensors.update({'%s/param/%s' % (step, k): p.detach().clone() for k, p in nets.trained().items()})
    attributes = dict(CONFIG, crossover=crossovers, steps=3)
    return tensors, {'model': attributes}
