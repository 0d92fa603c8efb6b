// Fill, Unary, Binary, Where, Cast.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstring>

#include "engine/backend/common/convert.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/queue/elementwise_kernel.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

template <typename T>
uint32_t Bits(T value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

uint32_t FillBits(DType dtype, double value) {
  switch (dtype) {
    case DType::kF32: return Bits(static_cast<float>(value));
    case DType::kBF16: return Bits(__float2bfloat16_rn(static_cast<float>(value)));
    case DType::kI32: return Bits(Convert<int32_t>(value));
    case DType::kU8: return Bits(Convert<uint8_t>(value));
    case DType::kF64: break;
  }
  SG_CHECK(false) << "[Fill] no CUDA kernel for " << dtype;
  return 0;
}

void CheckCastType(DType dtype) { SG_CHECK(dtype != DType::kF64) << "[Cast] no CUDA kernel for " << dtype; }

}  // namespace

void CudaKernels::Fill(const FillArgs& args) {
  if (args.y.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kFill, args.y.dtype, args.y);
  kernel.bytes = static_cast<uint8_t>(SizeOf(args.y.dtype));
  kernel.packed = IsQuadAligned(args.y);
  kernel.fill.value = FillBits(args.y.dtype, args.value);
  context_.queue().Add("Fill", kernel, {}, args.y);
}

void CudaKernels::Unary(const UnaryArgs& args) {
  CheckComputeType("Unary", args.x.dtype);
  if (args.y.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kUnary, args.x.dtype, args.y);
  kernel.fn = static_cast<uint8_t>(args.fn);
  kernel.same[0] = args.x.data;
  kernel.packed = IsQuadAligned(args.x, args.y);
  kernel.math.alpha = static_cast<float>(args.alpha);
  kernel.math.beta = static_cast<float>(args.beta);
  context_.queue().Add("Unary", kernel, {{args.x, true}}, args.y);
}

void CudaKernels::Binary(const BinaryArgs& args) {
  CheckComputeType("Binary", args.y.dtype);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kBinary, args.y.dtype, args.y);
  kernel.fn = static_cast<uint8_t>(args.fn);
  MapOperands(
      "Binary", &kernel, shape,
      {{args.a.data, BroadcastStrides(args.a.shape, shape)}, {args.b.data, BroadcastStrides(args.b.shape, shape)}});
  kernel.packed = kernel.packed && IsQuadAligned(args.a, args.b, args.y);
  kernel.math.alpha = static_cast<float>(args.alpha);
  kernel.math.beta = static_cast<float>(args.beta);
  context_.queue().Add("Binary", kernel, {{args.a, args.a.shape == shape}, {args.b, args.b.shape == shape}}, args.y);
}

void CudaKernels::Where(const WhereArgs& args) {
  CheckComputeType("Where", args.y.dtype);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kWhere, args.y.dtype, args.y);
  MapOperands("Where", &kernel, shape,
              {{args.condition.data, BroadcastStrides(args.condition.shape, shape)},
               {args.a.data, BroadcastStrides(args.a.shape, shape)},
               {args.b.data, BroadcastStrides(args.b.shape, shape)}});
  kernel.packed = kernel.packed && IsQuadAligned(args.condition, args.a, args.b, args.y);
  context_.queue().Add("Where", kernel,
                       {{args.condition, args.condition.shape == shape},
                        {args.a, args.a.shape == shape},
                        {args.b, args.b.shape == shape}},
                       args.y);
}

void CudaKernels::Cast(const CastArgs& args) {
  CheckCastType(args.x.dtype);
  CheckCastType(args.y.dtype);
  if (args.x.NumElements() == 0) return;
  if (args.x.dtype == args.y.dtype) {
    context_.queue().Before({args.x}, {args.y});
    SG_CUDA_CHECK(cudaMemcpyAsync(args.y.data, args.x.data, static_cast<size_t>(args.x.NumBytes()),
                                  cudaMemcpyDeviceToDevice, context_.stream()));
    return CountCopy();
  }
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kCast, args.x.dtype, args.y);
  kernel.same[0] = args.x.data;
  kernel.packed = IsQuadAligned(args.x, args.y);
  context_.queue().Add("Cast", kernel, {{args.x, true}}, args.y);
}

}  // namespace sg::cuda
