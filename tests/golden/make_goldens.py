#!/usr/bin/env python3
"""Writes the fixtures tests/golden/*.safetensors from an independent PyTorch implementation.

    python3 tests/golden/make_goldens.py            # needs PyTorch 1.13 or newer, nothing else; a few seconds
    python3 tests/golden/make_goldens.py --search 50    # which seeds suit phases and steps best
    python3 tests/golden/make_goldens.py --only official    # one of modules, phases, steps, official

Everything is computed in float64 from inputs and parameters that are exact in float32, and then stored as float32. The
fixtures are therefore more accurate than any float32 result. The same cases are computed in float32 too. The printed
differences show which accuracy to expect of a float32 implementation. A second run writes the same bytes.
"""
import argparse
import json
import os
import zlib

import torch

import model as m
import module_cases
import official
import training_cases
from fixture import Draw, write_safetensors

# Found by --search: no value is close to a kink. In steps, clipping affects some updates and not others, and float32
# agrees with float64 after two steps of Adam, whose first step depends on little but the sign of each gradient.
PHASES_SEED = 65
STEPS_SEED = 154
OFFICIAL_SEED = 36

FOLDER = os.path.dirname(os.path.abspath(__file__))


def run_module_case(cases, name, attempt, dtype):
    r = Draw(zlib.crc32(name.encode()) + attempt)
    case = cases[name](r)
    tensors = {}
    if case.module is not None:
        case.module.double()
        r.parameters(case.module)
        case.module.to(dtype)
        tensors.update({'%s/param/%s' % (name, k): v.clone() for k, v in case.module.state_dict().items()})
    inputs = {k: v.float().to(dtype).requires_grad_(k not in case.no_grad) for k, v in case.inputs.items()}
    tensors.update({'%s/in/%s' % (name, k): v for k, v in inputs.items()})

    m.MARGIN.reset()
    outputs = case.evaluate(case.module, inputs)
    tensors.update({'%s/out%s' % (name, '/' + k if k else ''): v for k, v in outputs.items()})
    out = outputs['']
    if out.requires_grad:
        seed = r.normal(*out.shape).to(dtype)
        tensors[name + '/seed'] = seed
        wanted = {k: v for k, v in inputs.items() if v.requires_grad}
        if case.module is not None:
            wanted.update({k: p for k, p in case.module.named_parameters() if p.requires_grad})
        grads = torch.autograd.grad((out * seed).sum(), list(wanted.values()), allow_unused=True)
        grads = [torch.zeros_like(v) if g is None else g for v, g in zip(wanted.values(), grads)]
        # Gradients that are zero in exact arithmetic (of a bias before an operation that ignores shifts) are stored as
        # zero.
        floor = 1e-12 * max(g.abs().max().item() for g in grads)
        tensors.update({'%s/grad/%s' % (name, k): torch.where(g.abs() > floor, g, torch.zeros_like(g))
                        for k, g in zip(wanted, grads)})
    return tensors, case.attributes


def modules(cases):
    tensors, attributes, differences = {}, {}, {}
    for name in cases:
        for attempt in range(200):
            found, attributes[name] = run_module_case(cases, name, attempt, torch.float64)
            if m.MARGIN.is_safe():
                break
        else:
            raise SystemExit(name + ': every seed puts a value next to a kink')
        margin = '%.1e of %d' % (m.MARGIN.smallest, m.MARGIN.count) if m.MARGIN.count else '-'
        narrow = run_module_case(cases, name, attempt, torch.float32)[0]
        differences[name] = (worst_difference(found, narrow), attempt, margin)
        tensors.update(found)
    return tensors, attributes, differences


def worst_difference(exact, approximate):
    """The largest difference of any tensor, and the name of that tensor.

    Relative to the tensor's largest value, or to a hundredth of the largest among its siblings (the gradients of one
    case) if that is larger: a tensor that results from cancellation has no accurate digits to compare.
    """
    def family(name):
        return name.split('/grad/')[0] if '/grad/' in name else name

    largest, worst = {}, (0.0, '-')
    for name, t in exact.items():
        largest[family(name)] = max(t.detach().abs().max().item(), largest.get(family(name), 0.0))
    for name, t in exact.items():
        scale = max(t.detach().abs().max().item(), 1e-2 * largest[family(name)])
        difference = (t.detach() - approximate[name].detach().double()).abs().max().item()
        if scale > 0:
            worst = max(worst, (difference / scale, name))
    return worst


def training(make, seed):
    m.MARGIN.reset()
    tensors, attributes = make(Draw(seed), torch.float64)
    margin = (m.MARGIN.smallest, m.MARGIN.count)
    return tensors, attributes, margin, worst_difference(tensors, make(Draw(seed), torch.float32)[0])


def search(count):
    for make in (training_cases.phases, training_cases.steps, official.phases):
        found = []
        for seed in range(count):
            _, _, (smallest, n), (difference, where) = training(make, seed)
            found.append((smallest * n, seed, smallest, difference, where))
        print(make.__module__, make.__name__)
        for _, seed, smallest, difference, where in sorted(found, reverse=True)[:8]:
            print('  seed %3d: nearest kink %.1e, float32 off by %.1e (%s)' % (seed, smallest, difference, where))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--search', type=int, metavar='N', help='try seeds 0 .. N-1 for phases, steps; write nothing')
    parser.add_argument('--only', choices=('modules', 'phases', 'steps', 'official'), help='write only that file')
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.search:
        return search(arguments.search)

    def write(file, tensors, attributes):
        for name, t in tensors.items():
            if '/in/' in '/' + name or '/param/' in '/' + name and not name.startswith('step'):
                assert torch.equal(t, t.float().double()), name + ' is not exact in float32'
        metadata = {case: json.dumps(a, sort_keys=True) for case, a in attributes.items()}
        size = write_safetensors(os.path.join(FOLDER, file), tensors, metadata)
        print('%s: %d tensors, %d bytes' % (file, len(tensors), size))

    def make_modules(cases):
        tensors, attributes, differences = modules(cases)
        for name, ((difference, where), attempt, margin) in differences.items():
            print('%-36s float32 off by %.1e  nearest kink %s (draw %d)  %s' %
                  (name, difference, margin, attempt, where))
        return tensors, attributes

    def make_training(make, seed):
        tensors, attributes, (smallest, n), (difference, where) = training(make, seed)
        print('%s: seed %d, nearest kink %.1e of %d, float32 off by %.1e (%s)' %
              (make.__name__, seed, smallest, n, difference, where))
        return tensors, attributes

    def make_official():
        tensors, attributes = make_modules(official.CASES)
        phase_tensors, phase_attributes = make_training(official.phases, OFFICIAL_SEED)
        return dict(tensors, **phase_tensors), dict(attributes, **phase_attributes)

    files = {'modules': lambda: make_modules(module_cases.CASES),
             'phases': lambda: make_training(training_cases.phases, PHASES_SEED),
             'steps': lambda: make_training(training_cases.steps, STEPS_SEED),
             'official': make_official}
    for name, make in files.items():
        if arguments.only in (None, name):
            write(name + '.safetensors', *make())


if __name__ == '__main__':
    main()
