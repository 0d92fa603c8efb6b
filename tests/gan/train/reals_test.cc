#include "gan/train/reals.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAreArray;

TEST(RealsTest, PartsHaveTheImagesAndLabelsOfTheBatchInItsOrder) {
  TrainConfig config = SmallConditionalConfig();
  const Batch batch = SmallBatch(config, 5);
  for (const int parts : {1, 2}) {
    config.grad_accum = parts;
    const std::vector<Reals> reals = UploadReals(config, batch, Device::Cpu());
    ASSERT_EQ(reals.size(), parts);
    std::vector<uint8_t> pixels;
    std::vector<float> labels;
    for (const Reals& part : reals) {
      EXPECT_EQ(part.bytes.shape(), Shape({config.batch / parts, 8, 8, 3}));
      EXPECT_EQ(part.labels.shape(), Shape({config.batch / parts, 3}));
      for (const uint8_t byte : part.bytes.ToHost<uint8_t>()) pixels.push_back(byte);
      for (const float number : part.labels.ToHost<float>()) labels.push_back(number);
    }
    EXPECT_THAT(pixels, ElementsAreArray(batch.pixels));
    EXPECT_THAT(labels, ElementsAreArray(batch.labels));
  }
  config = SmallConfig();
  EXPECT_FALSE(UploadReals(config, SmallBatch(config, 0), Device::Cpu())[0].labels.defined());
}

TEST(RealsTest, PixelsHaveTheRangeOfTheModel) {
  TrainConfig config = SmallConfig();
  const Tensor bytes = Tensor::FromHost<uint8_t>({3}, {0, 51, 255}, Device::Cpu());
  config.model.image_range = ImageRange::kZeroToOne;
  EXPECT_THAT(ToPixels(config, bytes).ToHost<float>(), ::testing::Pointwise(::testing::FloatEq(), {0.0f, 0.2f, 1.0f}));
  config.model.image_range = ImageRange::kMinusOneToOne;
  EXPECT_THAT(ToPixels(config, bytes).ToHost<float>(),
              ::testing::Pointwise(::testing::FloatNear(1e-6f), {-1.0f, -0.6f, 1.0f}));
}

}  // namespace
}  // namespace sg::gan
