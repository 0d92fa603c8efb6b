#include "gan/interop/shared_config.h"

#include "gan/config/json.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(SharedConfigTest, LeavesOutWhereTheImagesAre) {
  TrainConfig config;
  const std::string without = ToJson(config);
  config.data = "photos of somebody";
  EXPECT_NE(ToJson(config), without);
  EXPECT_EQ(SharedConfig(config), without);
}

}  // namespace
}  // namespace sg::gan
