#include "tools/benchmarks/device_peaks.h"

#include "engine/backend/backend.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"

namespace sg::bench {
namespace {

PeakSizes Small() {
  PeakSizes sizes;
  sizes.matmul = 64;
  sizes.copy_bytes = 1 << 16;
  sizes.seconds = 0.02;
  return sizes;
}

TEST(DevicePeaksTest, ArePositiveOnEveryDeviceAndLeaveNothingBehind) {
  for (const Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    const int64_t before = BackendFor(device).Stats().live_buffers;
    const Peaks peaks = MeasureDevicePeaks(device, Small());
    EXPECT_GT(peaks.gflops, 0);
    EXPECT_GT(peaks.copy_gbps, 0);
    EXPECT_STRNE(peaks.method, "");
    EXPECT_EQ(BackendFor(device).Stats().live_buffers, before);
  }
}

// oneDNN's product is many times faster than the naive loops: a measurement that did not do the work could not tell
// them apart.
TEST(DevicePeaksTest, TellAFastProductFromASlowOne) {
  PeakSizes sizes = Small();
  sizes.matmul = 256;
  EXPECT_GT(MeasureDevicePeaks(Device::Cpu(), sizes).gflops, 2 * MeasureDevicePeaks(Device::Ref(), sizes).gflops);
}

}  // namespace
}  // namespace sg::bench
