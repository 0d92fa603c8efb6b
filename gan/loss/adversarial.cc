#include "gan/loss/adversarial.h"

#include "engine/base/check.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace sg::gan {
namespace {

Tensor None(AdversarialLoss loss) {
  SG_CHECK(false) << "[gan/loss] no loss of one kind of image for \"" << EnumName(loss) << "\"";
  return {};
}

}  // namespace

Tensor RealLoss(AdversarialLoss loss, const Tensor& real_scores, double label_smoothing) {
  switch (loss) {
    case AdversarialLoss::kHinge: return Mean(Relu(Affine(real_scores, -1, 1)));
    case AdversarialLoss::kLogistic: {
      const Tensor hard = Mean(Softplus(Neg(real_scores)));
      return label_smoothing == 0 ? hard : AddScaled(hard, 1, Mean(real_scores), label_smoothing);
    }
    case AdversarialLoss::kRelativistic: break;
  }
  return None(loss);
}

Tensor FakeLoss(AdversarialLoss loss, const Tensor& fake_scores) {
  switch (loss) {
    case AdversarialLoss::kHinge: return Mean(Relu(Affine(fake_scores, 1, 1)));
    case AdversarialLoss::kLogistic: return Mean(Softplus(fake_scores));
    case AdversarialLoss::kRelativistic: break;
  }
  return None(loss);
}

Tensor GeneratorLoss(AdversarialLoss loss, const Tensor& fake_scores) {
  switch (loss) {
    case AdversarialLoss::kHinge: return SumTo(fake_scores, {}, -1.0 / fake_scores.NumElements());
    case AdversarialLoss::kLogistic: return Mean(Softplus(Neg(fake_scores)));
    case AdversarialLoss::kRelativistic: break;
  }
  return None(loss);
}

Tensor RelativisticLoss(const Tensor& higher, const Tensor& lower) {
  SG_CHECK(higher.shape() == lower.shape()) << "[RelativisticLoss] scores " << higher << " and " << lower;
  return Mean(Softplus(Sub(lower, higher)));
}

}  // namespace sg::gan
