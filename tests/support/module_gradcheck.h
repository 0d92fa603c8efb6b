// Gradient checks of whole modules, in f64 on the reference backend.
//
//   RandomStream random;
//   EXPECT_TRUE(CheckModuleGradients(ToRgb(config, 2, RefF64(&random)), {x, w}, [](const ToRgb& m, const Tensors& in) {
//     return m.Forward(in[0], m.Modulate(in[1]));
//   }));
#ifndef TESTS_SUPPORT_MODULE_GRADCHECK_H_
#define TESTS_SUPPORT_MODULE_GRADCHECK_H_

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nn/init.h"
#include "nn/module.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::testing {

using Tensors = std::vector<Tensor>;

inline nn::InitContext RefF64(RandomStream* random) {
  nn::InitContext init;
  init.device = Device::Ref();
  init.precision = nn::Precision::Uniform(DType::kF64);
  init.random = random;
  return init;
}

// Replaces the parameters of a module by the given tensors, in the order of Visit.
class ParameterSetter final : public nn::ParamVisitor {
 public:
  explicit ParameterSetter(const Tensor* next) : next_(next) {}

 private:
  void OnParameter(const std::string&, Tensor& parameter) override { parameter = *next_++; }

  const Tensor* next_;
};

// Checks the derivatives of function(module, inputs) with respect to the inputs and every parameter. Uses the given
// inputs, and parameters drawn from N(0,1) with options.seed.
template <typename Module>
::testing::AssertionResult CheckModuleGradients(Module module, const Tensors& inputs,
                                                const std::function<Tensor(const Module&, const Tensors&)>& function,
                                                const GradCheckOptions& options = {}) {
  Tensors all = inputs;
  for (const nn::NamedTensor& p : nn::Parameters(module)) {
    all.push_back(NormalF64(p.tensor.shape(), options.seed * 1000 + all.size()));
  }
  const size_t n = inputs.size();
  return CheckGradients(
      [&](const Tensors& x) {
        ParameterSetter setter(x.data() + n);
        module.Visit(setter);
        return function(module, Tensors(x.begin(), x.begin() + n));
      },
      all, options);
}

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_MODULE_GRADCHECK_H_
