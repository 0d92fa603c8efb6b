// A program that catches a failed allocation (engine/base/device_failure.h) can use the device afterwards.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/autograd/grad.h"
#include "engine/base/device_failure.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using ::testing::ElementsAre;
using ::testing::ExitedWithCode;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;  // whose operator new does not fail, and which take address space themselves
#else
constexpr bool kHasSanitizer = false;
#endif

// 2^47 bytes of f32, all of the address space.
const Shape kTooLarge = {int64_t{1} << 35, 1024};

std::vector<Device> Devices() {
  std::vector<Device> devices = AvailableDevices();
  if (kHasSanitizer) devices.erase(devices.begin());  // the reference backend calls operator new
  return devices;
}

TEST(OutOfMemoryTest, TensorsAndGraphsFromBeforeStayUsable) {
  for (const Device device : Devices()) {
    SCOPED_TRACE(Name(device.type));
    const Tensor x = Tensor::FromHost<float>({2}, {3, 5}, device).Track();
    const Tensor y = Mul(x, x);
    const int64_t live = MemoryStatsOf(device).live_bytes;
    Tensor z;
    const absl::Status status = CatchDeviceFailure([&] {
      const Tensor more = Exp(y);
      z = BroadcastTo(SumTo(Mul(more, y), {}), kTooLarge);
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("1.34218e+08 MiB asked for"));
    EXPECT_FALSE(z.defined());
    EXPECT_EQ(MemoryStatsOf(device).live_bytes, live) << "what the work has made is freed";
    EXPECT_THAT(y.ToHost<float>(), ElementsAre(9, 25));
    EXPECT_THAT(Grad({SumTo(y, {})}, {x})[0].ToHost<float>(), ElementsAre(6, 10));
  }
}

TEST(OutOfMemoryDeathTest, WithoutACatchTheProcessEndsAsOnAGpu) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Device device : Devices()) {
    const auto fail = [&] {
      const DeviceFailureScope scope([](const DeviceFailure& failure) {
        return failure.kind == DeviceFailure::Kind::kOutOfMemory ? "saved\n" : "something else\n";
      });
      Tensor::Empty(kTooLarge, DType::kF32, device);
    };
    EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode),
                "out of .*memory: .* A smaller batch takes less\nsaved\n$");
  }
}

// Bytes of address space that this process has.
int64_t AddressSpace() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

std::vector<float> GradientOfConvolutions(const Tensor& x, const Tensor& w) {
  Tensor y = x;
  for (int i = 0; i < 3; ++i) y = Tanh(Conv2d(y, w, {}));
  return Grad({SumTo(y, {})}, {w})[0].ToHost<float>();
}

// The limit rises until the work fits. Each time it ends elsewhere: in a tensor, or in the scratch of a kernel.
TEST(OutOfMemoryTest, WorkThatFailedCanBeRepeated) {
  if (kHasSanitizer) GTEST_SKIP() << "an address space that a sanitizer has filled cannot be limited";
  const Tensor w =
      Tensor::FromHost<float>({16, 3, 3, 16}, std::vector<float>(16 * 9 * 16, 0.01f), Device::Cpu()).Track();
  const Tensor small = Tensor::Full({1, 8, 8, 16}, 0.5, DType::kF32, Device::Cpu());
  const Tensor large = Tensor::Full({32, 128, 128, 16}, 0.5, DType::kF32, Device::Cpu());
  const std::vector<float> small_before = GradientOfConvolutions(small, w);  // also starts the threads
  const int64_t live = MemoryStatsOf(Device::Cpu()).live_bytes;

  rlimit unlimited;
  getrlimit(RLIMIT_AS, &unlimited);
  std::vector<float> limited;
  int failures = 0;
  for (int64_t limit = AddressSpace(); limited.empty(); limit += int64_t{64} << 20) {
    const rlimit lower = {static_cast<rlim_t>(limit), unlimited.rlim_max};
    setrlimit(RLIMIT_AS, &lower);
    const absl::Status status = CatchDeviceFailure([&] { limited = GradientOfConvolutions(large, w); });
    setrlimit(RLIMIT_AS, &unlimited);
    if (status.ok()) break;
    ++failures;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(MemoryStatsOf(Device::Cpu()).live_bytes, live);
    EXPECT_EQ(GradientOfConvolutions(small, w), small_before);
    ASSERT_LT(failures, 100);
  }
  EXPECT_GE(failures, 3);
  EXPECT_EQ(limited, GradientOfConvolutions(large, w));
}

}  // namespace
}  // namespace sg
