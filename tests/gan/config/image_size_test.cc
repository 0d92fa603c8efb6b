#include "gan/config/image_size.h"

#include "gan/config/config.h"
#include "gan/config/validate.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

// "resolution from base_width x base_height", or the error.
std::string Set(const std::string& text) {
  ModelConfig model;
  const absl::Status status = SetImageSize(text, &model);
  if (!status.ok()) return std::string(status.message());
  return absl::StrCat(model.resolution, " from ", model.base_width, "x", model.base_height);
}

TEST(SetImageSize, SquaresGrowFrom4x4) {
  EXPECT_EQ(Set("64"), "64 from 4x4");
  EXPECT_EQ(Set("256x256"), "256 from 4x4");
  EXPECT_EQ(Set("100"), "100 from 4x4") << "left to Validate, which names the flag and the nearest power of two";
}

TEST(SetImageSize, RectanglesGrowFromTheSmallestConstant) {
  EXPECT_EQ(Set("512x384"), "512 from 4x3");
  EXPECT_EQ(Set("384x512"), "512 from 3x4");
  EXPECT_EQ(Set("640x384"), "512 from 5x3");
  EXPECT_EQ(Set("64x128"), "64 from 4x8") << "2x4 would be too small";
  EXPECT_EQ(Set("48x256"), "64 from 3x16");
  EXPECT_EQ(Set("14x10"), "8 from 7x5");
}

TEST(SetImageSize, TellsTheNearestSize) {
  const std::string rule =
      ": both sides must be the same power of two times a number from 3 to 16; the nearest such "
      "size is ";
  EXPECT_EQ(Set("500x384"), "image size 500x384" + rule + "512x384");
  EXPECT_EQ(Set("1920x1080"), "image size 1920x1080" + rule + "1920x1024");
  EXPECT_EQ(Set("16x7"), "image size 16x7" + rule + "16x8");
  EXPECT_EQ(Set("1000x8"), "image size 1000x8" + rule + "1024x192");
}

TEST(SetImageSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "x", "64x", "x64", "64x64x3", "a", "6 4y", "99999999999x64"}) {
    EXPECT_EQ(
        Set(text),
        absl::StrCat("\"", text,
                     "\" is not an image size: a power of two from 8 to 1024, or width x height such as 512x384"));
  }
  EXPECT_EQ(Set("5000x64"), "image size 5000x64: both sides must be from 6 to 4096");
  EXPECT_EQ(Set("-64x32"), "image size -64x32: both sides must be from 6 to 4096");
  EXPECT_EQ(Set("0x32"), "image size 0x32: both sides must be from 6 to 4096");
}

TEST(SetImageSize, WhatItSetsIsValidAndPrintsAsTheSame) {
  for (const char* text : {"64x64", "512x384", "64x128", "14x10", "4096x3840"}) {
    ModelConfig model;
    ASSERT_TRUE(SetImageSize(text, &model).ok()) << text;
    EXPECT_TRUE(Validate(model).ok()) << text << ": " << Validate(model).message();
    EXPECT_EQ(ImageSizeText(model), text);
  }
}

TEST(ImageSizeText, WidthFirst) {
  ModelConfig model;
  model.resolution = 16;
  model.base_width = 3;
  model.base_height = 5;
  EXPECT_EQ(ImageSizeText(model), "12x20");
}

}  // namespace
}  // namespace sg::gan
