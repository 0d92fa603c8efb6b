#include "engine/ops/elementwise.h"

#include <cmath>
#include <limits>
#include <memory>

#include "engine/base/dtype_rules.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/saved_value.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

const char* FnName(UnaryFn fn) {
  switch (fn) {
    case UnaryFn::kAffine: return "Affine";
    case UnaryFn::kExp: return "Exp";
    case UnaryFn::kLog: return "Log";
    case UnaryFn::kSqrt: return "Sqrt";
    case UnaryFn::kRsqrt: return "Rsqrt";
    case UnaryFn::kReciprocal: return "Reciprocal";
    case UnaryFn::kSquare: return "Square";
    case UnaryFn::kAbs: return "Abs";
    case UnaryFn::kTanh: return "Tanh";
    case UnaryFn::kSigmoid: return "Sigmoid";
    case UnaryFn::kSoftplus: return "Softplus";
    case UnaryFn::kLeakyRelu: return "LeakyRelu";
    case UnaryFn::kClamp: return "Clamp";
    case UnaryFn::kSign: return "Sign";
    case UnaryFn::kLeakyReluMask: return "LeakyReluMask";
    case UnaryFn::kClampMask: return "ClampMask";
  }
  return "?";
}

Tensor ApplyUnary(UnaryFn fn, const Tensor& x, double alpha = 0, double beta = 0);

class UnaryOp final : public Op {
 public:
  UnaryOp(UnaryFn fn, double alpha, double beta) : fn_(fn), alpha_(alpha), beta_(beta) {}

  const char* name() const override { return FnName(fn_); }

  void Describe(AttributeVisitor& v) const override {
    switch (fn_) {
      case UnaryFn::kAffine:
        v.Real("scale", alpha_);
        v.Real("shift", beta_);
        break;
      case UnaryFn::kLeakyRelu:
      case UnaryFn::kLeakyReluMask: v.Real("slope", alpha_); break;
      case UnaryFn::kClamp:
      case UnaryFn::kClampMask:
        v.Real("low", alpha_);
        v.Real("high", beta_);
        break;
      default: break;
    }
  }

  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype())) << "[" << name() << "] needs a floating dtype, got " << in[0];
    return in[0].spec();
  }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Unary({in[0], out, fn_, alpha_, beta_});
  }

  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Tensor& g = c.grad;
    if (fn_ == UnaryFn::kAffine) return {ScaleIfNeeded(g, alpha_)};
    const Tensor x = KeepsInput(0) ? SavedInput(c, 0) : Tensor(), y = KeepsOutput() ? SavedOutput(c) : Tensor();
    switch (fn_) {
      case UnaryFn::kExp: return {Mul(g, y)};
      case UnaryFn::kLog: return {Div(g, x)};
      case UnaryFn::kSqrt: return {DivScaled(g, y, 0.5)};
      case UnaryFn::kRsqrt: return {DivScaled(Mul(g, y), x, -0.5)};
      case UnaryFn::kReciprocal: return {MulScaled(g, Square(y), -1)};
      case UnaryFn::kSquare: return {MulScaled(g, x, 2)};
      case UnaryFn::kAbs: return {Mul(g, Sign(x))};
      case UnaryFn::kTanh: return {Mul(g, Affine(Square(y), -1, 1))};
      case UnaryFn::kSigmoid: return {Mul(g, AddScaled(y, 1, Square(y), -1))};
      case UnaryFn::kSoftplus: return {Mul(g, Sigmoid(x))};
      case UnaryFn::kLeakyRelu: return {Mul(g, ApplyUnary(UnaryFn::kLeakyReluMask, x, alpha_))};
      case UnaryFn::kClamp: return {Mul(g, ApplyUnary(UnaryFn::kClampMask, x, alpha_, beta_))};
      case UnaryFn::kAffine:
      case UnaryFn::kSign:
      case UnaryFn::kLeakyReluMask:
      case UnaryFn::kClampMask: break;
    }
    return {Tensor()};
  }

  bool KeepsInput(int) const override { return fn_ == UnaryFn::kRsqrt || (fn_ != UnaryFn::kAffine && !KeepsOutput()); }
  bool KeepsOutput() const override {
    switch (fn_) {
      case UnaryFn::kExp:
      case UnaryFn::kSqrt:
      case UnaryFn::kRsqrt:
      case UnaryFn::kReciprocal:
      case UnaryFn::kTanh:
      case UnaryFn::kSigmoid: return true;
      default: return false;
    }
  }
  bool IsDifferentiable() const override {
    return fn_ != UnaryFn::kSign && fn_ != UnaryFn::kLeakyReluMask && fn_ != UnaryFn::kClampMask;
  }

 private:
  const UnaryFn fn_;
  const double alpha_, beta_;
};

// Kernels convert attributes to their compute type, f64 or f32. That conversion is undefined for a number beyond the
// range of f32, so such a number becomes infinite here.
double Saturated(double attribute, DType dtype) {
  if (dtype == DType::kF64 || !(std::abs(attribute) > std::numeric_limits<float>::max())) return attribute;
  return std::copysign(std::numeric_limits<double>::infinity(), attribute);
}

Tensor ApplyUnary(UnaryFn fn, const Tensor& x, double alpha, double beta) {
  return Apply(std::make_shared<UnaryOp>(fn, Saturated(alpha, x.dtype()), Saturated(beta, x.dtype())), {x});
}

TensorSpec BroadcastSpec(const char* name, const Tensor& a, const Tensor& b) {
  SG_CHECK(a.dtype() == b.dtype() && IsFloating(a.dtype()))
      << "[" << name << "] needs two operands of one floating dtype, got " << a << " and " << b;
  TensorSpec spec{Shape(), a.dtype()};
  SG_CHECK(BroadcastShapes(a.shape(), b.shape(), &spec.shape))
      << "[" << name << "] " << a << " and " << b << " do not broadcast";
  return spec;
}

// alpha * a * b summed to `shape`. Does not store the product if a sum is needed.
Tensor MulTo(const Tensor& a, const Tensor& b, const Shape& shape, double alpha) {
  return shape == a.shape() ? MulScaled(a, b, alpha) : MulSumTo(a, b, shape, alpha);
}

class BinaryOp final : public Op {
 public:
  BinaryOp(BinaryFn fn, double alpha, double beta) : fn_(fn), alpha_(alpha), beta_(beta) {}

  const char* name() const override {
    switch (fn_) {
      case BinaryFn::kAdd: return "Add";
      case BinaryFn::kMul: return "Mul";
      case BinaryFn::kDiv: return "Div";
      case BinaryFn::kMaximum: return "Maximum";
      case BinaryFn::kGreater: return "Greater";
    }
    return "?";
  }

  void Describe(AttributeVisitor& v) const override {
    if (fn_ == BinaryFn::kMaximum || fn_ == BinaryFn::kGreater) return;
    v.Real("alpha", alpha_);
    if (fn_ == BinaryFn::kAdd) v.Real("beta", beta_);
  }

  TensorSpec Infer(absl::Span<const Tensor> in) const override { return BroadcastSpec(name(), in[0], in[1]); }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Binary({in[0], in[1], out, fn_, alpha_, beta_});
  }

  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
    const Tensor& g = c.grad;
    std::vector<Tensor> result(2);
    switch (fn_) {
      case BinaryFn::kAdd:
        if (c.needs[0]) result[0] = SumTo(g, a, alpha_);
        if (c.needs[1]) {
          const bool equal = result[0].defined() && a == b && alpha_ == beta_;
          result[1] = equal ? result[0] : SumTo(g, b, beta_);
        }
        break;
      case BinaryFn::kMul:
        if (c.needs[0]) result[0] = MulTo(g, SavedInput(c, 1), a, alpha_);
        if (c.needs[1]) result[1] = MulTo(g, SavedInput(c, 0), b, alpha_);
        break;
      case BinaryFn::kDiv: {
        const Tensor quotient = Div(g, SavedInput(c, 1));
        if (c.needs[0]) result[0] = SumTo(quotient, a, alpha_);
        if (c.needs[1]) result[1] = MulTo(quotient, SavedOutput(c), b, -1);  // the output already has the factor alpha
        break;
      }
      case BinaryFn::kMaximum: {
        const Tensor a_wins = Greater(SavedInput(c, 0), SavedInput(c, 1));
        if (c.needs[0]) result[0] = MulTo(g, a_wins, a, 1);
        if (c.needs[1]) result[1] = MulTo(g, Affine(a_wins, -1, 1), b, 1);
        break;
      }
      case BinaryFn::kGreater: break;
    }
    return result;
  }

  bool KeepsInput(int i) const override {
    return fn_ == BinaryFn::kMul || fn_ == BinaryFn::kMaximum || (fn_ == BinaryFn::kDiv && i == 1);
  }
  bool KeepsOutput() const override { return fn_ == BinaryFn::kDiv; }
  bool IsDifferentiable() const override { return fn_ != BinaryFn::kGreater; }

 private:
  const BinaryFn fn_;
  const double alpha_, beta_;
};

class WhereOp final : public Op {
 public:
  const char* name() const override { return "Where"; }
  void Describe(AttributeVisitor&) const override {}

  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    TensorSpec spec = BroadcastSpec(name(), in[1], in[2]);
    SG_CHECK(in[0].dtype() == spec.dtype && BroadcastShapes(in[0].shape(), spec.shape, &spec.shape))
        << "[Where] condition " << in[0] << " does not fit " << in[1] << " and " << in[2];
    return spec;
  }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Where({in[0], in[1], in[2], out});
  }

  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(3);
    const Tensor condition = SavedInput(c, 0), zero = Tensor::Zeros({}, c.grad.dtype(), c.grad.device());
    if (c.needs[1]) result[1] = SumTo(Where(condition, c.grad, zero), c.inputs[1].shape());
    if (c.needs[2]) result[2] = SumTo(Where(condition, zero, c.grad), c.inputs[2].shape());
    return result;
  }

  bool KeepsInput(int i) const override { return i == 0; }
  bool PassesGradient(int i) const override { return i != 0; }
};

class CastOp final : public Op {
 public:
  explicit CastOp(DType dtype) : dtype_(dtype) {}

  const char* name() const override { return "Cast"; }
  void Describe(AttributeVisitor& v) const override { v.Choice("dtype", Name(dtype_)); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return {in[0].shape(), dtype_}; }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Cast({in[0], out});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const DType dtype = c.inputs[0].dtype();
    if (!IsFloating(dtype) || !IsFloating(dtype_)) return {Tensor()};
    return {Cast(c.grad, GradientType(dtype))};
  }
  bool KeepsInput(int) const override { return false; }
  bool IsDifferentiable() const override { return IsFloating(dtype_); }

 private:
  const DType dtype_;
};

Tensor ApplyBinary(BinaryFn fn, const Tensor& a, const Tensor& b, double alpha = 1, double beta = 1) {
  return Apply(std::make_shared<BinaryOp>(fn, alpha, beta), {a, b});
}

}  // namespace

Tensor Affine(const Tensor& x, double scale, double shift) { return ApplyUnary(UnaryFn::kAffine, x, scale, shift); }
Tensor Exp(const Tensor& x) { return ApplyUnary(UnaryFn::kExp, x); }
Tensor Log(const Tensor& x) { return ApplyUnary(UnaryFn::kLog, x); }
Tensor Sqrt(const Tensor& x) { return ApplyUnary(UnaryFn::kSqrt, x); }
Tensor Rsqrt(const Tensor& x) { return ApplyUnary(UnaryFn::kRsqrt, x); }
Tensor Reciprocal(const Tensor& x) { return ApplyUnary(UnaryFn::kReciprocal, x); }
Tensor Square(const Tensor& x) { return ApplyUnary(UnaryFn::kSquare, x); }
Tensor Abs(const Tensor& x) { return ApplyUnary(UnaryFn::kAbs, x); }
Tensor Tanh(const Tensor& x) { return ApplyUnary(UnaryFn::kTanh, x); }
Tensor Sigmoid(const Tensor& x) { return ApplyUnary(UnaryFn::kSigmoid, x); }
Tensor Softplus(const Tensor& x) { return ApplyUnary(UnaryFn::kSoftplus, x); }
Tensor LeakyRelu(const Tensor& x, double slope) { return ApplyUnary(UnaryFn::kLeakyRelu, x, slope); }
Tensor Clamp(const Tensor& x, double low, double high) { return ApplyUnary(UnaryFn::kClamp, x, low, high); }
Tensor Sign(const Tensor& x) { return ApplyUnary(UnaryFn::kSign, x); }

Tensor AddScaled(const Tensor& a, double alpha, const Tensor& b, double beta) {
  return ApplyBinary(BinaryFn::kAdd, a, b, alpha, beta);
}
Tensor MulScaled(const Tensor& a, const Tensor& b, double alpha) { return ApplyBinary(BinaryFn::kMul, a, b, alpha); }
Tensor DivScaled(const Tensor& a, const Tensor& b, double alpha) { return ApplyBinary(BinaryFn::kDiv, a, b, alpha); }
Tensor Maximum(const Tensor& a, const Tensor& b) { return ApplyBinary(BinaryFn::kMaximum, a, b); }
Tensor Greater(const Tensor& a, const Tensor& b) { return ApplyBinary(BinaryFn::kGreater, a, b); }
Tensor Where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return Apply(std::make_shared<WhereOp>(), {condition, a, b});
}
Tensor Cast(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : Apply(std::make_shared<CastOp>(dtype), {x});
}

}  // namespace sg
