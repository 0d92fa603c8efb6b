#include "engine/base/device.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace sg {
namespace {

std::string Print(Device device) {
  std::ostringstream os;
  os << device;
  return os.str();
}

TEST(Device, DefaultIsTheCpu) { EXPECT_EQ(Device(), Device::Cpu()); }

TEST(Device, EqualityComparesTypeAndIndex) {
  EXPECT_TRUE(Device::Cuda(1) == Device::Cuda(1));
  EXPECT_FALSE(Device::Cuda(1) == Device::Cuda(0));
  EXPECT_TRUE(Device::Cuda(0) != Device::Cpu());
  EXPECT_TRUE(Device::Ref() != Device::Cpu());
}

TEST(Device, Prints) {
  EXPECT_EQ(Print(Device::Ref()), "ref");
  EXPECT_EQ(Print(Device::Cpu()), "cpu");
  EXPECT_EQ(Print(Device::Cuda(1)), "cuda:1");
  EXPECT_EQ(Print(Device::Plan()), "plan");
  EXPECT_STREQ(Name(DeviceType::kCuda), "cuda");
}

}  // namespace
}  // namespace sg
