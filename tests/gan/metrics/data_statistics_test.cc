#include "gan/metrics/data_statistics.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/metrics/wave_images.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

class DataStatisticsTest : public ::testing::Test {
 protected:
  DataStatisticsTest() : network_(*EfficientNetLite0::Load(kWeights, Device::Cpu())), features_(&network_, 32) {
    Write(WavesA(32));
    needs_.rows = true;
  }

  void Write(const std::vector<Image>& images) const {
    for (size_t i = 0; i < images.size(); ++i) data_.Write(absl::StrCat(i, ".png"), *EncodePng(images[i]));
  }
  std::unique_ptr<Dataset> Data(bool mirror = false, OnBadImage on_bad_image = OnBadImage::kFail) const {
    DatasetOptions options;
    options.path = data_.path();
    options.spec = {32, 32, 3};
    options.mirror = mirror;
    options.on_bad_image = on_bad_image;
    return *Dataset::Open(options);
  }
  // Counts the images whose features are computed.
  absl::StatusOr<DataStatistics> Compute(Dataset* dataset) {
    computed_ = 0;
    return ComputeDataStatistics(dataset, &features_, needs_, cache_.File("features"),
                                 [&](absl::string_view what, int64_t, int64_t) {
                                   computed_ += what == "features of the data";
                                   return true;
                                 });
  }

  const nn::ScratchDir data_, cache_;
  const EfficientNetLite0 network_;
  const ImageFeatures features_;
  DataStatisticsNeeds needs_;
  int computed_ = 0;
};

TEST_F(DataStatisticsTest, OfAllImagesWithoutMirrorImages) {
  const auto dataset = Data(/*mirror=*/true);
  const auto reals = Compute(dataset.get());
  ASSERT_TRUE(reals.ok()) << reals.status();
  EXPECT_EQ(reals->images, 8);
  EXPECT_EQ(reals->rows->values, features_.Of(WavesA(32)));
  EXPECT_FALSE(reals->moments);
  EXPECT_FALSE(reals->patches);
  EXPECT_THAT(reals->hash, SizeIs(16));
}

TEST_F(DataStatisticsTest, FeaturesAreKeptForTheSamePixels) {
  const auto first = Compute(Data().get());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(computed_, 8);
  const auto again = Compute(Data().get());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(computed_, 0);
  EXPECT_EQ(again->rows->values, first->rows->values);

  std::vector<Image> changed = WavesA(32);
  changed[7].pixels.back() ^= 1;
  Write(changed);
  const auto other = Compute(Data().get());
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(computed_, 8);
  EXPECT_NE(other->hash, first->hash);
}

TEST_F(DataStatisticsTest, MomentsAreKeptWithoutRows) {
  needs_.rows = false;
  needs_.moments = true;
  const auto first = Compute(Data().get()), again = Compute(Data().get());
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(computed_, 0);
  EXPECT_FALSE(first->rows);
  EXPECT_EQ(again->moments->rows, 8);
  EXPECT_EQ(again->moments->mean, first->moments->mean);
  EXPECT_EQ(again->moments->covariance, first->moments->covariance);
  needs_.rows = true;
  const auto both = Compute(Data().get());
  ASSERT_TRUE(both.ok());
  EXPECT_THAT(both->moments->mean, ::testing::Pointwise(::testing::DoubleNear(1e-9), first->moments->mean));
}

TEST_F(DataStatisticsTest, ADamagedFileIsComputedAgain) {
  const auto first = Compute(Data().get());
  ASSERT_TRUE(first.ok());
  const nn::ScratchDir& cache = cache_;
  const std::string name = absl::StrCat("features/", first->hash, "-efflite0-32-rows.safetensors");
  ASSERT_THAT(cache.Read(name), Not(IsEmpty()));
  cache.Patch(name, cache.Read(name).size() - 5, 'x');
  const auto again = Compute(Data().get());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(computed_, 8);
  EXPECT_EQ(again->rows->values, first->rows->values);
}

TEST_F(DataStatisticsTest, BadImages) {
  data_.Write("3.png", "no png");
  EXPECT_THAT(std::string(Compute(Data().get()).status().message()), HasSubstr("3.png"));
  const auto skipped = Compute(Data(false, OnBadImage::kSkip).get());
  ASSERT_TRUE(skipped.ok());
  EXPECT_EQ(skipped->images, 7);
  EXPECT_EQ(skipped->rows->count(), 7);
  for (int i = 0; i < 8; ++i) data_.Write(absl::StrCat(i, ".png"), "no png");
  EXPECT_THAT(std::string(Compute(Data(false, OnBadImage::kSkip).get()).status().message()),
              HasSubstr("none of 8 images can be read"));
}

TEST_F(DataStatisticsTest, PatchesAreOfImagesFromAllOverTheSet) {
  needs_.rows = false;
  needs_.patches = 3;
  const auto reals = Compute(Data().get());
  ASSERT_TRUE(reals.ok());
  EXPECT_EQ(reals->patches->images(), 3);
  needs_.patches = 100;
  EXPECT_EQ(Compute(Data().get())->patches->images(), 8);
}

TEST_F(DataStatisticsTest, Stops) {
  const auto stop = [](absl::string_view, int64_t done, int64_t) { return done < 3; };
  EXPECT_TRUE(absl::IsCancelled(ComputeDataStatistics(Data().get(), &features_, needs_, "", stop).status()));
}

}  // namespace
}  // namespace sg::gan
