#include "gan/augment/ada_controller.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"

namespace sg::gan {

void AdaController::Read() {
  for (const Pending& pending : pending_) {
    const double mean = pending.mean_sign.Item();
    if (!std::isfinite(mean)) continue;
    images_ += pending.images;
    signs_ += std::llround((1 + mean) * static_cast<double>(pending.images));
  }
  pending_.clear();
}

void AdaController::Start(double p) {
  SG_CHECK(p >= 0) << "[AdaController] p " << p;
  const double most = static_cast<double>(kAdaMost);
  units_ = static_cast<int64_t>(std::min(most, std::round(p * static_cast<double>(kAdaUnits))));
}

void AdaController::EndStep(const AdaRule& rule, int64_t steps) {
  if (steps % kAdaInterval != 0) return;
  Read();
  if (images_ > 0) {
    const double mean_sign = static_cast<double>(signs_ - images_) / static_cast<double>(images_);
    const double change = rule.batch * kAdaInterval / (rule.kimg * 1000) * static_cast<double>(kAdaUnits);
    const double direction = mean_sign > rule.target ? 1 : mean_sign < rule.target ? -1 : 0;
    const double moved = static_cast<double>(units_) + direction * std::round(change);
    units_ = static_cast<int64_t>(std::clamp(moved, 0.0, static_cast<double>(kAdaMost)));
  }
  images_ = signs_ = 0;
}

}  // namespace sg::gan
