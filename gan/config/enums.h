// The enums of the configuration. Each has one table of names, which JSON, flags, error messages and --help read.
//
//   absl::StatusOr<AdversarialLoss> loss = ParseEnum<AdversarialLoss>("loss", "hinge");
//   EnumName(*loss);                 // "hinge"
//   EnumChoices<AdversarialLoss>();  // "\"hinge\", \"logistic\" or \"relativistic\""
#ifndef GAN_CONFIG_ENUMS_H_
#define GAN_CONFIG_ENUMS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

// How the mapping network normalizes z.
enum class LatentNorm {
  kUnit,  // to length 1
  kRms,   // to mean square 1 (the paper)
};

// The filter of up- and down-sampling.
enum class Resampling {
  kBilinear,  // bilinear and the blur [1,2,1], with replicated edges
  kFir,       // [1,3,3,1] with zeros beyond the edge (the paper)
};

// The range of the networks' pixels.
enum class ImageRange {
  kZeroToOne,
  kMinusOneToOne,  // the paper
};

// How features and images pass from one size of a network to the next.
enum class Architecture {
  kSkip,    // images are added up over all sizes; the discriminator adds features of the image at every size
  kResnet,  // features are added to those that went around the block
  kOrig,    // neither
};

enum class AdversarialLoss {
  kHinge,
  kLogistic,      // non-saturating (the paper)
  kRelativistic,  // of pairs of a real image and a fake (R3GAN)
};

// How images change before the discriminator sees them.
enum class AugMode {
  kNone,
  kFixed,    // with a probability that stays the same
  kAda,      // with a probability that follows the discriminator's overfitting
  kDiffAug,  // DiffAugment: always
};

// The transforms of kFixed and kAda. The later names add to kBg in this order.
enum class AugPipe { kBlit, kGeom, kColor, kFilter, kNoise, kCutout, kBg, kBgc, kBgcf, kBgcfn, kBgcfnc };

// What a training does when many updates in a row had gradients that were not finite.
enum class OnDivergence {
  kStop,
  kRollback,  // goes back to the last good state, with lower learning rates
};

// What BatchLoader does about a file that cannot be read or decoded.
enum class OnBadImage { kFail, kSkip };

// The number format in which convolutions compute.
enum class ConvPrecision {
  kF32,
  kBf16,  // where the hardware has it
};

template <typename E>
struct NamedValue {
  E value;
  const char* name;
};

// The names of E's values. A new value is written in the enum and in this table.
template <typename E>
struct EnumTable;

template <>
struct EnumTable<LatentNorm> {
  static constexpr NamedValue<LatentNorm> kValues[] = {{LatentNorm::kUnit, "unit"}, {LatentNorm::kRms, "rms"}};
};

template <>
struct EnumTable<Resampling> {
  static constexpr NamedValue<Resampling> kValues[] = {{Resampling::kBilinear, "bilinear"}, {Resampling::kFir, "fir"}};
};

template <>
struct EnumTable<ImageRange> {
  static constexpr NamedValue<ImageRange> kValues[] = {{ImageRange::kZeroToOne, "[0,1]"},
                                                       {ImageRange::kMinusOneToOne, "[-1,1]"}};
};

template <>
struct EnumTable<Architecture> {
  static constexpr NamedValue<Architecture> kValues[] = {
      {Architecture::kSkip, "skip"}, {Architecture::kResnet, "resnet"}, {Architecture::kOrig, "orig"}};
};

template <>
struct EnumTable<AdversarialLoss> {
  static constexpr NamedValue<AdversarialLoss> kValues[] = {{AdversarialLoss::kHinge, "hinge"},
                                                            {AdversarialLoss::kLogistic, "logistic"},
                                                            {AdversarialLoss::kRelativistic, "relativistic"}};
};

template <>
struct EnumTable<AugMode> {
  static constexpr NamedValue<AugMode> kValues[] = {
      {AugMode::kNone, "noaug"}, {AugMode::kFixed, "fixed"}, {AugMode::kAda, "ada"}, {AugMode::kDiffAug, "diffaug"}};
};

template <>
struct EnumTable<AugPipe> {
  static constexpr NamedValue<AugPipe> kValues[] = {
      {AugPipe::kBlit, "blit"},     {AugPipe::kGeom, "geom"},    {AugPipe::kColor, "color"},
      {AugPipe::kFilter, "filter"}, {AugPipe::kNoise, "noise"},  {AugPipe::kCutout, "cutout"},
      {AugPipe::kBg, "bg"},         {AugPipe::kBgc, "bgc"},      {AugPipe::kBgcf, "bgcf"},
      {AugPipe::kBgcfn, "bgcfn"},   {AugPipe::kBgcfnc, "bgcfnc"}};
};

template <>
struct EnumTable<OnDivergence> {
  static constexpr NamedValue<OnDivergence> kValues[] = {{OnDivergence::kStop, "stop"},
                                                         {OnDivergence::kRollback, "rollback"}};
};

template <>
struct EnumTable<OnBadImage> {
  static constexpr NamedValue<OnBadImage> kValues[] = {{OnBadImage::kFail, "fail"}, {OnBadImage::kSkip, "skip"}};
};

template <>
struct EnumTable<ConvPrecision> {
  static constexpr NamedValue<ConvPrecision> kValues[] = {{ConvPrecision::kF32, "f32"}, {ConvPrecision::kBf16, "bf16"}};
};

namespace internal {

// {"a", "b", "c"} -> "\"a\", \"b\" or \"c\"".
std::string QuotedChoices(const std::vector<absl::string_view>& names);

}  // namespace internal

// The name in E's table, or "?" for a number that is no value of E.
template <typename E>
const char* EnumName(E value) {
  for (const NamedValue<E>& named : EnumTable<E>::kValues) {
    if (named.value == value) return named.name;
  }
  return "?";
}

// Every name of E, quoted, for a sentence.
template <typename E>
std::string EnumChoices() {
  std::vector<absl::string_view> names;
  for (const NamedValue<E>& named : EnumTable<E>::kValues) names.push_back(named.name);
  return internal::QuotedChoices(names);
}

// InvalidArgument for a text that is no name of E: "loss is "x", must be "hinge", "logistic" or "relativistic"",
// where `field` is "loss".
template <typename E>
absl::StatusOr<E> ParseEnum(absl::string_view field, absl::string_view text) {
  for (const NamedValue<E>& named : EnumTable<E>::kValues) {
    if (named.name == text) return named.value;
  }
  return absl::InvalidArgumentError(absl::StrCat(field, " is \"", text, "\", must be ", EnumChoices<E>()));
}

}  // namespace sg::gan

#endif  // GAN_CONFIG_ENUMS_H_
