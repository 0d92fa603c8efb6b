// One differentiable operation. Start reading the engine here.
//
// An operation is one small class. Infer checks the inputs and returns the shape and dtype of the output. Run calls one
// kernel of the backend. Vjp (the vector-Jacobian product) composes the gradient from public operations. These are
// recorded like any others, which makes gradients of any order possible. Describe lists the attributes, for exporters
// and profilers.
//
//   class SquareOp final : public Op {
//     const char* name() const override { return "Square"; }
//     void Describe(AttributeVisitor&) const override {}  // no attributes
//     TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
//     void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override;
//     std::vector<Tensor> Vjp(const VjpContext& c) const override { return {MulScaled(c.grad, SavedInput(c, 0), 2)}; }
//   };
#ifndef ENGINE_TENSOR_OP_H_
#define ENGINE_TENSOR_OP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "engine/backend/backend.h"
#include "engine/tensor/attribute_visitor.h"
#include "engine/tensor/storage.h"
#include "engine/tensor/tensor.h"

namespace sg {

// The arguments of Vjp. `grad` is the gradient with respect to the output. The values of inputs and output are
// available only if KeepsInput and KeepsOutput return true for them; their shapes and dtypes are always available.
// Rules read the values through SavedInput and SavedOutput (engine/ops/saved_value.h). needs[i] says whether the
// gradient with respect to input i is needed.
struct VjpContext {
  absl::Span<const Tensor> inputs;
  const Tensor& output;
  const Tensor& grad;
  const std::vector<bool>& needs;
};

class Op {
 public:
  virtual ~Op() = default;

  virtual const char* name() const = 0;
  // Passes every attribute to the visitor, always in the same order.
  virtual void Describe(AttributeVisitor& visitor) const = 0;
  // Aborts with "[name] ..." if the inputs are invalid.
  virtual TensorSpec Infer(absl::Span<const Tensor> inputs) const = 0;
  virtual void Run(Backend& backend, absl::Span<const TensorView> inputs, const TensorView& output) const = 0;
  // One gradient per input, undefined where it is zero or not needed. Each has the shape of its input and the
  // GradientType (engine/base/dtype_rules.h) of its dtype.
  virtual std::vector<Tensor> Vjp(const VjpContext& context) const = 0;

  // Which values Vjp reads. The graph does not keep the other buffers alive.
  virtual bool KeepsInput(int /*i*/) const { return true; }
  virtual bool KeepsOutput() const { return false; }
  // False if the gradient with respect to input i is zero everywhere. Grad then follows no path through that input.
  virtual bool PassesGradient(int /*i*/) const { return true; }
  // False if the output does not depend smoothly on any input (masks, signs). The output is then never recorded.
  virtual bool IsDifferentiable() const { return true; }
  // True if the output is the buffer of input 0 under another shape. Run is then not called.
  virtual bool IsView() const { return false; }
};

namespace internal {

// Records how a tensor was computed. Holds the output's buffer but not its ValueInfo, which would create a reference
// cycle.
struct Node {
  std::shared_ptr<const Op> op;
  std::vector<Tensor> inputs;       // without a buffer unless the operation keeps it
  std::shared_ptr<Storage> output;  // null unless the operation keeps it
  // The versions of the kept buffers when the operation ran. Grad refuses buffers that were overwritten since.
  std::vector<uint64_t> input_versions;
  uint64_t output_version = 0;
  ~Node();  // frees long chains without recursion
};

}  // namespace internal

}  // namespace sg

#endif  // ENGINE_TENSOR_OP_H_
