#include "gan/augment/draw_transforms.h"

#include <cmath>
#include <functional>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

constexpr PixelSize kSize = {64, 128};
constexpr int64_t kMany = 40000;

std::vector<ImageTransform> Drawn(AugPipe pipe, double p, int64_t images = kMany) {
  RandomStream stream = {7, 2, 0};
  return DrawTransforms(pipe, p, images, kSize, &stream);
}

// The share of transforms for which `f` is true is `want`, to five standard deviations.
void ExpectShare(const std::vector<ImageTransform>& drawn, double want,
                 const std::function<bool(const ImageTransform&)>& f) {
  double count = 0;
  for (const ImageTransform& t : drawn) count += f(t) ? 1 : 0;
  const auto n = static_cast<double>(drawn.size());
  EXPECT_NEAR(count / n, want, 5 * std::sqrt(want * (1 - want) / n) + 1e-12);
}

// The values are normal with mean 0 and this deviation.
void ExpectNormal(const std::vector<ImageTransform>& drawn, double deviation,
                  const std::function<double(const ImageTransform&)>& f) {
  double sum = 0, squares = 0, within = 0;
  for (const ImageTransform& t : drawn) {
    const double value = f(t) / deviation;
    sum += value;
    squares += value * value;
    within += std::abs(value) < 1 ? 1 : 0;
  }
  const auto n = static_cast<double>(drawn.size());
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(within / n, 0.6827, 5 * std::sqrt(0.6827 * 0.3173 / n));
}

// The values are uniform from -largest to largest.
void ExpectUniform(const std::vector<ImageTransform>& drawn, double largest,
                   const std::function<double(const ImageTransform&)>& f) {
  double sum = 0, squares = 0;
  for (const ImageTransform& t : drawn) {
    const double value = f(t) / largest;
    ASSERT_LE(std::abs(value), 1);
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(drawn.size());
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(3 * n));
  EXPECT_NEAR(squares / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
}

TEST(DrawTransforms, ProbabilitiesAreThoseOfTheTable) {
  const double p = 0.3, rotation = 1 - std::sqrt(1 - p);
  const std::vector<ImageTransform> drawn = Drawn(AugPipe::kBgcfnc, p);
  ExpectShare(drawn, p / 2, [](const ImageTransform& t) { return t.flip; });
  ExpectShare(drawn, p * 3 / 4, [](const ImageTransform& t) { return t.quarter_turns != 0; });
  for (int turns = 1; turns < 4; ++turns) {
    ExpectShare(drawn, p / 4, [&](const ImageTransform& t) { return t.quarter_turns == turns; });
  }
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.scale != 1; });
  ExpectShare(drawn, rotation, [](const ImageTransform& t) { return t.first_angle != 0; });
  ExpectShare(drawn, rotation, [](const ImageTransform& t) { return t.second_angle != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.first_angle != 0 || t.second_angle != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.stretch != 1; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.slide_x != 0 && t.slide_y != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.brightness != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.contrast != 1; });
  ExpectShare(drawn, p / 2, [](const ImageTransform& t) { return t.luma_flip; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.hue != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.saturation != 1; });
  for (int band = 0; band < kFilterBands; ++band) {
    ExpectShare(drawn, p, [&](const ImageTransform& t) { return t.bands[band] != 1; });
  }
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.noise != 0; });
  ExpectShare(drawn, p, [](const ImageTransform& t) { return t.cutout; });
  // Independent of each other.
  ExpectShare(drawn, p * p, [](const ImageTransform& t) { return t.scale != 1 && t.stretch != 1; });
  ExpectShare(drawn, p * p, [](const ImageTransform& t) { return t.hue != 0 && t.saturation != 1; });
}

TEST(DrawTransforms, ValuesHaveTheirDistributions) {
  const double pi = std::acos(-1.0);
  const std::vector<ImageTransform> drawn = Drawn(AugPipe::kBgcfnc, 1);
  ExpectNormal(drawn, 0.2, [](const ImageTransform& t) { return std::log2(t.scale); });
  ExpectNormal(drawn, 0.2, [](const ImageTransform& t) { return std::log2(t.stretch); });
  ExpectNormal(drawn, 0.125 * 128, [](const ImageTransform& t) { return t.slide_x; });
  ExpectNormal(drawn, 0.125 * 64, [](const ImageTransform& t) { return t.slide_y; });
  ExpectNormal(drawn, 0.2, [](const ImageTransform& t) { return t.brightness; });
  ExpectNormal(drawn, 0.5, [](const ImageTransform& t) { return std::log2(t.contrast); });
  ExpectNormal(drawn, 1, [](const ImageTransform& t) { return std::log2(t.saturation); });
  ExpectNormal(drawn, 1, [](const ImageTransform& t) { return std::log2(t.bands[2]); });
  // With p = 1 there are always both rotations.
  ExpectUniform(drawn, pi, [](const ImageTransform& t) { return t.first_angle; });
  ExpectUniform(drawn, pi, [](const ImageTransform& t) { return t.second_angle; });
  ExpectUniform(drawn, pi, [](const ImageTransform& t) { return t.hue; });
  ExpectUniform(drawn, 0.5, [](const ImageTransform& t) { return t.cutout_x - 0.5; });
  ExpectUniform(drawn, 0.5, [](const ImageTransform& t) { return t.cutout_y - 0.5; });
  // Half a normal distribution: its median is 0.6745 deviations.
  ExpectShare(drawn, 0.5, [](const ImageTransform& t) { return t.noise < 0.06745; });
  for (const ImageTransform& t : drawn) {
    ASSERT_GT(t.noise, 0);
    ASSERT_EQ(t.shift_x, std::nearbyint(t.shift_x));
    ASSERT_LE(std::abs(t.shift_x), 16);
    ASSERT_LE(std::abs(t.shift_y), 8);
  }
  ExpectShare(drawn, 1.0 / 32, [](const ImageTransform& t) { return t.shift_x == 3; });
  ExpectShare(drawn, 1.0 / 16, [](const ImageTransform& t) { return t.shift_y == -2; });
  // The axes of a shift and of a slide are independent.
  ExpectShare(drawn, 0.25, [](const ImageTransform& t) { return t.slide_x > 0 && t.slide_y > 0; });
  ExpectShare(drawn, 1.0 / 512, [](const ImageTransform& t) { return t.shift_x == 3 && t.shift_y == -2; });
}

TEST(DrawTransforms, APipeHasItsTransformsAlone) {
  struct Case {
    AugPipe pipe;
    bool blits, warps, recolors, filters, noise, cutout;
  };
  for (const Case& c : {Case{AugPipe::kBlit, true, false, false, false, false, false},
                        {AugPipe::kGeom, false, true, false, false, false, false},
                        {AugPipe::kColor, false, false, true, false, false, false},
                        {AugPipe::kFilter, false, false, false, true, false, false},
                        {AugPipe::kNoise, false, false, false, false, true, false},
                        {AugPipe::kCutout, false, false, false, false, false, true},
                        {AugPipe::kBg, true, true, false, false, false, false},
                        {AugPipe::kBgc, true, true, true, false, false, false},
                        {AugPipe::kBgcf, true, true, true, true, false, false},
                        {AugPipe::kBgcfn, true, true, true, true, true, false},
                        {AugPipe::kBgcfnc, true, true, true, true, true, true}}) {
    SCOPED_TRACE(EnumName(c.pipe));
    bool blits = false, warps = false, recolors = false, filters = false, noise = false, cutout = false;
    for (const ImageTransform& t : Drawn(c.pipe, 1, 50)) {
      blits |= t.blits(), warps |= t.warps(), recolors |= t.recolors(), filters |= t.filters();
      noise |= t.noise != 0, cutout |= t.cutout;
    }
    EXPECT_EQ(blits, c.blits);
    EXPECT_EQ(warps, c.warps);
    EXPECT_EQ(recolors, c.recolors);
    EXPECT_EQ(filters, c.filters);
    EXPECT_EQ(noise, c.noise);
    EXPECT_EQ(cutout, c.cutout);
  }
}

TEST(DrawTransforms, AtZeroNothingActs) {
  for (const ImageTransform& t : Drawn(AugPipe::kBgcfnc, 0, 1000)) EXPECT_FALSE(t.acts());
}

// A run that is resumed with other settings goes on at the same place of the stream.
TEST(DrawTransforms, TheStreamAdvancesWithTheImagesAlone) {
  RandomStream first = {7, 2, 5}, second = {7, 2, 5};
  DrawTransforms(AugPipe::kBgcfnc, 1, 3, kSize, &first);
  DrawTransforms(AugPipe::kBlit, 0.1, 3, kSize, &second);
  EXPECT_EQ(first.offset, second.offset);
  EXPECT_EQ((first.offset - 5) % 3, 0u);
}

}  // namespace
}  // namespace sg::gan
