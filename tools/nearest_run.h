// What `train` does at each snapshot to show that its pictures are no copies.
//
//   NearestRun nearest(&dataset, device);
//   absl::StatusOr<std::string> line = nearest.Update(fakes, evaluator, trainer, run, progress);
#ifndef TOOLS_NEAREST_RUN_H_
#define TOOLS_NEAREST_RUN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/metrics/data_statistics.h"
#include "gan/metrics/evaluator.h"
#include "gan/metrics/nearest_images.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::cli {

class NearestRun {
 public:
  static constexpr int kShown = 24;         // pairs on the sheet, the nearest ones
  static constexpr int kMaxTileSide = 256;  // pixels; larger pictures are shrunk

  // The data set must outlive this object.
  NearestRun(gan::Dataset* dataset, Device device) : dataset_(dataset), device_(device) {}

  // Compares the pictures of a snapshot's sheet, whose seeds are 0, 1, ..., with the training images: by the features
  // of `evaluator` if it is not null and has those of all images, and otherwise by pixels, which costs little. The
  // images are read at the first call. Writes the sheet and a line of metric-nearest.jsonl, and returns a sentence for
  // the log. Errors: those of NearestImages, and of writing.
  absl::StatusOr<std::string> Update(const std::vector<gan::Image>& fakes, const gan::MetricEvaluator* evaluator,
                                     const gan::Trainer& trainer, const gan::RunDirectory& run,
                                     const gan::MetricProgress& progress);

 private:
  absl::Status Prepare(const gan::MetricEvaluator* evaluator, const gan::MetricProgress& progress);

  gan::Dataset* const dataset_;
  const Device device_;
  std::optional<gan::NearestImages> nearest_;
};

}  // namespace sg::cli

#endif  // TOOLS_NEAREST_RUN_H_
