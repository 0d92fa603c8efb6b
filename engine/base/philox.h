// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) and its conversion to uniform and
// normal numbers. Every backend gives the same bits for the same (seed, stream, offset). The mapping equals cuRAND's
// curand_init(seed, stream, 4 * offset) followed by curand_uniform4 or curand_normal4.
//
//   const PhiloxBlock block = PhiloxAt(seed, stream, /*offset=*/0);
//   const float first = UniformFromBits(block.v[0]);
#ifndef ENGINE_BASE_PHILOX_H_
#define ENGINE_BASE_PHILOX_H_

#include <cmath>
#include <cstdint>

#include "Random123/philox.h"
#include "engine/base/host_device.h"

namespace sg {

struct PhiloxBlock {
  uint32_t v[4];
};

// The four numbers of block `offset` of a stream.
SG_HD PhiloxBlock PhiloxAt(uint64_t seed, uint64_t stream, uint64_t offset) {
  const r123::Philox4x32::ctr_type counter = {{static_cast<uint32_t>(offset), static_cast<uint32_t>(offset >> 32),
                                               static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)}};
  const r123::Philox4x32::key_type key = {{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
  const r123::Philox4x32::ctr_type r = r123::Philox4x32()(counter, key);
  return {{r[0], r[1], r[2], r[3]}};
}

// In (0, 1]. It is never 0, which keeps its logarithm finite.
SG_HD float UniformFromBits(uint32_t x) { return x * 2.3283064e-10f + (2.3283064e-10f / 2.0f); }

// Box-Muller: two uniforms give two independent standard normals.
SG_HD void NormalPairFromBits(uint32_t x, uint32_t y, float* first, float* second) {
  const float u = UniformFromBits(x);
  const float angle = y * (2.3283064e-10f * 6.2831855f) + (2.3283064e-10f / 2.0f * 6.2831855f);
  const float radius = std::sqrt(-2.0f * std::log(u));
  *first = radius * std::sin(angle);
  *second = radius * std::cos(angle);
}

}  // namespace sg

#endif  // ENGINE_BASE_PHILOX_H_
