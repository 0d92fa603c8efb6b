#include "gan/train/health.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "gan/augment/ada_controller.h"

namespace sg::gan {
namespace {

std::optional<double> MeanOf(const std::map<std::string, Summary>& scalars, const char* name) {
  const auto found = scalars.find(name);
  if (found == scalars.end() || found->second.num == 0) return std::nullopt;
  return found->second.mean;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void HealthMonitor::Judge(const char* name, bool holds, int patience, const std::string& warning,
                          std::vector<std::string>* warnings) {
  Condition& condition = conditions_[name];
  if (!holds) {
    condition = Condition();
    return;
  }
  if (++condition.ticks < patience || condition.told) return;
  condition.told = true;
  warnings->push_back(warning);
}

std::vector<std::string> HealthMonitor::Tick(const std::map<std::string, Summary>& scalars, bool augment_at_limit) {
  std::vector<std::string> warnings;
  const std::optional<double> loss = MeanOf(scalars, "Loss/D/loss");
  const std::optional<double> real = MeanOf(scalars, "Loss/scores/real"), fake = MeanOf(scalars, "Loss/scores/fake");
  Judge("augmentation at its limit", augment_at_limit, /*patience=*/1,
        absl::StrFormat("augmentation has reached its largest probability, %g, and the discriminator still knows the "
                        "images too well; there may be too few of them",
                        static_cast<double>(kAdaMost) / static_cast<double>(kAdaUnits)),
        &warnings);
  // Adaptive augmentation is the answer to a discriminator that knows the images, until it reaches its limit.
  const bool adapts = config_.augment.aug == AugMode::kAda;
  Judge("is sure of all", loss && *loss < kSureLoss && !adapts, kPatience,
        absl::StrFormat(
            "the discriminator has told real images from fakes without a mistake for %d ticks: it may know the "
            "images by heart, and pictures then get worse. Try --aug=ada, --mirror or more images",
            kPatience),
        &warnings);
  Judge(
      "sees no difference", real && fake && std::abs(*real - *fake) < kNoDifference, kPatience,
      absl::StrFormat("the discriminator has seen no difference between real images and fakes for %d ticks, and so the "
                      "generator learns nothing. Try a smaller --gamma",
                      kPatience),
      &warnings);
  // A constant in all scores means nothing to the relativistic loss.
  const bool may_drift = config_.loss.IsRelativistic();
  Judge("scores drift", real && fake && !may_drift && std::min(std::abs(*real), std::abs(*fake)) > kDrift, kPatience,
        absl::StrFormat("the scores of the discriminator have drifted to %.0f and %.0f. Try a smaller --lr",
                        real.value_or(0), fake.value_or(0)),
        &warnings);
  for (const auto& [name, summary] : scalars) {
    if (!absl::StartsWith(name, "Gradient/") || summary.num == 0) continue;
    std::vector<double>& last = norms_[name];
    const bool grows = last.size() == kPatience && summary.mean > kGrowth * Median(last);
    Judge(
        name.c_str(), grows, /*patience=*/1,
        absl::StrFormat("%s is suddenly %.3g, more than %g times what it was; training may be about to diverge. If it "
                        "does, resume from an earlier checkpoint with a smaller --lr or a larger --gamma",
                        name, summary.mean, kGrowth),
        &warnings);
    if (last.size() == kPatience) last.erase(last.begin());
    last.push_back(summary.mean);
  }
  return warnings;
}

std::vector<std::string> HealthMonitor::Sheet(const std::vector<Image>& images) {
  const double difference = MeanDifference(images);
  std::vector<std::string> warnings;
  Judge("collapse", difference < kCollapse * largest_difference_, /*patience=*/1,
        absl::StrFormat("the pictures have become alike (they differ by %.1f of 255, and differed by %.1f before): the "
                        "generator may have collapsed. Resume from an earlier checkpoint, with a larger --gamma or a "
                        "smaller --lr",
                        difference, largest_difference_),
        &warnings);
  largest_difference_ = std::max(largest_difference_, difference);
  return warnings;
}

double MeanDifference(const std::vector<Image>& images) {
  SG_CHECK(images.size() > 1) << "[MeanDifference] " << images.size() << " images";
  double sum = 0;
  for (size_t i = 1; i < images.size(); ++i) {
    const std::vector<uint8_t>&a = images[i - 1].pixels, &b = images[i].pixels;
    SG_CHECK(a.size() == b.size() && !a.empty()) << "[MeanDifference] images of " << a.size() << " and " << b.size();
    double squares = 0;
    for (size_t k = 0; k < a.size(); ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
    sum += std::sqrt(squares / static_cast<double>(a.size()));
  }
  return sum / static_cast<double>(images.size() - 1);
}

}  // namespace sg::gan
