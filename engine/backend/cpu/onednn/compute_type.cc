#include "engine/backend/cpu/onednn/compute_type.h"

#include <cstdio>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/onednn/onednn.h"

namespace sg::cpu {

DType ComputeType(DType dtype) {
  if (dtype != DType::kBF16 || HasBf16Instructions()) return dtype;
  static const int said = std::fputs(
      "cpu: this processor has no AVX512_BF16; bf16 convolutions and matrix products are computed in f32\n", stderr);
  static_cast<void>(said);
  return DType::kF32;
}

TensorView InType(const TensorView& x, DType dtype, PoolBuffer* scratch) {
  if (x.dtype == dtype) return x;
  *scratch = PoolBuffer(CpuPool(), static_cast<size_t>(x.NumElements() * SizeOf(dtype)));
  const TensorView converted{scratch->data(), dtype, x.shape};
  CpuKernels().Cast({x, converted});
  return converted;
}

}  // namespace sg::cpu
