#include "gan/loss/adversarial.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace sg::gan {
Tensor RealLoss(AdversarialLoss loss, const Tensor& real_scores) {
  switch (loss) {
    case AdversarialLoss::kHinge: return Mean(Relu(Affine(real_scores, -1, 1)));
    case AdversarialLoss::kLogistic: return Mean(Softplus(Neg(real_scores)));
  }
  return {};
}

Tensor FakeLoss(AdversarialLoss loss, const Tensor& fake_scores) {
  switch (loss) {
    case AdversarialLoss::kHinge: return Mean(Relu(Affine(fake_scores, 1, 1)));
    case AdversarialLoss::kLogistic: return Mean(Softplus(fake_scores));
  }
  return {};
}

Tensor GeneratorLoss(AdversarialLoss loss, const Tensor& fake_scores) {
  switch (loss) {
    case AdversarialLoss::kHinge: return SumTo(fake_scores, {}, -1.0 / fake_scores.NumElements());
    case AdversarialLoss::kLogistic: return Mean(Softplus(Neg(fake_scores)));
  }
  return {};
}

}  // namespace sg::gan
