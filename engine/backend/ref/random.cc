#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"
#include "engine/base/philox.h"

namespace sg::ref {
namespace {

// The four numbers drawn from one counter value.
std::array<float, 4> Draw(const RandomArgs& args, uint64_t block) {
  const PhiloxBlock bits = PhiloxAt(args.seed, args.stream, args.offset + block);
  std::array<float, 4> numbers;
  if (args.distribution == Distribution::kUniform) {
    for (int lane = 0; lane < 4; ++lane) numbers[lane] = UniformFromBits(bits.v[lane]);
  } else {
    NormalPairFromBits(bits.v[0], bits.v[1], &numbers[0], &numbers[1]);
    NormalPairFromBits(bits.v[2], bits.v[3], &numbers[2], &numbers[3]);
  }
  return numbers;
}

template <typename T>
void FillRandom(const RandomArgs& args) {
  T* y = args.y.as<T>();
  const int64_t n = args.y.NumElements();
  for (int64_t i = 0; i < n; i += 4) {
    const std::array<float, 4> numbers = Draw(args, i / 4);
    for (int64_t lane = 0; lane < 4 && i + lane < n; ++lane) y[i + lane] = numbers[lane];
  }
}

}  // namespace

void RefKernels::Random(const RandomArgs& args) {
  SG_CHECK(args.y.dtype == DType::kF32 || args.y.dtype == DType::kF64) << "[Random] no kernel for " << args.y.dtype;
  if (args.y.dtype == DType::kF64) {
    FillRandom<double>(args);
  } else {
    FillRandom<float>(args);
  }
}

}  // namespace sg::ref
