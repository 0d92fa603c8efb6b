// Fill, Unary, Binary, Where, Cast.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstring>

#include "engine/backend/cuda/check_args.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/queue/elementwise_work.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// A double as the integer that Cast would make of it.
template <typename T>
T Saturated(double value, double lowest, double highest) {
  if (std::isnan(value)) return 0;
  return static_cast<T>(std::fmin(std::fmax(std::nearbyint(value), lowest), highest));
}

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
    case DType::kI32: return Bits(Saturated<int32_t>(value, INT32_MIN, INT32_MAX));
    case DType::kU8: return Bits(Saturated<uint8_t>(value, 0, 255));
    case DType::kF64: break;
  }
  SG_CHECK(false) << "[Fill] no CUDA kernel for " << dtype;
  return 0;
}

void CheckCastType(DType dtype) { SG_CHECK(dtype != DType::kF64) << "[Cast] no CUDA kernel for " << dtype; }

}  // namespace

void Fill(Context& context, const FillArgs& args) {
  if (args.y.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kFill, args.y.dtype, args.y);
  work.bytes = static_cast<uint8_t>(SizeOf(args.y.dtype));
  work.packed = IsQuadAligned(args.y);
  work.fill.value = FillBits(args.y.dtype, args.value);
  context.queue().Add("Fill", work, {}, args.y);
}

void Unary(Context& context, const UnaryArgs& args) {
  CheckComputeType("Unary", args.x.dtype);
  CheckTensor("Unary", "y", args.y, args.x.dtype, args.x.shape);
  if (args.y.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kUnary, args.x.dtype, args.y);
  work.fn = static_cast<uint8_t>(args.fn);
  work.same[0] = args.x.data;
  work.packed = IsQuadAligned(args.x, args.y);
  work.math.alpha = static_cast<float>(args.alpha);
  work.math.beta = static_cast<float>(args.beta);
  context.queue().Add("Unary", work, {{args.x, true}}, args.y);
}

void Binary(Context& context, const BinaryArgs& args) {
  CheckComputeType("Binary", args.y.dtype);
  CheckTensor("Binary", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Binary", "b", args.b, args.y.dtype, args.b.shape);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kBinary, args.y.dtype, args.y);
  work.fn = static_cast<uint8_t>(args.fn);
  MapOperands(
      "Binary", &work, shape,
      {{args.a.data, BroadcastStrides(args.a.shape, shape)}, {args.b.data, BroadcastStrides(args.b.shape, shape)}});
  work.packed = work.packed && IsQuadAligned(args.a, args.b, args.y);
  work.math.alpha = static_cast<float>(args.alpha);
  work.math.beta = static_cast<float>(args.beta);
  context.queue().Add("Binary", work, {{args.a, args.a.shape == shape}, {args.b, args.b.shape == shape}}, args.y);
}

void Where(Context& context, const WhereArgs& args) {
  CheckComputeType("Where", args.y.dtype);
  CheckTensor("Where", "condition", args.condition, args.y.dtype, args.condition.shape);
  CheckTensor("Where", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Where", "b", args.b, args.y.dtype, args.b.shape);
  const Shape& shape = args.y.shape;
  if (shape.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kWhere, args.y.dtype, args.y);
  MapOperands("Where", &work, shape,
              {{args.condition.data, BroadcastStrides(args.condition.shape, shape)},
               {args.a.data, BroadcastStrides(args.a.shape, shape)},
               {args.b.data, BroadcastStrides(args.b.shape, shape)}});
  work.packed = work.packed && IsQuadAligned(args.condition, args.a, args.b, args.y);
  context.queue().Add("Where", work,
                      {{args.condition, args.condition.shape == shape},
                       {args.a, args.a.shape == shape},
                       {args.b, args.b.shape == shape}},
                      args.y);
}

void Cast(Context& context, const CastArgs& args) {
  CheckCastType(args.x.dtype);
  CheckCastType(args.y.dtype);
  CheckTensor("Cast", "y", args.y, args.y.dtype, args.x.shape);
  if (args.x.NumElements() == 0) return;
  if (args.x.dtype == args.y.dtype) {
    context.queue().Before({args.x}, {args.y});
    SG_CUDA_CHECK(cudaMemcpyAsync(args.y.data, args.x.data, static_cast<size_t>(args.x.NumBytes()),
                                  cudaMemcpyDeviceToDevice, context.stream()));
    return CountCopy();
  }
  Work work = ElementwiseWork(WorkKind::kCast, args.x.dtype, args.y);
  work.same[0] = args.x.data;
  work.packed = IsQuadAligned(args.x, args.y);
  context.queue().Add("Cast", work, {{args.x, true}}, args.y);
}

}  // namespace sg::cuda
