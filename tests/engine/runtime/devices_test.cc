#include "engine/runtime/devices.h"

#include <vector>

#include "engine/runtime/backend_for.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using ::testing::HasSubstr;

TEST(RuntimeTest, ListsTheReferenceFirstThenTheCpu) {
  const std::vector<Device> devices = AvailableDevices();
  ASSERT_GE(devices.size(), 2u);
  EXPECT_EQ(devices[0], Device::Ref());
  EXPECT_EQ(devices[1], Device::Cpu());
  for (size_t i = 2; i < devices.size(); ++i) EXPECT_EQ(devices[i], Device::Cuda(static_cast<int>(i) - 2));
}

TEST(RuntimeTest, EveryListedDeviceHasOneBackendThatKnowsWhereItIs) {
  for (const Device device : AvailableDevices()) {
    EXPECT_TRUE(IsAvailable(device)) << device;
    EXPECT_EQ(BackendFor(device).device(), device);
    EXPECT_EQ(&BackendFor(device), &BackendFor(device));
    EXPECT_FALSE(DescribeDevice(device).empty());
    EXPECT_EQ(DescribeDevice(device), BackendFor(device).Description());
    EXPECT_TRUE(IsFast(device, DType::kF32));
  }
}

TEST(RuntimeTest, WhatIsNotListedIsNotAvailable) {
  const int gpus = static_cast<int>(AvailableDevices().size()) - 2;
  EXPECT_FALSE(IsAvailable(Device::Cuda(gpus)));
  EXPECT_FALSE(IsAvailable({DeviceType::kCpu, 1}));
  EXPECT_FALSE(IsAvailable({DeviceType::kRef, 1}));
  EXPECT_FALSE(IsAvailable({DeviceType::kCuda, -1}));
}

TEST(RuntimeTest, CountsTheMemoryOfADevice) {
  const int64_t before = MemoryStatsOf(Device::Cpu()).live_bytes;
  Backend& cpu = BackendFor(Device::Cpu());
  void* const data = cpu.Allocate(1 << 20);
  EXPECT_GE(MemoryStatsOf(Device::Cpu()).live_bytes, before + (1 << 20));
  cpu.Free(data);
  ResetMemoryPeak(Device::Cpu());
  EXPECT_EQ(MemoryStatsOf(Device::Cpu()).peak_bytes, before);
}

TEST(RuntimeTest, TheDefaultIsAGpuWhereThereIsOne) {
  EXPECT_EQ(DefaultDevice(), IsAvailable(Device::Cuda()) ? Device::Cuda() : Device::Cpu());
}

TEST(RuntimeDeathTest, AMissingDeviceIsNamed) {
  EXPECT_DEATH(BackendFor(Device::Cuda(999)), HasSubstr("[Runtime] no device cuda:999 here"));
}

}  // namespace
}  // namespace sg
