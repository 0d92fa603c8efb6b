// Where and how the parameters of a module are made.
#ifndef NN_INIT_H_
#define NN_INIT_H_

#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"

namespace sg::nn {

struct InitContext {
  Device device = Device::Cpu();
  DType dtype = DType::kF32;    // of the parameters; f64 on the reference backend for gradient checks
  DType compute = DType::kF32;  // kBF16: operands of convolutions are rounded to it, everything else stays as it is
  // Null leaves the parameters that would be drawn without values, for a module that is filled from a file at once.
  RandomStream* random = nullptr;
};

// A tracked leaf drawn from N(0,1), or constant.
Tensor NormalParameter(const Shape& shape, const InitContext& init);
Tensor ConstantParameter(const Shape& shape, double value, const InitContext& init);

}  // namespace sg::nn

#endif  // NN_INIT_H_
