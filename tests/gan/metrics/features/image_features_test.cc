#include "gan/metrics/features/image_features.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/metrics/wave_images.h"

namespace sg::gan {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(ImageFeatures, ResizesAndBatches) {
  const auto network =
      EfficientNetLite0::Load("third_party/efficientnet_lite0/efficientnet_lite0.safetensors", Device::Cpu());
  ASSERT_TRUE(network.ok()) << network.status();
  const ImageFeatures features(&*network, 32);
  const std::vector<Image> small = WavesA(32);
  const std::vector<float> rows = features.Of(small);
  ASSERT_EQ(rows.size(), small.size() * EfficientNetLite0::kFeatures);
  for (size_t i = 0; i < small.size(); ++i) {
    const std::vector<float> pixels(small[i].pixels.begin(), small[i].pixels.end());
    const std::vector<float> alone =
        network->Features(Tensor::FromHost<float>({1, 32, 32, 3}, pixels, Device::Cpu())).ToHost<float>();
    const std::vector<float> row(rows.begin() + i * 1280, rows.begin() + (i + 1) * 1280);
    EXPECT_THAT(row, Pointwise(FloatNear(1e-5F), alone));
  }
  // Another size of the same picture has similar features, and those of another picture differ more.
  const std::vector<float> large = features.Of({Waves(64, 0.5, 1, 1)[0]});
  double same = 0, other = 0;
  for (int64_t k = 0; k < EfficientNetLite0::kFeatures; ++k) {
    same += std::abs(large[k] - rows[k]);
    other += std::abs(large[k] - rows[4 * EfficientNetLite0::kFeatures + k]);
  }
  EXPECT_LT(same, 0.5 * other);
  EXPECT_EQ(features.Name(), "efflite0-32");
  EXPECT_EQ(features.Protocol(), "EfficientNet-Lite0 at 32x32 pixels, resized by Lanczos");
}

}  // namespace
}  // namespace sg::gan
