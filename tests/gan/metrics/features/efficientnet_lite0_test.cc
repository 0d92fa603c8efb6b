#include "gan/metrics/features/efficientnet_lite0.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/io/safetensors_writer.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

// Waves of three phases: pixel (x,y) of channel k is 127.5 + 100 sin(a x + b y + k).
Tensor Waves(int64_t height, int64_t width, double a, double b, Device device) {
  std::vector<float> values;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int k = 0; k < 3; ++k) {
        values.push_back(
            static_cast<float>(127.5 + 100 * std::sin(a * static_cast<double>(x) + b * static_cast<double>(y) + k)));
      }
    }
  }
  return Tensor::FromHost<float>({1, height, width, 3}, values, device);
}

struct Sums {
  double sum = 0, squares = 0;
  int64_t positive = 0;
};

Sums SumsOf(const std::vector<float>& values) {
  Sums s;
  for (const float v : values) {
    s.sum += v;
    s.squares += static_cast<double>(v) * v;
    s.positive += v > 0;
  }
  return s;
}

EfficientNetLite0 Bundled(Device device) {
  absl::StatusOr<EfficientNetLite0> network = EfficientNetLite0::Load(kWeights, device);
  EXPECT_TRUE(network.ok()) << network.status();
  return *std::move(network);
}

// The sums are by PyTorch 1.13 in f32, from the same f16 weights.
TEST(EfficientNetLite0, FeaturesEqualPyTorchs) {
  const Device device = DefaultDevice();
  const std::vector<float> f = Bundled(device).Features(Waves(224, 224, 0.05, 0.03, device)).ToHost<float>();
  ASSERT_EQ(f.size(), 1280u);
  const Sums s = SumsOf(f);
  EXPECT_NEAR(s.sum, 230.7641, 2e-3);
  EXPECT_NEAR(s.squares, 465.0170, 5e-3);
  EXPECT_EQ(s.positive, 365);
  EXPECT_NEAR(f[2], 0.37047, 2e-5);
  EXPECT_NEAR(f[7], 0.17751, 2e-5);
}

class EfficientNetLite0OnDevices : public ::testing::TestWithParam<Device> {};
INSTANTIATE_TEST_SUITE_P(Devices, EfficientNetLite0OnDevices, ::testing::ValuesIn(AvailableDevices()),
                         testing::DeviceTestName);

// The values of the next two tests are by onnxruntime 1.32, from the same weights, with its own padding (SAME_UPPER).
// The sizes have every combination of even and odd numbers of pixels at convolutions of stride 2.
TEST_P(EfficientNetLite0OnDevices, FeaturesOfSmallImagesEqualOnnxruntimes) {
  const EfficientNetLite0 network = Bundled(GetParam());
  const struct {
    int64_t height, width;
    double sum, squares;
    int64_t positive;
    double f2, f7;
  } cases[] = {{45, 37, 743.009871, 2743.474170, 348, 2.013500, 4.213289},
               {50, 32, 745.282366, 2605.805428, 363, 0.133736, 3.649832},
               {32, 32, 57.691522, 159.760184, 41, 0, 0}};
  for (const auto& c : cases) {
    const std::vector<float> f = network.Features(Waves(c.height, c.width, 0.1, 0.07, GetParam())).ToHost<float>();
    const Sums s = SumsOf(f);
    EXPECT_NEAR(s.sum, c.sum, 1e-4 * c.sum);
    EXPECT_NEAR(s.squares, c.squares, 1e-4 * c.squares);
    EXPECT_EQ(s.positive, c.positive);
    EXPECT_NEAR(f[2], c.f2, 1e-4);
    EXPECT_NEAR(f[7], c.f7, 1e-4);
  }
}

TEST_P(EfficientNetLite0OnDevices, TapsEqualOnnxruntimes) {
  const std::vector<Tensor> taps = Bundled(GetParam()).Taps(Waves(45, 37, 0.1, 0.07, GetParam()));
  const struct {
    Shape shape;
    double sum, squares;
  } cases[] = {{{1, 23, 19, 16}, 970.38652, 343871.09885},
               {{1, 12, 10, 24}, -1688.25018, 498738.46383},
               {{1, 6, 5, 40}, 1531.43386, 166884.41699},
               {{1, 3, 3, 112}, 202.82942, 67447.94662},
               {{1, 2, 2, 320}, -45.26897, 14008.50810}};
  ASSERT_EQ(taps.size(), 5u);
  for (size_t t = 0; t < 5; ++t) {
    EXPECT_EQ(taps[t].shape(), cases[t].shape);
    const Sums s = SumsOf(taps[t].ToHost<float>());
    EXPECT_NEAR(s.sum, cases[t].sum, 0.02);
    EXPECT_NEAR(s.squares, cases[t].squares, 1e-5 * cases[t].squares);
  }
}

TEST(EfficientNetLite0, FilesThatAreNotTheNetwork) {
  const auto error = [](const std::string& path) {
    return std::string(EfficientNetLite0::Load(path, Device::Cpu()).status().message());
  };
  const nn::ScratchDir folder;
  EXPECT_THAT(error(folder.File("none")), HasSubstr(folder.File("none")));
  const std::vector<float> values(32 * 3 * 9);
  const auto write = [&](const std::string& name, const Shape& shape) {
    std::vector<io::SafetensorsEntry> entries;
    entries.push_back({name, "F32", shape, io::FromMemory(values.data(), shape.NumElements() * 4)});
    EXPECT_TRUE(io::WriteSafetensors(folder.File("weights"), std::move(entries), {}).ok());
  };
  write("stem.weight", {32, 3, 3, 3});
  EXPECT_THAT(error(folder.File("weights")), HasSubstr("stem.bias"));
  write("stem.weight", {32, 9, 3, 1});
  EXPECT_EQ(error(folder.File("weights")),
            folder.File("weights") + ": the tensor \"stem.weight\" is [32,9,3,1], must be [32,3,3,3]");
}

}  // namespace
}  // namespace sg::gan
