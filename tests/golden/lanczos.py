"""Writes tests/gan/image/lanczos_golden.h: pseudo-random images resized by Pillow's LANCZOS.

    python3 tests/golden/lanczos.py > tests/gan/image/lanczos_golden.h      (made with Pillow 9.4.0)
"""
from PIL import Image

MODES = {1: 'L', 3: 'RGB'}
# width, height, channels -> width, height
CASES = [
    (7, 5, 3, 4, 3), (5, 7, 1, 5, 4), (9, 4, 1, 3, 4), (6, 6, 3, 9, 7), (1, 1, 3, 4, 2), (2, 3, 1, 1, 1),
    (64, 64, 3, 32, 32), (136, 136, 3, 64, 64), (37, 23, 3, 16, 16), (100, 75, 3, 33, 50), (31, 47, 1, 128, 96),
    (1000, 700, 3, 32, 32), (16, 16, 3, 16, 16), (3000, 2, 1, 8, 8), (513, 511, 3, 512, 512), (8, 8, 3, 256, 4),
]
MAX_LISTED = 200


def pixels(count):
    """The high bytes of a linear congruential generator. Every fourth is an extreme, to make the filter overshoot."""
    state, out = 1, bytearray()
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        value = state >> 24
        out.append((255 if value & 1 else 0) if i % 4 == 0 else value)
    return bytes(out)


def fnv1a(data):
    h = 0xcbf29ce484222325
    for b in data:
        h = ((h ^ b) * 0x100000001b3) & 0xffffffffffffffff
    return h


def main():
    print('''// Made by tests/golden/lanczos.py; not to be edited.
#ifndef TESTS_GAN_IMAGE_LANCZOS_GOLDEN_H_
#define TESTS_GAN_IMAGE_LANCZOS_GOLDEN_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct LanczosGolden {
  int width, height, channels;
  int out_width, out_height;
  uint64_t fnv1a;               // of the output's bytes
  std::vector<uint8_t> pixels;  // the output; empty where it is long
};

// clang-format off
inline const std::vector<LanczosGolden>& LanczosGoldens() {
  static const auto* goldens = new std::vector<LanczosGolden>{''')
    for w, h, c, ow, oh in CASES:
        image = Image.frombytes(MODES[c], (w, h), pixels(w * h * c))
        out = image.resize((ow, oh), Image.Resampling.LANCZOS).tobytes()
        listed = ', '.join(map(str, out)) if len(out) <= MAX_LISTED else ''
        print('      {%d, %d, %d, %d, %d, 0x%016xu, {%s}},' % (w, h, c, ow, oh, fnv1a(out), listed))
    print('''  };
  return *goldens;
}
// clang-format on

}  // namespace sg::gan

#endif  // TESTS_GAN_IMAGE_LANCZOS_GOLDEN_H_''')


if __name__ == '__main__':
    main()
