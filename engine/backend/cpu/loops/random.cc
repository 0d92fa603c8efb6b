#include <algorithm>
#include <cstdint>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/parallel.h"
#include "engine/base/check.h"
#include "engine/base/philox.h"

namespace sg::cpu {
namespace {

void DrawBlock(Distribution distribution, const PhiloxBlock& bits, float* out) {
  if (distribution == Distribution::kUniform) {
    for (int lane = 0; lane < 4; ++lane) out[lane] = UniformFromBits(bits.v[lane]);
  } else {
    NormalPairFromBits(bits.v[0], bits.v[1], &out[0], &out[1]);
    NormalPairFromBits(bits.v[2], bits.v[3], &out[2], &out[3]);
  }
}

}  // namespace

void CpuKernels::Random(const RandomArgs& args) {
  SG_CHECK(args.y.dtype == DType::kF32) << "[Random] no " << args.y.dtype << " on the CPU backend";
  constexpr int64_t kBlockGrain = 256;  // a block costs as much as dozens of additions
  float* y = args.y.as<float>();
  const int64_t n = args.y.NumElements();
  ParallelFor((n + 3) / 4, kBlockGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float block[4];
      DrawBlock(args.distribution, PhiloxAt(args.seed, args.stream, args.offset + static_cast<uint64_t>(i)), block);
      std::copy_n(block, std::min<int64_t>(4, n - 4 * i), y + 4 * i);
    }
  });
}

}  // namespace sg::cpu
