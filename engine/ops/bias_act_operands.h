// The operands that BiasAct has beside x, for the operations that apply it: BiasAct itself, and Conv2d, which applies
// it to its result.
//
//   BiasActOperands operands(inputs, params, /*first=*/1);
//   operands.Set(in, &args);                      // in Run
//   const Tensor dx = operands.InputGrad(c);      // in Vjp
//   operands.SetOperandGrads(c, dx, &gradients);
#ifndef ENGINE_OPS_BIAS_ACT_OPERANDS_H_
#define ENGINE_OPS_BIAS_ACT_OPERANDS_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/ops/bias_act.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// The shape [N,1,...,1,C] of a scale that is broadcast over x [N,...,C].
Shape ScaleShape(const Shape& x);
// Aborts, naming the operation, if the scale is not [N,C] for `x`.
void CheckScale(const char* op, const Tensor& scale, const TensorSpec& x);
// The constants, for Op::Describe.
void DescribeParams(const BiasActParams& params, AttributeVisitor& v);
// Aborts, naming the operation, if the constants or the presence of the operands break the rules of bias_act.h.
void CheckBiasAct(const char* op, const BiasActInputs& inputs, const BiasActParams& params);

class BiasActOperands {
 public:
  // The tensors that `inputs` defines are the inputs of the operation from `first` on: scale, bias, noise, strength.
  BiasActOperands(const BiasActInputs& inputs, const BiasActParams& params, int first);
  static void Append(const BiasActInputs& inputs, std::vector<Tensor>* operands);

  void Describe(AttributeVisitor& v) const;
  // Aborts, naming the operation, if an operand does not fit x.
  void Check(const char* op, absl::Span<const Tensor> in, const TensorSpec& x) const;
  // Sets the operands and constants of BiasActArgs or of Conv2dEpilogue.
  template <typename Args>
  void Set(absl::Span<const TensorView> in, Args* args) const {
    if (scale_ > 0) args->scale = in[scale_];
    if (bias_ > 0) args->bias = in[bias_];
    if (noise_ > 0) {
      args->noise = in[noise_];
      args->strength = in[strength_];
    }
    args->in_gain = p_.in_gain;
    args->slope = p_.slope;
    args->gain = p_.gain;
    args->clamp = p_.clamp;
  }

  // The gradient with respect to x: that with respect to the pre-activation times in_gain and the scale.
  Tensor InputGrad(const VjpContext& c) const;
  // Sets the gradients with respect to bias, noise and strength where they are needed. `dx` is InputGrad: the sums over
  // it divide by its factors. The gradient with respect to the scale, which needs x, is left to the operation.
  void SetOperandGrads(const VjpContext& c, const Tensor& dx, std::vector<Tensor>* gradients) const;

  int scale() const { return scale_; }  // the index of the scale among the inputs; 0 without one
  bool KeepsInput(int i) const { return i != bias_; }
  bool KeepsOutput() const { return !IsLinear(); }

 private:
  bool IsLinear() const { return p_.slope == 1 && !(p_.clamp > 0); }

  int scale_ = 0, bias_ = 0, noise_ = 0, strength_ = 0;  // indices of inputs; 0 if not given
  BiasActParams p_;
};

}  // namespace sg

#endif  // ENGINE_OPS_BIAS_ACT_OPERANDS_H_
