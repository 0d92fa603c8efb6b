// The device and dtypes of a new module's parameters, and the source of their initial values.
//
//   RandomStream random = {/*seed=*/1, /*stream=*/0};
//   InitContext init;
//   init.random = &random;
//   init.precision.compute = DType::kBF16;  // convolutions of bf16 operands; parameters and activations stay f32
//   EqualizedLinear layer(512, 512, /*bias=*/0, init);
#ifndef NN_INIT_H_
#define NN_INIT_H_

#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"

namespace sg::nn {

struct Precision {
  DType parameter = DType::kF32;   // dtype of the stored parameters, which optimizers update
  DType activation = DType::kF32;  // dtype of the layers' outputs
  DType compute = DType::kF32;     // dtype to which convolutions cast their operands

  static constexpr Precision Uniform(DType dtype) { return {dtype, dtype, dtype}; }
};

struct InitContext {
  Device device = Device::Cpu();
  Precision precision;
  // If null, randomly drawn parameters stay uninitialized. Use this for a module that is then loaded from a file.
  RandomStream* random = nullptr;
};

// A tracked leaf, drawn from a normal distribution with mean 0 or filled with a constant.
Tensor NormalParameter(const Shape& shape, const InitContext& init, double deviation = 1);
Tensor ConstantParameter(const Shape& shape, double value, const InitContext& init);

}  // namespace sg::nn

#endif  // NN_INIT_H_
