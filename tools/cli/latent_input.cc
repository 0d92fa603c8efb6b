#include "tools/cli/latent_input.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/ops/shape_ops.h"
#include "gan/model/common/latents.h"
#include "tools/cli/latent_file.h"
#include "tools/cli/network_flags.h"

namespace sg::cli {

LatentInput LatentInput::Seeds(std::vector<uint32_t> seeds) {
  LatentInput input;
  input.count_ = static_cast<int64_t>(seeds.size());
  input.seeds_ = std::move(seeds);
  return input;
}

absl::StatusOr<LatentInput> LatentInput::File(const std::string& path, bool is_w, const gan::ModelConfig& model,
                                              Device device) {
  absl::StatusOr<Tensor> read =
      ReadLatents(path, is_w ? model.WDim() : model.latent_dim, is_w ? model.NumLatents() : 0, device);
  if (!read.ok()) return read.status();
  LatentInput input;
  input.count_ = read->dim(0);
  input.rows_ = *std::move(read);
  input.path_ = path;
  input.is_w_ = is_w;
  return input;
}

absl::Status LatentInput::KeepRow(int64_t row) {
  if (row < 0 || row >= count_) {
    return absl::OutOfRangeError(absl::StrCat(path_, ": has ", count_, " rows, but row ", row, " is wanted"));
  }
  rows_ = Narrow(rows_, 0, row, 1);
  first_row_ += row;
  count_ = 1;
  return absl::OkStatus();
}

std::string LatentInput::Name(int64_t i) const {
  return seeds_.empty() ? absl::StrFormat("image%04d", first_row_ + i) : absl::StrFormat("seed%04d", seeds_[i]);
}

std::string LatentInput::Origin(int64_t i) const {
  return seeds_.empty() ? absl::StrCat(is_w_ ? "--w=" : "--z=", path_, " row ", first_row_ + i)
                        : absl::StrCat("--seeds=", seeds_[i]);
}

std::string LatentInput::Origins(const std::string& seeds) const {
  return seeds_.empty() ? absl::StrCat(is_w_ ? "--w=" : "--z=", path_) : absl::StrCat("--seeds=", seeds);
}

Tensor LatentInput::Map(const gan::Sampler& sampler, const gan::ModelConfig& model, const gan::Truncation& truncation,
                        Device device, int64_t begin, int64_t count) const {
  if (!seeds_.empty()) {
    const std::vector<uint32_t> part(seeds_.begin() + begin, seeds_.begin() + begin + count);
    return sampler.MapLatents(gan::LatentsFromSeeds(part, model.latent_dim, device), LabelsGiven(model, count, device),
                              truncation);
  }
  const Tensor rows = Narrow(rows_, 0, begin, count);
  if (!is_w_) return sampler.MapLatents(rows, LabelsGiven(model, count, device), truncation);
  return sampler.Truncate(
      rows.shape().rank() == 3 ? Permute(rows, {1, 0, 2}) : gan::RepeatLatent(rows, model.NumLatents()), truncation);
}

}  // namespace sg::cli
