// The latents that --seeds, --z or --w name.
//
//   const LatentInput latents = LatentInput::Seeds({85, 265});
//   const Tensor w = latents.Map(sampler, model, truncation, device, /*begin=*/0, latents.count());
#ifndef TOOLS_CLI_LATENT_INPUT_H_
#define TOOLS_CLI_LATENT_INPUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"
#include "gan/sample/sampler.h"

namespace sg::cli {

// They are mapped in parts, because w of all images may be larger than the memory.
class LatentInput {
 public:
  static LatentInput Seeds(std::vector<uint32_t> seeds);
  // The latents z or w of a file (latent_file.h). Errors are those of ReadLatents.
  static absl::StatusOr<LatentInput> File(const std::string& path, bool is_w, const gan::ModelConfig& model,
                                          Device device);

  int64_t count() const { return count_; }

  // Keeps only one row of a file. OutOfRange if it has fewer.
  absl::Status KeepRow(int64_t row);

  // The name of image i's file without its extension: "seed0085", "image0000".
  std::string Name(int64_t i) const;
  // The origin of latent i, for the text in a PNG file: "--seeds=85", "--w=w.npy row 3".
  std::string Origin(int64_t i) const;
  // The origin of all: "--w=w.npy", or "--seeds=" and `seeds`, which is their list.
  std::string Origins(const std::string& seeds) const;

  // w [num_latents,count,d] of the images [begin, begin + count), truncated. z are mapped with the labels of --class.
  Tensor Map(const gan::Sampler& sampler, const gan::ModelConfig& model, const gan::Truncation& truncation,
             Device device, int64_t begin, int64_t count) const;

 private:
  LatentInput() = default;

  int64_t count_ = 0;
  std::vector<uint32_t> seeds_;  // empty if the latents are from a file
  Tensor rows_;                  // [count,d] or [count,num_latents,d]
  std::string path_;
  int64_t first_row_ = 0;  // of the file
  bool is_w_ = false;
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_LATENT_INPUT_H_
