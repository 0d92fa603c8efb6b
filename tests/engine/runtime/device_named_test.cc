#include "engine/runtime/device_named.h"

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(DeviceNamed, KnowsEveryKind) {
  EXPECT_EQ(DeviceNamed("auto"), DefaultDevice());
  EXPECT_EQ(DeviceNamed("cpu"), Device::Cpu());
  EXPECT_EQ(DeviceNamed("cuda"), Device::Cuda(0));
  EXPECT_EQ(DeviceNamed("cuda:12"), Device::Cuda(12));
}

TEST(DeviceNamed, NothingElseIsADevice) {
  for (const char* text :
       {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:99999999999", "CPU", "cpu:0", "ref", "plan"}) {
    EXPECT_EQ(DeviceNamed(text), absl::nullopt) << text;
  }
}

}  // namespace
}  // namespace sg
