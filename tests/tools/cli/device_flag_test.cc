#include "tools/cli/device_flag.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

DeviceFlags Flags(const std::string& device) {
  DeviceFlags flags;
  flags.device = device;
  return flags;
}

class DeviceFlagTest : public ::testing::Test {
 protected:
  void TearDown() override {
    ConfigureDevice(Device::Cpu(), {});
    ConfigureDevice(Device::Cuda(), {});
  }
};

TEST_F(DeviceFlagTest, CpuIsTheCpuWhateverElseThereIs) {
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(Flags("cpu"));
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_EQ(chosen->device, Device::Cpu());
  EXPECT_EQ(chosen->description, BackendFor(Device::Cpu()).Description());
}

TEST_F(DeviceFlagTest, AutoSaysWhyItIsNoGpu) {
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice({});
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_EQ(chosen->device, DefaultDevice());
  if (chosen->device.type == DeviceType::kCuda) GTEST_SKIP() << "there is one";
  EXPECT_THAT(chosen->description, EndsWith(" (no CUDA device: " + CudaUnavailableReason(0) + ")"));
}

TEST_F(DeviceFlagTest, AMissingGpuIsAnErrorWithTheReason) {
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(Flags("cuda:999"));
  EXPECT_EQ(chosen.status(),
            absl::UnavailableError("--device=cuda:999: " + CudaUnavailableReason(999) + "; --device=cpu works"));
}

TEST_F(DeviceFlagTest, MistakesAreNamed) {
  for (const char* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"}) {
    const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(Flags(text));
    EXPECT_EQ(chosen.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(chosen.status().message()), HasSubstr("--device is \"" + std::string(text) + "\""));
  }
  DeviceFlags flags;
  flags.threads = -1;
  EXPECT_THAT(std::string(ChooseDevice(flags).status().message()), HasSubstr("--threads is -1"));
  flags = Flags("cpu");
  flags.memory_cap_mib = -1;
  EXPECT_THAT(std::string(ChooseDevice(flags).status().message()), HasSubstr("--memory-cap is -1"));
  flags = Flags("cpu");
  flags.cuda_graphs = true;
  EXPECT_EQ(ChooseDevice(flags).status(),
            absl::InvalidArgumentError("--cuda-graphs is for a GPU, and the device is cpu"));
}

TEST_F(DeviceFlagTest, ThreadsAndMemoryKeepEachOther) {
  DeviceFlags flags = Flags("cpu");
  flags.threads = 3;
  ASSERT_TRUE(ChooseDevice(flags).ok());
  flags.threads = 0;
  flags.memory_cap_mib = 5000;
  ASSERT_TRUE(ChooseDevice(flags).ok());
  EXPECT_EQ(OptionsOf(Device::Cpu()).threads, 3);
  EXPECT_EQ(OptionsOf(Device::Cpu()).memory_cap, int64_t{5000} << 20);
}

TEST_F(DeviceFlagTest, ModesKeepTheOtherOptionsOfAGpu) {
  if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << CudaUnavailableReason(0);
  DeviceOptions options;
  options.cache_memory = false;
  options.memory_cap = int64_t{1} << 30;
  ConfigureDevice(Device::Cuda(), options);
  DeviceFlags flags = Flags("cuda");
  flags.tf32 = false;
  ASSERT_TRUE(ChooseDevice(flags).ok());
  EXPECT_FALSE(OptionsOf(Device::Cuda()).tf32);
  EXPECT_FALSE(OptionsOf(Device::Cuda()).cache_memory);
  EXPECT_EQ(OptionsOf(Device::Cuda()).memory_cap, int64_t{1} << 30);
}

// In the description, for that is what a checkpoint remembers.
TEST_F(DeviceFlagTest, ModesOfAGpuAreInItsDescription) {
  if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << CudaUnavailableReason(0);
  ConfigureDevice(Device::Cuda(), {});
  DeviceFlags flags = Flags("cuda");
  const absl::StatusOr<ChosenDevice> usual = ChooseDevice(flags);
  ASSERT_TRUE(usual.ok()) << usual.status();
  EXPECT_THAT(usual->description, HasSubstr(", TF32"));
  EXPECT_THAT(usual->description, Not(HasSubstr("deterministic")));
  flags.tf32 = false;
  flags.deterministic = true;
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(flags);
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_THAT(chosen->description, Not(HasSubstr("TF32")));
  EXPECT_THAT(chosen->description, HasSubstr(", deterministic"));
}

}  // namespace
}  // namespace sg::cli
