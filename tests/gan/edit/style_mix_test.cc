#include "gan/edit/style_mix.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

TEST(MixStylesTest, TakesTheNamedEntriesOfTheColumns) {
  const Tensor row = Tensor::FromHost<float>({3, 1, 2}, {1, 2, 3, 4, 5, 6}, Device::Cpu());
  const Tensor columns =
      Tensor::FromHost<float>({3, 2, 2}, {10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33}, Device::Cpu());
  EXPECT_THAT(MixStyles(row, columns, {1}).ToHost<float>(), ElementsAre(1, 2, 1, 2, 20, 21, 22, 23, 5, 6, 5, 6));
  EXPECT_EQ(MixStyles(row, columns, {2, 0, 1}).ToHost<float>(), columns.ToHost<float>());
  EXPECT_THAT(MixStyles(row, columns, {}).ToHost<float>(), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6));
}

TEST(DefaultMixedStylesTest, AreTheCoarseEntries) {
  ModelConfig model;
  model.resolution = 1024;
  EXPECT_THAT(DefaultMixedStyles(model), ElementsAre(0, 1, 2, 3)) << "4x4 to 32x32 of nine blocks";
  model.latent_per_layer = true;
  EXPECT_THAT(DefaultMixedStyles(model), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  model.resolution = 8;
  EXPECT_THAT(DefaultMixedStyles(model), ElementsAre(0, 1, 2)) << "the last of four is the row's";
}

}  // namespace
}  // namespace sg::gan
