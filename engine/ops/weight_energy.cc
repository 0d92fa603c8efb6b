#include "engine/ops/weight_energy.h"

#include <memory>

#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

Shape KeptShape(const Shape& w) { return {w.dim(0), 1, 1, w.dim(3)}; }

class WeightEnergyOp final : public Op {
 public:
  const char* name() const override { return "WeightEnergy"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype()) && in[0].shape().rank() == 4)
        << "[WeightEnergy] needs a floating weight [A,kH,kW,B], got " << in[0];
    return {{in[0].dim(0), in[0].dim(3)}, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.WeightEnergy({in[0], out, /*alpha=*/1});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    return {MulScaled(Reshape(c.grad, KeptShape(c.inputs[0].shape())), SavedInput(c, 0), 2)};
  }
};

}  // namespace

Tensor WeightEnergy(const Tensor& w) { return Apply(std::make_shared<WeightEnergyOp>(), {w}); }

}  // namespace sg
