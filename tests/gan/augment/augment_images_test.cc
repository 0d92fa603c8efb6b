#include "gan/augment/augment_images.h"

#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::ExpectSameValues;
using testing::NormalF64;

TrainConfig ConfigOf(AugMode aug, ImageRange range) {
  TrainConfig config;
  config.augment.aug = aug;
  config.augment.pipe = AugPipe::kBgcfnc;
  config.model.image_range = range;
  return config;
}

TEST(AugmentImages, WithoutAugmentationDrawsNothing) {
  const Tensor x = NormalF64({2, 24, 24, 3}, 1);
  RandomStream stream;
  const Tensor y = AugmentImages(x, ConfigOf(AugMode::kNone, ImageRange::kZeroToOne), 0.5, &stream);
  EXPECT_EQ(y.view().data, x.view().data);
  EXPECT_EQ(stream.offset, 0u);
}

TEST(AugmentImages, AtProbabilityZeroItIsTheImage) {
  const Tensor x = NormalF64({2, 24, 24, 3}, 1);
  RandomStream stream;
  const Tensor y = AugmentImages(x, ConfigOf(AugMode::kAda, ImageRange::kZeroToOne), 0, &stream);
  EXPECT_EQ(y.view().data, x.view().data);
  EXPECT_GT(stream.offset, 0u);
}

// The same picture in the two ranges stays the same picture.
TEST(AugmentImages, DoesNotDependOnTheRange) {
  const Tensor signed_images = NormalF64({2, 24, 24, 3}, 1), images = Affine(signed_images, 0.5, 0.5);
  for (const AugMode aug : {AugMode::kFixed, AugMode::kAda, AugMode::kDiffAug}) {
    RandomStream stream = {1, 2, 3}, same_stream = stream;
    const Tensor y = AugmentImages(signed_images, ConfigOf(aug, ImageRange::kMinusOneToOne), 0.9, &stream);
    const Tensor z = AugmentImages(images, ConfigOf(aug, ImageRange::kZeroToOne), 0.9, &same_stream);
    ExpectSameValues(Affine(y, 0.5, 0.5), z, 1e-12);
    EXPECT_EQ(stream.offset, same_stream.offset);
    EXPECT_NE(testing::Values(z), testing::Values(images));
  }
}

// The next images get other transforms.
TEST(AugmentImages, DrawsAnew) {
  const Tensor x = NormalF64({2, 24, 24, 3}, 1);
  RandomStream stream;
  const TrainConfig config = ConfigOf(AugMode::kDiffAug, ImageRange::kMinusOneToOne);
  const Tensor first = AugmentImages(x, config, 0, &stream);
  EXPECT_NE(testing::Values(first), testing::Values(AugmentImages(x, config, 0, &stream)));
}

}  // namespace
}  // namespace sg::gan
