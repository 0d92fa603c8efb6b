#include "engine/ops/random.h"

#include "engine/base/philox.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/op_observer.h"

namespace sg {
namespace {

Tensor Draw(Distribution distribution, const Shape& shape, DType dtype, Device device, RandomStream* stream) {
  const TraceScope trace("Random");
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kF64) << "[Random] needs f32 or f64, got " << dtype;
  Tensor t = Tensor::Empty(shape, dtype, device);
  BackendFor(device).Random({t.view(), distribution, stream->seed, stream->stream, stream->offset});
  stream->offset += (t.NumElements() + 3) / 4;
  return t;
}

}  // namespace

Tensor RandomNormal(const Shape& shape, DType dtype, Device device, RandomStream* stream) {
  return Draw(Distribution::kNormal, shape, dtype, device, stream);
}

Tensor RandomUniform(const Shape& shape, DType dtype, Device device, RandomStream* stream) {
  return Draw(Distribution::kUniform, shape, dtype, device, stream);
}

double RandomUniformScalar(RandomStream* stream) {
  return UniformFromBits(PhiloxAt(stream->seed, stream->stream, stream->offset++).v[0]);
}

}  // namespace sg
