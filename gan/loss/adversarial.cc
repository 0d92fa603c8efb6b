#include "gan/loss/adversarial.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace sg::gan {
namespace {

bool IsHinge(const std::string& loss) {
  SG_CHECK(loss == "hinge" || loss == "logistic") << "[Loss] no loss \"" << loss << "\"";
  return loss == "hinge";
}

}  // namespace

Tensor RealLoss(const std::string& loss, const Tensor& real_scores) {
  return IsHinge(loss) ? Mean(Relu(Affine(real_scores, -1, 1))) : Mean(Softplus(Neg(real_scores)));
}

Tensor FakeLoss(const std::string& loss, const Tensor& fake_scores) {
  return IsHinge(loss) ? Mean(Relu(Affine(fake_scores, 1, 1))) : Mean(Softplus(fake_scores));
}

Tensor GeneratorLoss(const std::string& loss, const Tensor& fake_scores) {
  if (IsHinge(loss)) return SumTo(fake_scores, {}, -1.0 / fake_scores.NumElements());
  return Mean(Softplus(Neg(fake_scores)));
}

}  // namespace sg::gan
