#include "gan/interop/latent_average.h"

#include <cmath>

#include "gan/interop/import_network.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(LatentAverage, IsTheMeanOfManyLatents) {
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath("rosinality_training.pt"), {});
  ASSERT_TRUE(network.ok()) << network.status();
  const std::vector<float> average = ValuesOf(network->tensors.at(kLatentAverageName));
  ASSERT_THAT(average, SizeIs(64));
  // The standard deviation of w is about 1, and that of the mean of 4096 of them a 64th. The mean itself is not 0.
  double square = 0;
  for (const float value : average) square += value * value;
  EXPECT_GT(std::sqrt(square / 64), 0.1);
  // An average that the file has is kept.
  const absl::Status status = AddLatentAverage(&*network);
  EXPECT_TRUE(status.ok());
  EXPECT_THAT(network->notes, SizeIs(1));
  network->tensors[kLatentAverageName].shape = {65};
  EXPECT_THAT(std::string(AddLatentAverage(&*network).message()), HasSubstr("[65] instead of [64]"));
}

}  // namespace
}  // namespace sg::gan
