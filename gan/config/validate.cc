#include "gan/config/validate.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "gan/config/fields.h"

namespace sg::gan {
namespace {

constexpr int kMinMbstdGroup = 2;  // one image has no deviation

bool IsPowerOfTwo(int n) { return n > 0 && (n & (n - 1)) == 0; }

// The nearest power of two, of two equally near the smaller, for n > 0.
int NearestPowerOfTwo(int n) {
  int below = 1;
  while (below <= n / 2) below *= 2;
  return n - below <= 2 * below - n ? below : 2 * below;
}

// Sets *status, unless it is an error already.
template <typename T>
void CheckRange(const T& value, const Field& field, absl::Status* status) {
  if constexpr (std::is_arithmetic_v<T>) {
    if (!status->ok() || !field.range()) return;
    if (value >= field.range()->low && value <= field.range()->high) return;  // a NaN is in no range
    *status = absl::InvalidArgumentError(
        absl::StrCat(field.Label(), " is ", value, ", must be ", RangeText<T>(*field.range())));
  }
}

// The divisor of `n` nearest below `wanted` but at least `low`, else the nearest above; 0 if there is none.
int NearestDivisor(int n, int wanted, int low) {
  for (int d = std::min(wanted, n); d >= low; --d) {
    if (n % d == 0) return d;
  }
  for (int d = std::max(wanted, low); d <= n; ++d) {
    if (n % d == 0) return d;
  }
  return 0;
}

// What would make the groups of the minibatch standard deviation fit: "--mbstd-group=4 or --grad-accum=2".
std::string FittingGroups(const TrainConfig& c) {
  const int group = NearestDivisor(c.MicroBatch(), c.model.mbstd_group, kMinMbstdGroup);
  const int parts =
      c.batch % c.model.mbstd_group == 0 ? NearestDivisor(c.batch / c.model.mbstd_group, c.grad_accum, /*low=*/1) : 0;
  std::string fitting = group > 0 ? absl::StrCat("--mbstd-group=", group) : "";
  if (parts > 0) absl::StrAppend(&fitting, fitting.empty() ? "" : " or ", "--grad-accum=", parts);
  return fitting.empty() ? absl::StrCat("--batch=", c.model.mbstd_group * c.grad_accum) : fitting;
}

}  // namespace

absl::Status Validate(const ModelConfig& m) {
  absl::Status ranges;
  const auto check = [&ranges](const auto& value, const Field& field) { CheckRange(value, field, &ranges); };
  VisitModelFields(check, m);
  if (!ranges.ok()) return ranges;
  if (!IsPowerOfTwo(m.resolution)) {
    return absl::InvalidArgumentError(absl::StrCat("resolution (--res) is ", m.resolution,
                                                   ", must be a power of two; the nearest is ",
                                                   NearestPowerOfTwo(m.resolution)));
  }
  if (m.channel_base != 0 && m.channel_base < m.resolution) {
    return absl::InvalidArgumentError(absl::StrCat("channel_base is ", m.channel_base,
                                                   ", must be 0 or at least resolution = ", m.resolution,
                                                   "; the largest size has no channel otherwise"));
  }
  if (m.mbstd_group != 0 && m.mbstd_group < kMinMbstdGroup) {
    return absl::InvalidArgumentError(
        absl::StrCat("mbstd_group is ", m.mbstd_group, ", must be 0 (the whole batch) or at least ", kMinMbstdGroup));
  }
  const int64_t features = m.Channels(m.d_features, m.NumBlocks() - 1);
  if (m.mbstd_channels != 0 && features % m.mbstd_channels != 0) {
    return absl::InvalidArgumentError(absl::StrCat("mbstd_channels is ", m.mbstd_channels,
                                                   ", which does not divide the discriminator's ", features,
                                                   " features at 4x4"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const TrainConfig& c) {
  absl::Status ranges = Validate(c.model);
  ForEachField(c, [&ranges](const auto& value, const Field& field) { CheckRange(value, field, &ranges); });
  if (!ranges.ok()) return ranges;
  if (c.batch % c.grad_accum != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch is ", c.batch, ", which does not divide into grad_accum = ", c.grad_accum,
                     " parts; --grad-accum=", NearestDivisor(c.batch, c.grad_accum, /*low=*/1), " would do"));
  }
  if (c.optimizer.freeze_d > c.model.FreezableLayers()) {
    return absl::InvalidArgumentError(absl::StrCat("freeze_d (--freezed) is ", c.optimizer.freeze_d,
                                                   ", but the discriminator has ", c.model.FreezableLayers(),
                                                   " layers before its head"));
  }
  if (c.model.mbstd_group == 0 && c.model.mbstd_channels > 0 && c.MicroBatch() < kMinMbstdGroup) {
    return absl::InvalidArgumentError(
        absl::StrCat("a micro-batch is 1 image, with which mbstd_group = 0 has nothing to compare it; --grad-accum=",
                     NearestDivisor(c.batch, c.batch / kMinMbstdGroup, /*low=*/1), " would do"));
  }
  if (c.model.mbstd_group != 0 && c.MicroBatch() % c.model.mbstd_group != 0) {
    return absl::InvalidArgumentError(absl::StrCat("a micro-batch is ", c.MicroBatch(),
                                                   " images, which does not divide into groups of mbstd_group = ",
                                                   c.model.mbstd_group, "; ", FittingGroups(c), " would do"));
  }
  if (c.augment.HasPipe() && c.augment.HasImageFilter() && c.model.resolution < kSmallestFilteredSize) {
    return absl::InvalidArgumentError(absl::StrCat("resolution (--res) is ", c.model.resolution, ", but augpipe = \"",
                                                   EnumName(c.augment.pipe), "\" filters images of at least ",
                                                   kSmallestFilteredSize, " pixels; --augpipe=bgc would do"));
  }
  const bool p_grows = c.schedule.kimg > 0 && c.schedule.final_p > 0;
  if (c.augment.aug == AugMode::kFixed && c.augment.p == 0 && !p_grows) {
    return absl::InvalidArgumentError("aug is \"fixed\" with the probability 0, which changes nothing; give --p");
  }
  if (c.augment.aug == AugMode::kAda && c.loss.IsRelativistic()) {
    return absl::InvalidArgumentError(
        "aug is \"ada\", which follows the signs of scores, but with loss = \"relativistic\" only the differences of "
        "scores mean anything; --aug=fixed --p=0.3 or --loss=logistic would do");
  }
  if (c.loss.HasPathLength() && c.MicroBatch() % c.loss.pl_batch_shrink != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a micro-batch is ", c.MicroBatch(),
        " images, which does not divide by pl_batch_shrink = ", c.loss.pl_batch_shrink,
        "; --pl-batch-shrink=", NearestDivisor(c.MicroBatch(), c.loss.pl_batch_shrink, /*low=*/1), " would do"));
  }
  return absl::OkStatus();
}

}  // namespace sg::gan
