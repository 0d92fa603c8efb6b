#include "gan/interop/complete.h"

#include "gan/interop/import_network.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const ImportedNetwork& network) {
  const absl::Status status = CheckComplete(network);
  return status.ok() ? "it is complete" : std::string(status.message());
}

TEST(Complete, EveryPartIsWholeOrAbsent) {
  const absl::StatusOr<ImportedNetwork> whole = ImportNetwork(ForeignPath("nvidia_whole.pkl"));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(ErrorOf(*whole), "it is complete");
  for (const char* name : {"ema.generator.to_rgb.bias", "generator.to_rgb.bias", "ema.generator.noise_const.1.first",
                           "mapping_network.net.0.bias", "discriminator.fc.weight.weight"}) {
    ImportedNetwork network = *whole;
    network.tensors.erase(name);
    EXPECT_THAT(ErrorOf(network), HasSubstr(name));
    network.tensors[name] = {{7}, whole->tensors.at(name).read};
    EXPECT_THAT(ErrorOf(network), HasSubstr("is [7] instead of"));
  }
  // Without the discriminator and the trained generator.
  ImportedNetwork average = *whole;
  for (auto it = average.tensors.begin(); it != average.tensors.end();) {
    it = it->first.rfind("ema.", 0) == 0 ? std::next(it) : average.tensors.erase(it);
  }
  EXPECT_EQ(ErrorOf(average), "it is complete");
}

// A configuration may claim a network that no machine could hold. Nothing is allocated for it.
TEST(Complete, AClaimOfAHugeNetworkTakesNoMemory) {
  ImportedNetwork huge;
  huge.config.model.resolution = 1024;
  huge.config.model.g_features = huge.config.model.max_features = 4096;
  EXPECT_THAT(ErrorOf(huge), HasSubstr("it lacks the tensor"));
}

}  // namespace
}  // namespace sg::gan
