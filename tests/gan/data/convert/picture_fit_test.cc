#include "gan/data/convert/picture_fit.h"

#include <string>

#include "gan/image/decode_image.h"
#include "gan/image/resize.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/data/convert/fake_stream.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

FittedPicture Fit(const PictureFit& fit, const Picture& picture) {
  absl::StatusOr<FittedPicture> fitted = FitPicture(fit, picture, DecodeLimits());
  EXPECT_TRUE(fitted.ok()) << fitted.status();
  return *std::move(fitted);
}

TEST(FitPicture, CenterCropIsWhatTrainingDoes) {
  const Picture picture = PngPicture("a.png", Gradient(40, 24));
  for (const ImageSpec& spec :
       {ImageSpec{16, 16, 3}, ImageSpec{8, 16, 3}, ImageSpec{16, 16, 1}, ImageSpec{16, 16, 4}}) {
    const FittedPicture fitted = Fit({FitMode::kCenterCrop, spec}, picture);
    EXPECT_EQ(fitted.image.pixels, DecodeImageAs(spec, picture.bytes, DecodeLimits())->pixels);
    EXPECT_FALSE(fitted.enlarged);
  }
}

TEST(FitPicture, WideHasBlackBars) {
  const Picture picture = PngPicture("a.png", Solid(40, 40, 9, 8, 7));
  const Image image = Fit({FitMode::kCenterCropWide, {8, 16, 3}}, picture).image;
  ASSERT_EQ(image.width, 16);
  ASSERT_EQ(image.height, 16);
  for (int y = 0; y < 16; ++y) {
    EXPECT_EQ(image.pixels[(y * 16 + 5) * 3], y >= 4 && y < 12 ? 9 : 0) << y;
  }
  const Image tall = Fit({FitMode::kCenterCropWide, {16, 8, 3}}, picture).image;
  ASSERT_EQ(tall.width, 16);
  EXPECT_EQ(tall.pixels[0], 0);
  EXPECT_EQ(tall.pixels[4 * 3], 9);
}

TEST(FitPicture, StretchTakesTheWholePicture) {
  const Image source = Gradient(40, 24);
  const Image image = Fit({FitMode::kStretch, {16, 16, 3}}, PngPicture("a.png", source)).image;
  EXPECT_EQ(image.pixels, ResizeLanczos(source, 16, 16).pixels);
}

TEST(FitPicture, KeepsTheSize) {
  const Image source = Gradient(40, 24);
  EXPECT_EQ(Fit({FitMode::kKeep, {0, 0, 3}}, PngPicture("a.png", source)).image.pixels, source.pixels);
  Picture decoded;
  decoded.image = Image{2, 1, 1, {5, 6}};
  EXPECT_THAT(Fit({FitMode::kKeep, {0, 0, 3}}, decoded).image.pixels, ::testing::ElementsAre(5, 5, 5, 6, 6, 6));
}

TEST(FitPicture, TellsWhatIsEnlarged) {
  const Picture picture = PngPicture("a.png", Gradient(40, 24));
  EXPECT_FALSE(Fit({FitMode::kCenterCrop, {24, 24, 3}}, picture).enlarged);
  EXPECT_TRUE(Fit({FitMode::kCenterCrop, {32, 32, 3}}, picture).enlarged);
  EXPECT_TRUE(Fit({FitMode::kStretch, {32, 32, 3}}, picture).enlarged);
  EXPECT_FALSE(Fit({FitMode::kStretch, {16, 32, 3}}, picture).enlarged);
}

TEST(FitPicture, TellsWhatIsWrong) {
  Picture picture = PngPicture("a.png", Gradient(8, 8));
  picture.bytes.resize(60);
  const auto said = [&](const DecodeLimits& limits) {
    return std::string(FitPicture({FitMode::kKeep, {0, 0, 3}}, picture, limits).status().message());
  };
  EXPECT_EQ(said(DecodeLimits()), "PNG is truncated");
  picture = PngPicture("a.png", Gradient(8, 8));
  DecodeLimits limits;
  limits.max_whole_pixels = 63;
  EXPECT_THAT(said(limits), HasSubstr("image is 8x8"));
  picture.status = absl::DataLossError("gone");
  EXPECT_EQ(said(DecodeLimits()), "gone");
}

}  // namespace
}  // namespace sg::gan
