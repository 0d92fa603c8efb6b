"""Reproducible random numbers and the safetensors writer of the fixtures."""
import json
import math
import random
import struct

import torch


class Draw:
    """Normal and uniform tensors from Python's Mersenne Twister. Equal on every PyTorch, exact in float32."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def _fill(self, shape, sample):
        values = [sample() for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.float64).reshape(tuple(shape)).float().double()

    def _normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.rng.random()))
        return radius * math.cos(2 * math.pi * self.rng.random())

    def normal(self, *shape):
        return self._fill(shape, self._normal)

    def uniform(self, *shape):
        return self._fill(shape, self.rng.random)

    def noise(self, n_blocks, batch):
        """Per block (first, second) input noise; block 0 has only the second."""
        maps = [[self.normal(batch, 1, 4 << i, 4 << i) for _ in range(2)] for i in range(n_blocks)]
        maps[0][0] = None
        return maps

    def parameters(self, module):
        """Weights ~ N(0,1). Biases and noise scales differ from their initial values, to make gradients generic."""
        with torch.no_grad():
            for name, p in module.named_parameters():
                if not p.requires_grad:
                    continue
                if name.endswith('weight') or name.endswith('initial_constant'):
                    p.copy_(self.normal(*p.shape))
                else:
                    start = 0.3 if name.endswith('scale_noise') else 0.0
                    p.copy_((p + start + 0.2 * self.normal(*p.shape)).float())


def write_safetensors(path, tensors, metadata):
    """Little-endian float32 tensors in name order behind a JSON header."""
    header, blobs, offset = {'__metadata__': metadata}, [], 0
    for name in sorted(tensors):
        t = tensors[name].detach().reshape(-1).tolist()
        blob = struct.pack('<%df' % len(t), *t)
        end = offset + len(blob)
        header[name] = {'dtype': 'F32', 'shape': list(tensors[name].shape), 'data_offsets': [offset, end]}
        offset = end
        blobs.append(blob)
    text = json.dumps(header, separators=(',', ':'), sort_keys=True).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as f:
        f.write(struct.pack('<Q', len(text)) + text + b''.join(blobs))
    return 8 + len(text) + offset
