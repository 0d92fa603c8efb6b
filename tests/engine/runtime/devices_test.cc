#include "engine/runtime/devices.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/device_failure.h"
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

TEST(RuntimeTest, OptionsAreOfOneDevice) {
  const DeviceOptions cpu_before = OptionsOf(Device::Cpu()), gpu_before = OptionsOf(Device::Cuda());
  EXPECT_GE(cpu_before.threads, 1);
  DeviceOptions options;
  options.threads = cpu_before.threads + 1;
  options.memory_cap = int64_t{1} << 40;
  options.tf32 = !gpu_before.tf32;
  ConfigureDevice(Device::Cpu(), options);
  EXPECT_EQ(OptionsOf(Device::Cpu()).threads, cpu_before.threads + 1);
  EXPECT_EQ(OptionsOf(Device::Cpu()).memory_cap, int64_t{1} << 40);
  EXPECT_THAT(DescribeDevice(Device::Cpu()), HasSubstr(std::to_string(cpu_before.threads + 1) + " threads"));
  EXPECT_EQ(OptionsOf(Device::Cuda()).tf32, gpu_before.tf32);
  EXPECT_EQ(OptionsOf(Device::Cuda()).memory_cap, gpu_before.memory_cap);
  options.threads = 0;
  ConfigureDevice(Device::Cpu(), options);
  EXPECT_EQ(OptionsOf(Device::Cpu()).threads, cpu_before.threads) << "the default";
  ConfigureDevice(Device::Cpu(), cpu_before);

  ConfigureDevice(Device::Ref(), options);
  EXPECT_EQ(OptionsOf(Device::Ref()).memory_cap, 0) << "ignored";
}

TEST(RuntimeTest, TheMemoryOfADeviceCanBeCapped) {
  const DeviceOptions before = OptionsOf(Device::Cpu());
  DeviceOptions capped = before;
  capped.memory_cap = MemoryStatsOf(Device::Cpu()).reserved_bytes + 1;
  ConfigureDevice(Device::Cpu(), capped);
  const absl::Status status = CatchDeviceFailure([] { BackendFor(Device::Cpu()).Allocate(size_t{1} << 30); });
  ConfigureDevice(Device::Cpu(), before);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1024 MiB asked for"));
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

TEST(RuntimeDeathTest, NegativeThreadsAreRefused) {
  DeviceOptions options;
  options.threads = -1;
  EXPECT_DEATH(ConfigureDevice(Device::Cpu(), options), HasSubstr("[ConfigureDevice] -1 threads"));
}

TEST(RuntimeDeathTest, AMissingDeviceIsNamed) {
  EXPECT_DEATH(BackendFor(Device::Cuda(999)), HasSubstr("[Runtime] no device cuda:999 here"));
}

}  // namespace
}  // namespace sg
