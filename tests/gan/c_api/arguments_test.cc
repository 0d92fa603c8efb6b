#include "gan/c_api/arguments.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::c_api {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

gan::ModelConfig SmallModel(int classes) {
  gan::ModelConfig model;
  model.resolution = 8;  // two blocks
  model.latent_dim = 4;
  model.label_dim = classes;
  return model;
}

sg2_map_options Truncated(double psi, int64_t cutoff, int64_t class_index) {
  return {sizeof(sg2_map_options), psi, cutoff, class_index};
}
absl::Status Mapped(int classes, const sg2_map_options& options) {
  return MapOptions(SmallModel(classes), &options).status();
}

TEST(Arguments, PointersMustBeThere) {
  EXPECT_TRUE(CheckPointer("z", "").ok());
  EXPECT_EQ(CheckPointer("z", nullptr), absl::InvalidArgumentError("z is NULL"));
}

TEST(Arguments, ThereIsAtLeastOnePicture) {
  EXPECT_TRUE(CheckCount(1).ok());
  EXPECT_TRUE(CheckCount(kMax).ok());
  EXPECT_EQ(CheckCount(0), absl::InvalidArgumentError("n is 0, must be at least 1"));
  EXPECT_EQ(CheckCount(-3), absl::InvalidArgumentError("n is -3, must be at least 1"));
}

TEST(Arguments, TheSizeOfAnArrayMustFit) {
  const float array[12] = {};
  EXPECT_TRUE(CheckArray("w", array, 12, 2, {3, 2}).ok());
  EXPECT_EQ(CheckArray("w", array, 11, 2, {3, 2}),
            absl::InvalidArgumentError("w has the size 11, must be 2 * 3 * 2 for n = 2"));
  EXPECT_FALSE(CheckArray("w", array, 13, 2, {3, 2}).ok());
  EXPECT_FALSE(CheckArray("w", array, 0, 2, {3, 2}).ok());
  EXPECT_EQ(CheckArray("w", nullptr, 12, 2, {3, 2}), absl::InvalidArgumentError("w is NULL"));
}

// 2^62 times 4 is 0 in 64 bits.
TEST(Arguments, SizesDoNotOverflow) {
  const float array[1] = {};
  EXPECT_FALSE(CheckArray("w", array, 0, int64_t{1} << 62, {2, 2}).ok());
  EXPECT_FALSE(CheckArray("w", array, 4, (int64_t{1} << 62) + 1, {2, 2}).ok());
  EXPECT_FALSE(CheckArray("w", array, std::numeric_limits<size_t>::max(), kMax, {2, 2}).ok());
}

TEST(Arguments, PixelsHaveTheSizeOfTheirType) {
  const uint8_t pixels[2 * 8 * 8 * 3 * 4] = {};
  const gan::ModelConfig model = SmallModel(0);
  EXPECT_TRUE(CheckPixels(model, SG2_U8, pixels, 2 * 8 * 8 * 3, 2).ok());
  EXPECT_TRUE(CheckPixels(model, SG2_F32, pixels, 2 * 8 * 8 * 3 * 4, 2).ok());
  EXPECT_FALSE(CheckPixels(model, SG2_F32, pixels, 2 * 8 * 8 * 3, 2).ok());
  EXPECT_FALSE(CheckPixels(model, SG2_U8, nullptr, 2 * 8 * 8 * 3, 2).ok());
  EXPECT_EQ(CheckPixels(model, 2, pixels, 2 * 8 * 8 * 3, 2),
            absl::InvalidArgumentError("pixel_type is 2, must be 0 (SG2_U8) or 1 (SG2_F32)"));
}

TEST(Arguments, StructsMustSayTheirSize) {
  sg2_map_options options = SG2_MAP_OPTIONS_INIT;
  EXPECT_TRUE(Mapped(0, options).ok());
  for (const size_t size : {size_t{0}, sizeof(options) - 1, sizeof(options) + 8, std::numeric_limits<size_t>::max()}) {
    options.struct_size = size;
    EXPECT_THAT(std::string(Mapped(0, options).message()), HasSubstr("options->struct_size is ")) << size;
  }
  EXPECT_THAT(std::string(Mapped(0, options).message()), HasSubstr("too old"));
  sg2_noise_options noise = SG2_NOISE_OPTIONS_INIT;
  noise.struct_size = 1;
  EXPECT_EQ(NoiseOf(&noise).status(), absl::InvalidArgumentError("noise->struct_size is 1, must be 24"));
  sg2_load_options load = SG2_LOAD_OPTIONS_INIT;
  load.struct_size = 1;
  EXPECT_EQ(DeviceOf(&load).status(), absl::InvalidArgumentError("options->struct_size is 1, must be 16"));
}

TEST(Arguments, NoOptionsAreTheDefaults) {
  const absl::StatusOr<sg2_map_options> options = MapOptions(SmallModel(0), nullptr);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->psi, 1);
  EXPECT_EQ(options->cutoff, 0);
  EXPECT_EQ(options->class_index, -1);
  const absl::StatusOr<gan::SamplerNoise> noise = NoiseOf(nullptr);
  ASSERT_TRUE(noise.ok()) << noise.status();
  EXPECT_EQ(noise->mode, gan::NoiseMode::kConst);
  EXPECT_EQ(noise->stream.seed, 0u);
}

TEST(Arguments, TruncationMustMakeSense) {
  EXPECT_TRUE(Mapped(0, Truncated(-0.5, 2, -1)).ok());
  for (const double psi : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_THAT(std::string(Mapped(0, Truncated(psi, 0, -1)).message()), HasSubstr("must be a finite number"));
  }
  EXPECT_EQ(Mapped(0, Truncated(1, -1, -1)), absl::InvalidArgumentError("options->cutoff is -1, must be from 0 to 2"));
  EXPECT_FALSE(Mapped(0, Truncated(1, 3, -1)).ok());
  EXPECT_FALSE(Mapped(0, Truncated(1, kMax, -1)).ok());
}

TEST(Arguments, TheClassMustBeOneOfTheNetworks) {
  EXPECT_TRUE(Mapped(3, Truncated(1, 0, 2)).ok());
  for (const int64_t wrong : {int64_t{-1}, int64_t{3}, kMax, std::numeric_limits<int64_t>::min(), int64_t{1} << 32}) {
    EXPECT_THAT(std::string(Mapped(3, Truncated(1, 0, wrong)).message()), HasSubstr("must be from 0 to 2")) << wrong;
  }
  EXPECT_THAT(std::string(Mapped(0, Truncated(1, 0, 0)).message()), HasSubstr("must be -1"));
  EXPECT_FALSE(MapOptions(SmallModel(3), nullptr).ok());
}

TEST(Arguments, NoiseModes) {
  const auto mode = [](int64_t number) {
    const sg2_noise_options options = {sizeof(options), number, 7};
    return NoiseOf(&options);
  };
  EXPECT_EQ(mode(SG2_NOISE_CONST)->mode, gan::NoiseMode::kConst);
  EXPECT_EQ(mode(SG2_NOISE_RANDOM)->mode, gan::NoiseMode::kRandom);
  EXPECT_EQ(mode(SG2_NOISE_NONE)->mode, gan::NoiseMode::kNone);
  EXPECT_EQ(mode(SG2_NOISE_RANDOM)->stream.seed, 7u);
  for (const int64_t wrong : {int64_t{-1}, int64_t{3}, int64_t{1} << 32}) {
    EXPECT_THAT(std::string(mode(wrong).status().message()), HasSubstr("noise->mode is ")) << wrong;
  }
}

TEST(Arguments, Devices) {
  const auto device = [](const char* name) {
    const sg2_load_options options = {sizeof(options), name};
    return DeviceOf(&options);
  };
  EXPECT_EQ(*DeviceOf(nullptr), DefaultDevice());
  EXPECT_EQ(*device(nullptr), DefaultDevice());
  EXPECT_EQ(*device("cpu"), Device::Cpu());
  EXPECT_EQ(device("gpu").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      device("cuda:999").status(),
      absl::UnavailableError("options->device is \"cuda:999\", which this library does not find here; \"cpu\" works"));
}

}  // namespace
}  // namespace sg::c_api
