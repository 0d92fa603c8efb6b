#include "engine/backend/cpu/onednn/compute_type.h"

#include <mutex>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/onednn/onednn.h"
#include "engine/base/log.h"

namespace sg::cpu {

DType ComputeType(DType dtype) {
  if (dtype != DType::kBF16 || HasBf16Instructions()) return dtype;
  static std::once_flag logged;
  std::call_once(logged, LogMessage, LogLevel::kInfo,
                 "cpu: this processor has no AVX512_BF16; bf16 convolutions and matrix products are computed in f32");
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
