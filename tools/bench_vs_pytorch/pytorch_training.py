"""The training step of the preset "annotated" in PyTorch: hinge loss, R1, path lengths, clipping and Adam."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from pytorch_model import LATENT_DIM, Discriminator, Generator, MappingNetwork, initialize

R1_GAMMA, R1_INTERVAL = 10, 4
PATH_LENGTH_DECAY = 0.99
MIXING_PROBABILITY = 0.9
LEARNING_RATE, MAPPING_LEARNING_RATE = 1e-3, 1e-5
BETAS = (0.0, 0.99)
CLIP_NORM = 1.0


class Training:
    def __init__(self, form, resolution, batch, bf16=False):
        self.form, self.batch, self.bf16 = form, batch, bf16
        self.mapping, self.generator = MappingNetwork(), Generator(form, resolution)
        self.discriminator = Discriminator(form, resolution)
        initialize(self.mapping, self.generator, self.discriminator)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), lr=LEARNING_RATE, betas=BETAS)
        self.adam_m = torch.optim.Adam(self.mapping.parameters(), lr=MAPPING_LEARNING_RATE, betas=BETAS)
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), lr=LEARNING_RATE, betas=BETAS)
        self.real_bytes = torch.randint(0, 256, (batch, 3, resolution, resolution), dtype=torch.uint8)
        self.path_length_sum, self.path_length_steps = torch.zeros(()), 0

    def parameter_counts(self):
        networks = dict(mapping=self.mapping, generator=self.generator, discriminator=self.discriminator)
        return {name: sum(p.numel() for p in n.parameters()) for name, n in networks.items()}

    def autocast(self):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16)

    def latents(self, batch):
        """[num_blocks,N,d], mostly two latents: one for the blocks before a random one, the other from there on."""
        blocks = self.generator.num_blocks

        def draw():
            return self.mapping(torch.randn(batch, LATENT_DIM))

        if torch.rand(()) > MIXING_PROBABILITY:
            return draw()[None].expand(blocks, -1, -1)
        crossover = int(torch.randint(0, blocks, ()))
        first, second = draw()[None].expand(crossover, -1, -1), draw()[None].expand(blocks - crossover, -1, -1)
        return torch.cat([first, second])

    def generate(self, batch):
        w = self.latents(batch)
        return self.generator(w, self.generator.random_noise(batch)).float(), w

    def real_images(self):
        return self.real_bytes.float() / 255

    def discriminator_loss(self, r1):
        with torch.set_grad_enabled(not self.form.lean_steps):
            fakes = self.generate(self.batch)[0].detach()
        reals = self.real_images().requires_grad_(r1)
        fake_scores, real_scores = self.discriminator(fakes), self.discriminator(reals)
        loss = F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()
        if r1:
            gradient, = torch.autograd.grad(real_scores.sum(), reals, create_graph=True)
            penalty = gradient.square().sum(dim=(1, 2, 3)).mean()
            loss = loss + 0.5 * R1_GAMMA * R1_INTERVAL * penalty
        return loss

    def generator_loss(self, path_length):
        images, w = self.generate(self.batch)
        loss = -self.discriminator(images).mean()
        if path_length:
            loss = loss + self.path_length_penalty(images, w)
        return loss

    def path_length_penalty(self, images, w):
        y = torch.randn_like(images) / math.sqrt(images.shape[2] * images.shape[3])
        gradient, = torch.autograd.grad((images * y).sum(), w, create_graph=True)
        lengths = gradient.square().sum(dim=2).mean(dim=0).sqrt()  # per image
        if self.path_length_steps > 0:
            target = self.path_length_sum / (1 - PATH_LENGTH_DECAY**self.path_length_steps)
            penalty = (lengths - target).square().mean()
        else:
            penalty = torch.zeros(())
        mean = lengths.detach().mean()
        self.path_length_sum = PATH_LENGTH_DECAY * self.path_length_sum + (1 - PATH_LENGTH_DECAY) * mean
        self.path_length_steps += 1
        return penalty

    def step_discriminator(self, r1):
        self.adam_d.zero_grad(set_to_none=True)
        with self.autocast():
            loss = self.discriminator_loss(r1)
        loss.backward()
        nn.utils.clip_grad_norm_(self.discriminator.parameters(), CLIP_NORM)
        self.adam_d.step()

    def step_generator(self, path_length):
        self.adam_g.zero_grad(set_to_none=True)
        self.adam_m.zero_grad(set_to_none=True)
        if self.form.lean_steps:
            self.discriminator.requires_grad_(False)
        with self.autocast():
            loss = self.generator_loss(path_length)
        loss.backward()
        nn.utils.clip_grad_norm_(self.generator.parameters(), CLIP_NORM)
        nn.utils.clip_grad_norm_(self.mapping.parameters(), CLIP_NORM)
        self.adam_g.step()
        self.adam_m.step()
        self.discriminator.requires_grad_(True)

    def forward_generator(self, batch):
        with torch.no_grad(), self.autocast():
            self.generate(batch)

    def forward_discriminator(self, images):
        with torch.no_grad(), self.autocast():
            self.discriminator(images)

    def phases(self):
        """The phases by the names of `bench --step`."""
        images = self.real_images()
        return dict(
            gfwd1=lambda: self.forward_generator(1),
            gfwd=lambda: self.forward_generator(self.batch),
            dfwd=lambda: self.forward_discriminator(images),
            dstep=lambda: self.step_discriminator(False),
            dstep_gp=lambda: self.step_discriminator(True),
            gstep=lambda: self.step_generator(False),
            gstep_pl=lambda: self.step_generator(True),
        )
