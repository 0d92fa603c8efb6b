#include "tools/nearest_run.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/string_view.h"
#include "gan/image/image_grid.h"
#include "gan/image/resize.h"
#include "gan/image/write_png.h"
#include "nlohmann/json.hpp"
#include "tools/nearest_sheet.h"

namespace sg::cli {
namespace {

constexpr int kColumns = 4;

gan::Image Tile(const gan::Image& image) {
  const int longest = std::max(image.width, image.height);
  if (longest <= NearestRun::kMaxTileSide) return image;
  return gan::ResizeLanczos(image, std::max(1, image.width * NearestRun::kMaxTileSide / longest),
                            std::max(1, image.height * NearestRun::kMaxTileSide / longest));
}

// As those of metrics, which a resumed run trims.
std::string JsonLine(const NearestSheet& sheet, const gan::Trainer& trainer) {
  nlohmann::ordered_json line;
  line["metric"] = "nearest";
  line["results"] = {{"nearest_median", sheet.median_ratio},
                     {"nearest_least", sheet.pairs.front().ratio},
                     {"nearest_suspicious", sheet.suspicious}};
  line["num_fakes"] = sheet.pictures;
  line["num_reals"] = sheet.images;
  line["protocol"] = sheet.protocol;
  line["step"] = trainer.steps();
  line["timestamp"] = std::time(nullptr);
  return line.dump();
}

}  // namespace

absl::Status NearestRun::Prepare(const gan::MetricEvaluator* evaluator, const gan::MetricProgress& progress) {
  const gan::FeatureRows* const rows = evaluator != nullptr ? evaluator->real_rows() : nullptr;
  absl::StatusOr<gan::NearestImages> nearest =
      rows != nullptr ? gan::NearestImages::OfFeatures(*rows, evaluator->features(), device_)
                      : gan::NearestImages::OfPixels(dataset_, device_, progress);
  if (!nearest.ok()) return nearest.status();
  nearest_.emplace(*std::move(nearest));
  return absl::OkStatus();
}

absl::StatusOr<std::string> NearestRun::Update(const std::vector<gan::Image>& fakes,
                                               const gan::MetricEvaluator* evaluator, const gan::Trainer& trainer,
                                               const gan::RunDirectory& run, const gan::MetricProgress& progress) {
  if (!nearest_) {
    const absl::Status prepared = Prepare(evaluator, progress);
    if (!prepared.ok()) return prepared;
  }
  const gan::NearestPairs found = nearest_->Find(fakes);
  NearestSheet sheet;
  sheet.kimg = static_cast<double>(trainer.images_seen()) / 1000;
  sheet.columns = kColumns;
  sheet.pictures = static_cast<int64_t>(fakes.size());
  sheet.images = nearest_->images();
  sheet.of = dataset_->num_images();
  sheet.protocol = nearest_->protocol();
  sheet.median_ratio = found.median_ratio;
  sheet.close_ratio = nearest_->close_ratio();
  sheet.suspicious = found.suspicious;
  std::vector<gan::Image> tiles;
  for (size_t i = 0; i < std::min<size_t>(kShown, found.pairs.size()); ++i) {
    const gan::NearestPair& pair = found.pairs[i];
    const absl::StatusOr<gan::Image> real = dataset_->Get(pair.item);
    if (!real.ok()) return real.status();
    tiles.push_back(gan::MakeGrid({Tile(fakes[pair.picture]), Tile(*real)}, /*columns=*/2));
    sheet.pairs.push_back({pair.picture, pair.ratio, dataset_->name(pair.item)});
  }
  sheet.tile_width = tiles[0].width / 2;
  sheet.tile_height = tiles[0].height;
  sheet.gap = std::max(4, sheet.tile_width / 4);
  absl::Status written = run.CheckPlace();
  if (written.ok()) {
    written =
        gan::WritePng(run.File(kNearestSheetName), gan::MakeGrid(tiles, kColumns, sheet.gap), {NearestText(sheet)});
  }
  if (written.ok()) written = run.AppendLine("metric-nearest.jsonl", JsonLine(sheet, trainer));
  if (!written.ok()) return written;
  return NearestSentence(sheet);
}

}  // namespace sg::cli
