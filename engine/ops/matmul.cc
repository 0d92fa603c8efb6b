#include "engine/ops/matmul.h"

#include <memory>

#include "engine/base/dtype_rules.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

class MatMulOp final : public Op {
 public:
  explicit MatMulOp(const MatMulParams& params) : p_(params) {}

  const char* name() const override { return "MatMul"; }
  void Describe(AttributeVisitor& v) const override {
    v.Flag("transpose_a", p_.transpose_a);
    v.Flag("transpose_b", p_.transpose_b);
    v.Real("alpha", p_.alpha);
  }

  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Tensor &a = in[0], &b = in[1];
    const int rank = a.shape().rank();
    SG_CHECK(a.dtype() == b.dtype() && IsFloating(a.dtype()) && b.shape().rank() == rank && (rank == 2 || rank == 3) &&
             (rank == 2 || a.dim(0) == b.dim(0)))
        << "[MatMul] needs two matrices, or two batches of equal length, of one floating dtype, got " << a << " and "
        << b;
    const int64_t m = a.dim(p_.transpose_a ? -1 : -2), k = a.dim(p_.transpose_a ? -2 : -1);
    const int64_t k_of_b = b.dim(p_.transpose_b ? -1 : -2), n = b.dim(p_.transpose_b ? -2 : -1);
    SG_CHECK(k == k_of_b) << "[MatMul] " << a << (p_.transpose_a ? " transposed" : "") << " times " << b
                          << (p_.transpose_b ? " transposed" : "") << ": inner extents " << k << " and " << k_of_b;
    return {rank == 2 ? Shape({m, n}) : Shape({a.dim(0), m, n}), ContractionType(a.dtype())};
  }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.MatMul({in[0], in[1], out, p_.transpose_a, p_.transpose_b, p_.alpha});
  }

  // For y = op(a) op(b): d op(a) = g op(b)^T and d op(b) = op(a)^T g. The gradient of a transposed operand is the
  // transpose of these.
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    const Tensor g = Cast(c.grad, a.dtype());
    std::vector<Tensor> result(2);
    if (c.needs[0]) {
      result[0] = p_.transpose_a ? MatMul(b, g, {p_.transpose_b, true, p_.alpha})
                                 : MatMul(g, b, {false, !p_.transpose_b, p_.alpha});
    }
    if (c.needs[1]) {
      result[1] = p_.transpose_b ? MatMul(g, a, {true, p_.transpose_a, p_.alpha})
                                 : MatMul(a, g, {!p_.transpose_a, false, p_.alpha});
    }
    return result;
  }

 private:
  const MatMulParams p_;
};

}  // namespace

Tensor MatMul(const Tensor& a, const Tensor& b, const MatMulParams& params) {
  return Apply(std::make_shared<MatMulOp>(params), {a, b});
}

}  // namespace sg
