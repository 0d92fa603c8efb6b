#include "gan/metrics/nearest_images.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/encode_png.h"
#include "gan/image/resize.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

constexpr int kSide = 32, kImages = 40;
constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

// Coarse random blocks, which a reduction to 16x16 keeps.
Image RandomImage(int seed, int channels = 3) {
  std::mt19937 random(seed);
  Image small{4, 4, channels, {}};
  for (int p = 0; p < 4 * 4 * channels; ++p) small.pixels.push_back(static_cast<uint8_t>(random() % 256));
  return ResizeLanczos(small, kSide, kSide);
}

Image WithNoise(Image image, int amplitude, int seed) {
  std::mt19937 random(seed);
  for (uint8_t& value : image.pixels) {
    value = static_cast<uint8_t>(
        std::clamp<int>(value + static_cast<int>(random() % (2 * amplitude + 1)) - amplitude, 0, 255));
  }
  return image;
}

class NearestImagesTest : public ::testing::Test {
 protected:
  void WriteImages(int channels = 3) {
    for (int i = 0; i < kImages; ++i) {
      data_.Write(absl::StrCat(100 + i, ".png"), EncodePng(RandomImage(i, channels)).value());
    }
  }
  std::unique_ptr<Dataset> Open(bool mirror = false, OnBadImage on_bad_image = OnBadImage::kFail, int channels = 3) {
    DatasetOptions options;
    options.path = data_.path();
    options.spec = {kSide, kSide, channels};
    options.mirror = mirror;
    options.on_bad_image = on_bad_image;
    return *Dataset::Open(options);
  }

  nn::ScratchDir data_;
};

TEST_F(NearestImagesTest, FindsCopiesAmongOthers) {
  WriteImages();
  const auto data = Open();
  const auto nearest = NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(nearest.ok()) << nearest.status();
  EXPECT_EQ(nearest->images(), kImages);
  EXPECT_EQ(nearest->protocol(), "pixels at 16x16");
  EXPECT_GT(nearest->close_ratio(), 0.5);
  EXPECT_LE(nearest->close_ratio(), 1);
  const NearestPairs found = nearest->Find(
      {RandomImage(1001), RandomImage(7), RandomImage(1002), WithNoise(RandomImage(23), 10, 1), RandomImage(1003)});
  ASSERT_EQ(found.pairs.size(), 5u);
  EXPECT_EQ(found.pairs[0].picture, 1);
  EXPECT_EQ(found.pairs[0].item, 7);
  EXPECT_EQ(found.pairs[0].ratio, 0);
  EXPECT_EQ(found.pairs[1].picture, 3);
  EXPECT_EQ(found.pairs[1].item, 23);
  EXPECT_GT(found.pairs[1].ratio, 0);
  EXPECT_LT(found.pairs[1].ratio, 0.2);
  for (int i = 2; i < 5; ++i) EXPECT_NEAR(found.pairs[i].ratio, 1, 0.4);
  EXPECT_EQ(found.suspicious, 2);
  EXPECT_EQ(found.median_ratio, found.pairs[2].ratio);
}

// Pictures of the same distribution are as far from the images as those are from each other.
TEST_F(NearestImagesTest, NewPicturesHaveAMedianOfOne) {
  WriteImages();
  const auto data = Open();
  const auto nearest = NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(nearest.ok()) << nearest.status();
  std::vector<Image> pictures;
  for (int i = 0; i < 100; ++i) pictures.push_back(RandomImage(2000 + i));
  const NearestPairs found = nearest->Find(pictures);
  EXPECT_NEAR(found.median_ratio, 1, 0.1);
  EXPECT_LT(found.suspicious, 20);
}

TEST_F(NearestImagesTest, CopiesOfMirrorImagesAreFoundIfTheDataHasThem) {
  WriteImages();
  const std::vector<Image> picture = {MirrorHorizontally(RandomImage(5))};
  const auto plain = Open(), mirrored = Open(/*mirror=*/true);
  const auto without = NearestImages::OfPixels(plain.get(), Device::Cpu(), nullptr);
  const auto with = NearestImages::OfPixels(mirrored.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_GT(without->Find(picture).pairs[0].ratio, 0.5);
  const NearestPair found = with->Find(picture).pairs[0];
  EXPECT_EQ(found.ratio, 0);
  EXPECT_EQ(found.item, kImages + 5);
  EXPECT_EQ(with->images(), kImages);
}

// An image that is its own mirror image is not a neighbor of itself.
TEST_F(NearestImagesTest, EqualImagesDoNotCountAsNeighbors) {
  WriteImages();
  const auto once = Open();
  const auto single = NearestImages::OfPixels(once.get(), Device::Cpu(), nullptr);
  for (int i = 0; i < kImages; ++i) {
    data_.Write(absl::StrCat(300 + i, ".png"), EncodePng(WithNoise(RandomImage(i), i % 4 == 0 ? 0 : 60, i)).value());
  }
  const auto twice = Open();
  const auto doubled = NearestImages::OfPixels(twice.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(single.ok() && doubled.ok());
  EXPECT_GT(doubled->close_ratio(), 0);
}

TEST_F(NearestImagesTest, AlphaIsPutOnWhite) {
  WriteImages(4);
  const auto data = Open(false, OnBadImage::kFail, 4);
  const auto nearest = NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(nearest.ok()) << nearest.status();
  EXPECT_EQ(nearest->Find({RandomImage(9, 4)}).pairs[0].item, 9);
  Image clear = RandomImage(3, 4), white = clear;
  for (size_t p = 0; p < clear.pixels.size(); p += 4) {
    clear.pixels[p + 3] = 0;
    white.pixels[p] = white.pixels[p + 1] = white.pixels[p + 2] = white.pixels[p + 3] = 255;
  }
  EXPECT_EQ(nearest->Find({clear}).pairs[0].ratio, nearest->Find({white}).pairs[0].ratio);
}

TEST_F(NearestImagesTest, SaysWhatIsWrongWithTheData) {
  data_.Write("1.png", EncodePng(RandomImage(1)).value());
  data_.Write("2.png", EncodePng(RandomImage(1)).value());
  auto data = Open();
  EXPECT_THAT(NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr).status().message(),
              HasSubstr("of 2 of them no two differ"));
  data_.Write("3.png", "no PNG");
  data = Open();
  EXPECT_THAT(NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr).status().message(), HasSubstr("3.png"));
  data = Open(false, OnBadImage::kSkip);
  EXPECT_THAT(NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr).status().message(),
              HasSubstr("no two differ; some cannot be read, such as 3.png"));
  data_.Write("4.png", EncodePng(RandomImage(4)).value());
  data = Open(false, OnBadImage::kSkip);
  const auto nearest = NearestImages::OfPixels(data.get(), Device::Cpu(), nullptr);
  ASSERT_TRUE(nearest.ok()) << nearest.status();
  EXPECT_EQ(nearest->images(), 3);
  EXPECT_EQ(nearest->Find({RandomImage(4)}).pairs[0].item, 3) << "the bad one keeps its number";
  const auto stop = [](absl::string_view, int64_t, int64_t) { return false; };
  EXPECT_TRUE(absl::IsCancelled(NearestImages::OfPixels(data.get(), Device::Cpu(), stop).status()));
}

TEST_F(NearestImagesTest, ComparesFeatures) {
  WriteImages();
  const auto network = EfficientNetLite0::Load(kWeights, Device::Cpu());
  ASSERT_TRUE(network.ok()) << network.status();
  const ImageFeatures features(&*network, kFeatureResolution);
  FeatureRows rows(EfficientNetLite0::kFeatures);
  for (int i = 0; i < kImages; ++i) {
    const std::vector<float> row = features.Of({RandomImage(i)});
    rows.values.insert(rows.values.end(), row.begin(), row.end());
  }
  const auto nearest = NearestImages::OfFeatures(rows, &features, Device::Cpu());
  ASSERT_TRUE(nearest.ok()) << nearest.status();
  EXPECT_EQ(nearest->images(), kImages);
  EXPECT_EQ(nearest->protocol(), features.Protocol());
  const NearestPairs found = nearest->Find({RandomImage(1001), RandomImage(11)});
  EXPECT_EQ(found.pairs[0].picture, 1);
  EXPECT_EQ(found.pairs[0].item, 11);
  EXPECT_LT(found.pairs[0].ratio, 1e-3);
  EXPECT_GT(found.pairs[1].ratio, 0.5);
}

}  // namespace
}  // namespace sg::gan
