#include "gan/edit/image_loss.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

constexpr char kWeights[] = "third_party/efficientnet_lite0/efficientnet_lite0.safetensors";

// A smooth picture [1,size,size,channels] in [0,1] that depends on `phase`.
Tensor Picture(int64_t size, int64_t channels, double phase) {
  std::vector<float> values;
  for (int64_t y = 0; y < size; ++y) {
    for (int64_t x = 0; x < size; ++x) {
      for (int64_t c = 0; c < channels; ++c) {
        values.push_back(
            static_cast<float>(0.5 + 0.4 * std::sin(phase + 9.0 * x / size + c) * std::cos(7.0 * y / size)));
      }
    }
  }
  return Tensor::FromHost<float>({1, size, size, channels}, values, Device::Cpu());
}

TEST(ImageLossTest, ComparesTheScales) {
  // A difference of 0.5 everywhere is one at every scale: 32, 16 and 8 pixels.
  const Tensor target = Tensor::Full({1, 32, 32, 3}, 0.25, DType::kF32, Device::Cpu());
  const ImageLoss loss(target, nullptr, {/*pixel_weight=*/2, 0});
  EXPECT_NEAR(loss(Tensor::Full({1, 32, 32, 3}, 0.75, DType::kF32, Device::Cpu())).Item(), 2 * 3 * 0.25, 1e-6);
  EXPECT_EQ(loss(target).Item(), 0);
  // A checkerboard is one at full size only.
  std::vector<float> board(32 * 32 * 3);
  for (int i = 0; i < 32 * 32; ++i) {
    for (int c = 0; c < 3; ++c) board[i * 3 + c] = 0.25f + ((i + i / 32) % 2 == 0 ? 0.1f : -0.1f);
  }
  EXPECT_NEAR(loss(Tensor::FromHost<float>({1, 32, 32, 3}, board, Device::Cpu())).Item(), 2 * 0.01, 1e-6);
}

TEST(ImageLossTest, LargePicturesAreAveraged) {
  const Tensor large = Picture(512, 1, 0.3);
  const ImageLoss loss(large, nullptr, ImageLossParams());
  const ImageLoss small(HalveByMeans(large), nullptr, ImageLossParams());
  const Tensor other = Picture(512, 1, 0.9);
  EXPECT_GT(loss(other).Item(), 0.01);
  EXPECT_NEAR(loss(other).Item(), small(HalveByMeans(other)).Item(), 1e-6);
}

TEST(ImageLossTest, PixelsAreDifferentiable) {
  const ImageLoss loss(testing::NormalF64({1, 16, 16, 3}, 1), nullptr, ImageLossParams());
  EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return loss(x[0]); },
                                      {testing::NormalF64({1, 16, 16, 3}, 2)}));
}

class FeatureLossTest : public ::testing::Test {
 protected:
  FeatureLossTest() : features_(EfficientNetLite0::Load(kWeights, Device::Cpu())) {}
  void SetUp() override { ASSERT_TRUE(features_.ok()) << features_.status(); }

  const absl::StatusOr<EfficientNetLite0> features_;
};

TEST_F(FeatureLossTest, GrowsWithTheDifference) {
  for (int64_t channels : {1, 3}) {
    const Tensor target = Picture(32, channels, 0);
    const ImageLoss loss(target, &*features_, {/*pixel_weight=*/0, /*feature_weight=*/1});
    EXPECT_NEAR(loss(target).Item(), 0, 1e-5);
    const double near = loss(Picture(32, channels, 0.1)).Item(), far = loss(Picture(32, channels, 1)).Item();
    EXPECT_GT(near, 1e-3);
    EXPECT_GT(far, 2 * near);
  }
}

// Along the gradient, the loss changes as fast as it says. A flat picture has positions without any activation.
TEST_F(FeatureLossTest, HasAFiniteGradient) {
  const ImageLoss loss(Picture(16, 3, 0), &*features_, ImageLossParams());
  for (Tensor x : {Picture(16, 3, 0.5), Tensor::Zeros({1, 16, 16, 3}, DType::kF32, Device::Cpu())}) {
    x.Track();
    const Tensor gradient = Grad({loss(x)}, {x})[0];
    const double square = Sum(Square(gradient)).Item();
    ASSERT_TRUE(std::isfinite(square));
    ASSERT_GT(square, 0);
    const double step = 1e-3 / std::sqrt(square);
    const double ahead = loss(AddScaled(x.Detach(), 1, gradient, step)).Item();
    const double behind = loss(AddScaled(x.Detach(), 1, gradient, -step)).Item();
    // The network is piecewise smooth and computed in f32.
    EXPECT_NEAR((ahead - behind) / (2 * step), square, 0.05 * square);
  }
}

}  // namespace
}  // namespace sg::gan
