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
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath("rosinality_training.pt"));
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

TEST(LatentAverage, OfAConditionalNetworkIsOverItsClasses) {
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath("nvidia_conditional.pkl"));
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_THAT(network->notes, SizeIs(0));
  network->tensors.erase(kLatentAverageName);
  ASSERT_TRUE(AddLatentAverage(&*network).ok());
  EXPECT_THAT(network->notes, SizeIs(1));
  const std::vector<float> all = ValuesOf(network->tensors.at(kLatentAverageName));
  // The embedding of a label is what its column of the weight and the bias give. With one label for all, the average
  // is another.
  const std::string name = "ema.mapping_network.embed.weight.weight";
  HostTensor embed = {network->tensors.at(name).shape, ValuesOf(network->tensors.at(name))};
  for (size_t i = 0; i < embed.values.size(); ++i) embed.values[i] = embed.values[i / 10 * 10];
  network->tensors[name].read = [embed]() -> absl::StatusOr<HostTensor> { return embed; };
  network->tensors.erase(kLatentAverageName);
  ASSERT_TRUE(AddLatentAverage(&*network).ok());
  const std::vector<float> one = ValuesOf(network->tensors.at(kLatentAverageName));
  double change = 0;
  for (size_t i = 0; i < all.size(); ++i) change += std::abs(all[i] - one[i]);
  EXPECT_GT(change / 64, 0.01);
}

TEST(LatentAverage, HasTheSizeOfW) {
  absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath("nvidia_latents.pkl"));
  ASSERT_TRUE(network.ok()) << network.status();
  network->tensors.erase(kLatentAverageName);
  ASSERT_TRUE(AddLatentAverage(&*network).ok());
  EXPECT_THAT(ValuesOf(network->tensors.at(kLatentAverageName)), SizeIs(8));
}

}  // namespace
}  // namespace sg::gan
