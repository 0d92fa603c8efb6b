#include "tools/cli/sampling_flags.h"

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/number_list.h"

ABSL_FLAG(double, trunc, 1.0,
          "Truncation psi, which moves w towards the average latent. 1 leaves it; 0 gives the average image.");
ABSL_FLAG(int, trunc_cutoff, 0,
          "Truncate only the first so many of the network's K blocks or layers. 0 truncates all of them.");
ABSL_FLAG(std::string, noise_mode, "const",
          "\"const\", \"random\" or \"none\". With \"const\" all images have the same noise: the network's own, if it "
          "has some.");
ABSL_FLAG(int64_t, noise_seed, 0, "Seed of the noise that the network does not have.");

namespace sg::cli {
namespace {

// The shortest text that gives the number back.
std::string ExactText(double value) {
  constexpr int kShort = 15, kExact = 17;  // digits
  const std::string text = absl::StrFormat("%.*g", kShort, value);
  double back = 0;
  return absl::SimpleAtod(text, &back) && back == value ? text : absl::StrFormat("%.*g", kExact, value);
}

}  // namespace

absl::Status CheckSamplingFlags() {
  if (absl::GetFlag(FLAGS_trunc_cutoff) < 0) {
    return absl::InvalidArgumentError("--trunc-cutoff must not be negative");
  }
  const std::string mode = absl::GetFlag(FLAGS_noise_mode);
  if (mode != "const" && mode != "random" && mode != "none") {
    return absl::InvalidArgumentError(
        absl::StrCat("--noise-mode is \"", mode, "\", must be \"const\", \"random\" or \"none\""));
  }
  return absl::OkStatus();
}

gan::Truncation TruncationGiven() { return {absl::GetFlag(FLAGS_trunc), absl::GetFlag(FLAGS_trunc_cutoff)}; }

gan::SamplerNoise NoiseGiven() {
  const std::string mode = absl::GetFlag(FLAGS_noise_mode);
  return gan::SamplerNoise(mode == "const"    ? gan::NoiseMode::kConst
                           : mode == "random" ? gan::NoiseMode::kRandom
                                              : gan::NoiseMode::kNone,
                           static_cast<uint64_t>(absl::GetFlag(FLAGS_noise_seed)));
}

absl::StatusOr<std::vector<uint32_t>> ParseSeeds(absl::string_view flag, absl::string_view text) {
  NumberListLimits limits;
  limits.max = UINT32_MAX;
  limits.count = kMaxImages;
  const absl::StatusOr<std::vector<int64_t>> numbers = ParseNumberList(text, limits);
  if (!numbers.ok()) return absl::InvalidArgumentError(absl::StrCat(flag, ": ", numbers.status().message()));
  return std::vector<uint32_t>(numbers->begin(), numbers->end());
}

absl::StatusOr<std::vector<int64_t>> ParseEntries(absl::string_view flag, absl::string_view text,
                                                  const gan::ModelConfig& model) {
  NumberListLimits limits;
  limits.max = model.NumLatents() - 1;
  absl::StatusOr<std::vector<int64_t>> entries = ParseNumberList(text, limits);
  if (entries.ok()) return entries;
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", entries.status().message(), "; this network has the ",
                                                 model.latent_per_layer ? "layers" : "blocks", " 0 to ", limits.max));
}

std::vector<gan::PngText> RecipeText(absl::string_view program, const gan::Pretrained& network) {
  return {{"software", absl::StrCat("stylegan2.cpp ", program)},
          {"network", network.path},
          {"truncation", ExactText(absl::GetFlag(FLAGS_trunc))},
          {"truncation_cutoff", absl::StrCat(absl::GetFlag(FLAGS_trunc_cutoff))},
          {"noise_mode", absl::GetFlag(FLAGS_noise_mode)},
          {"noise_seed", absl::StrCat(absl::GetFlag(FLAGS_noise_seed))}};
}

}  // namespace sg::cli
