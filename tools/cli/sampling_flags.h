// --trunc, --trunc-cutoff, --noise-mode and --noise-seed, which the tools share that make pictures of latents. A
// program that links this has the flags.
//
//   const absl::Status sampling = CheckSamplingFlags();
//   if (!sampling.ok()) return UsageError(program, sampling.message());
//   const Tensor w = sampler.MapLatents(z, labels, TruncationGiven());
#ifndef TOOLS_CLI_SAMPLING_FLAGS_H_
#define TOOLS_CLI_SAMPLING_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"
#include "gan/image/encode_png.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"

namespace sg::cli {

constexpr int64_t kMaxImages = 100000;  // of one command

// InvalidArgument names the flag that is wrong.
absl::Status CheckSamplingFlags();
gan::Truncation TruncationGiven();
// Requires CheckSamplingFlags.
gan::SamplerNoise NoiseGiven();

// A list of at most kMaxImages seeds, "0,1,4-6". The error begins with `flag`, "--seeds".
absl::StatusOr<std::vector<uint32_t>> ParseSeeds(absl::string_view flag, absl::string_view text);

// A list of entries of w, "0-3,5", each a layer's or a block's of `model`. The error begins with `flag`, "--styles".
absl::StatusOr<std::vector<int64_t>> ParseEntries(absl::string_view flag, absl::string_view text,
                                                  const gan::ModelConfig& model);

// How `program` makes pictures of `network`, for the text in a PNG file.
std::vector<gan::PngText> RecipeText(absl::string_view program, const gan::Pretrained& network);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SAMPLING_FLAGS_H_
