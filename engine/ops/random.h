// Random tensors from counter-based streams. All devices draw the same numbers. The state of a stream is one counter.
//
//   RandomStream noise = {/*seed=*/1, /*stream=*/7};
//   Tensor n = RandomNormal({8, 64, 64, 1}, DType::kF32, device, &noise);  // advances noise.offset
#ifndef ENGINE_OPS_RANDOM_H_
#define ENGINE_OPS_RANDOM_H_

#include <cstdint>

#include "engine/tensor/tensor.h"

namespace sg {

// A position in one of 2^64 independent sequences (Philox4x32-10). The offset counts blocks of four numbers.
struct RandomStream {
  uint64_t seed = 0, stream = 0, offset = 0;
};

Tensor RandomNormal(const Shape& shape, DType dtype, Device device, RandomStream* stream);   // mean 0, variance 1
Tensor RandomUniform(const Shape& shape, DType dtype, Device device, RandomStream* stream);  // in (0, 1]
// One number on the host, in (0, 1]. Advances the stream by one block.
double RandomUniformScalar(RandomStream* stream);

}  // namespace sg

#endif  // ENGINE_OPS_RANDOM_H_
