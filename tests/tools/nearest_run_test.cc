#include "tools/nearest_run.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/decode_image.h"
#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"
#include "tools/nearest_sheet.h"

namespace sg::cli {
namespace {

using ::testing::HasSubstr;

gan::Image Blocks(int seed, int side) {
  gan::Image image{side, side, 3, {}};
  for (int p = 0; p < side * side; ++p) {
    const int block = 2 * (p / side * 2 / side) + p % side * 2 / side;
    for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<uint8_t>((seed + 1) * (31 + 17 * block + 5 * c)));
  }
  return image;
}

class NearestRunTest : public ::testing::Test {
 protected:
  std::unique_ptr<gan::Dataset> Open(int side) {
    for (int i = 0; i < 6; ++i) images_.Write(absl::StrCat(i, ".png"), gan::EncodePng(Blocks(i, side)).value());
    gan::DatasetOptions options;
    options.path = images_.path();
    options.spec = {side, side, 3};
    return *gan::Dataset::Open(options);
  }
  NearestSheet SheetOf(const gan::RunDirectory& run) {
    return ReadNearestSheet(gan::ReadPngText(gan::FileBytes(run.File(kNearestSheetName))).value()).value();
  }

  nn::ScratchDir images_, runs_;
  const gan::RunDirectory run_ = *gan::RunDirectory::Create(runs_.path(), "run");
  gan::Trainer trainer_{gan::SmallConfig(), Device::Cpu()};
};

TEST_F(NearestRunTest, WritesTheSheetAndItsNumbers) {
  const auto data = Open(8);
  NearestRun nearest(data.get(), Device::Cpu());
  const std::vector<gan::Image> fakes = {Blocks(40, 8), Blocks(3, 8), Blocks(41, 8)};
  const auto line = nearest.Update(fakes, nullptr, trainer_, run_, nullptr);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(*line, HasSubstr("nearest of 6 training images, by pixels at 16x16"));
  EXPECT_THAT(*line, HasSubstr("0.00 (least: seed 1, 3.png)"));

  const NearestSheet sheet = SheetOf(run_);
  EXPECT_EQ(sheet.pictures, 3);
  ASSERT_EQ(sheet.pairs.size(), 3u);
  EXPECT_EQ(sheet.pairs[0].seed, 1);
  EXPECT_EQ(sheet.pairs[0].name, "3.png");
  // The first pair: the copy and its original.
  const gan::Image picture =
      gan::DecodeImage(gan::FileBytes(run_.File(kNearestSheetName)), gan::DecodeLimits()).value();
  EXPECT_EQ(picture.width, 3 * 16 + 2 * sheet.gap);
  EXPECT_EQ(picture.height, 8);
  const gan::Image copy = Blocks(3, 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8 * 3; ++x) {
      EXPECT_EQ(picture.pixels[y * picture.width * 3 + x], copy.pixels[y * 24 + x]);
      EXPECT_EQ(picture.pixels[y * picture.width * 3 + 24 + x], copy.pixels[y * 24 + x]);
    }
  }
  const nlohmann::json stats = nlohmann::json::parse(gan::FileBytes(run_.File("metric-nearest.jsonl")));
  EXPECT_EQ(stats["results"]["nearest_least"], 0);
  EXPECT_EQ(stats["results"]["nearest_median"], sheet.median_ratio);
  EXPECT_EQ(stats["step"], 0);
  EXPECT_TRUE(stats.contains("metric") && stats.contains("timestamp")) << "so that resuming can trim it";
}

TEST_F(NearestRunTest, ShowsTheNearestOfManyAndShrinksLargeOnes) {
  const auto data = Open(512);
  NearestRun nearest(data.get(), Device::Cpu());
  std::vector<gan::Image> fakes;
  for (int i = 0; i < 30; ++i) fakes.push_back(Blocks(100 + i, 512));
  ASSERT_TRUE(nearest.Update(fakes, nullptr, trainer_, run_, nullptr).ok());
  const NearestSheet sheet = SheetOf(run_);
  EXPECT_EQ(sheet.pictures, 30);
  EXPECT_EQ(sheet.pairs.size(), static_cast<size_t>(NearestRun::kShown));
  EXPECT_EQ(sheet.tile_width, NearestRun::kMaxTileSide);
  for (size_t i = 1; i < sheet.pairs.size(); ++i) EXPECT_LE(sheet.pairs[i - 1].ratio, sheet.pairs[i].ratio);
}

TEST_F(NearestRunTest, AnImageThatCannotBeReadIsAnError) {
  auto data = Open(8);
  images_.Write("6.png", "no PNG");
  data = Open(8);
  NearestRun nearest(data.get(), Device::Cpu());
  EXPECT_THAT(nearest.Update({Blocks(1, 8)}, nullptr, trainer_, run_, nullptr).status().message(), HasSubstr("6.png"));
}

}  // namespace
}  // namespace sg::cli
