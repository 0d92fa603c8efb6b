// Random, from cuRAND's Philox4x32-10. Its counter is given here as philox.h defines it, which is the state that
// curand_init(seed, stream, 4 * offset) sets up, so the bits are those of every backend. The maps from bits to numbers
// are philox.h's: cuRAND's own normals use the fast sine of the GPU, whose error the CPU's does not have.
#include <cuda_runtime.h>
#include <device_launch_parameters.h>

// Random123, which philox.h includes, has a function of this name too.
#define mulhilo32 curand_mulhilo32
#include <curand_kernel.h>
#undef mulhilo32

#include "engine/backend/cuda/device_functions.cuh"
#include "engine/backend/cuda/dispatch.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/launch.h"
#include "engine/backend/philox.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;

__device__ inline uint4 Bits(uint64_t seed, uint64_t stream, uint64_t offset) {
  const uint4 counter = make_uint4(static_cast<uint32_t>(offset), static_cast<uint32_t>(offset >> 32),
                                   static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32));
  const uint2 key = make_uint2(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  return curand_Philox4x32_10(counter, key);
}

template <bool kNormal>
__global__ void RandomKernel(float* y, uint64_t seed, uint64_t stream, uint64_t offset, int64_t n) {
  const int64_t blocks = (n + 3) / 4;
  for (int64_t i = GlobalThread(); i < blocks; i += GlobalThreads()) {
    const uint4 bits = Bits(seed, stream, offset + static_cast<uint64_t>(i));
    Pack<float, 4> numbers;
    if (kNormal) {
      NormalPairFromBits(bits.x, bits.y, &numbers.v[0], &numbers.v[1]);
      NormalPairFromBits(bits.z, bits.w, &numbers.v[2], &numbers.v[3]);
    } else {
      numbers = {UniformFromBits(bits.x), UniformFromBits(bits.y), UniformFromBits(bits.z), UniformFromBits(bits.w)};
    }
    if (4 * i + 4 <= n) {
      StorePack(y + 4 * i, numbers);
    } else {
      for (int64_t k = 0; 4 * i + k < n; ++k) y[4 * i + k] = numbers.v[k];
    }
  }
}

}  // namespace

void Random(Context& context, const RandomArgs& args) {
  SG_CHECK(args.y.dtype == DType::kF32) << "[Random] no CUDA kernel for " << args.y.dtype;
  SG_CHECK(IsAligned(args.y.data)) << "[Random] y is not aligned to 16 bytes";
  const int64_t n = args.y.NumElements();
  if (n == 0) return;
  Launch("RandomKernel", args.distribution == Distribution::kNormal ? RandomKernel<true> : RandomKernel<false>,
         BlocksFor(context, (n + 3) / 4, kThreads), kThreads, 0, context.stream(), args.y.as<float>(), args.seed,
         args.stream, args.offset, n);
}

}  // namespace sg::cuda
