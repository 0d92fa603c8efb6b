// One differentiable operation. Start reading the engine here.
//
// An operation is one small class: Infer checks the inputs and says what comes out, Run calls one kernel of the backend, Vjp
// gives the gradient as a composition of public operations, which are recorded like any others. That is all that is needed
// for gradients of any order.
//
//   class SquareOp final : public Op {
//     const char* name() const override { return "Square"; }
//     TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
//     void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override;
//     std::vector<Tensor> Vjp(const VjpContext& c) const override { return {Scale(Mul(c.grad, c.inputs[0]), 2)}; }
//   };
#ifndef ENGINE_TENSOR_OP_H_
#define ENGINE_TENSOR_OP_H_

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "engine/backend/backend.h"
#include "engine/tensor/tensor.h"

namespace sg {

// What Vjp may use: `grad` is d(loss)/d(output). The values of inputs and output are there only as far as KeepsInput and
// KeepsOutput promise; their shapes always are. needs[i] says whether anybody asked for the gradient of input i.
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
  // Aborts with "[name] ..." where the inputs do not fit.
  virtual TensorSpec Infer(absl::Span<const Tensor> inputs) const = 0;
  virtual void Run(Backend& backend, absl::Span<const TensorView> inputs, const TensorView& output) const = 0;
  // One gradient per input, undefined where it is zero or not needed. The gradient of a bf16 tensor is f32; any other has
  // the dtype of its tensor.
  virtual std::vector<Tensor> Vjp(const VjpContext& context) const = 0;

  // Which values Vjp reads. What is not kept is freed as soon as nobody else uses it.
  virtual bool KeepsInput(int /*i*/) const { return true; }
  virtual bool KeepsOutput() const { return false; }
  // False: the gradient of input i is zero everywhere, so that Grad follows no path through it.
  virtual bool PassesGradient(int /*i*/) const { return true; }
  // False: the output does not depend smoothly on any input (masks, signs) and is never recorded.
  virtual bool IsDifferentiable() const { return true; }
  // True: the output is the buffer of input 0 under another shape, and Run is not called.
  virtual bool IsView() const { return false; }
};

// How a recorded tensor was computed. Holds the output's buffer but not its Place: no cycle.
struct Node {
  std::shared_ptr<const Op> op;
  std::vector<Tensor> inputs;  // without a buffer where the operation does not keep it
  std::shared_ptr<Storage> output;
  ~Node();  // frees long chains without recursion
};

}  // namespace sg

#endif  // ENGINE_TENSOR_OP_H_
