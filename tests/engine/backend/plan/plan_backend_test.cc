#include <vector>

#include "engine/backend/backend.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(PlanBackend, CountsBuffersAndBytesInBlocksOf64) {
  Backend& plan = BackendFor(Device::Plan());
  const MemoryStats before = plan.Stats();
  void* small = plan.Allocate(1);
  void* large = plan.Allocate(65);
  EXPECT_NE(small, large);
  EXPECT_EQ(plan.Stats().live_bytes - before.live_bytes, 64 + 128);
  EXPECT_EQ(plan.Stats().live_buffers - before.live_buffers, 2);
  EXPECT_EQ(plan.Stats().allocations - before.allocations, 2);
  plan.Free(small);
  EXPECT_EQ(plan.Stats().live_bytes - before.live_bytes, 128);
  plan.Free(large);
  EXPECT_EQ(plan.Stats().live_bytes, before.live_bytes);
  EXPECT_EQ(plan.Stats().live_buffers, before.live_buffers);
}

TEST(PlanBackend, PeakIsTheHighestSinceTheReset) {
  Backend& plan = BackendFor(Device::Plan());
  const int64_t before = plan.Stats().live_bytes;
  void* a = plan.Allocate(640);
  void* b = plan.Allocate(640);
  plan.Free(a);
  EXPECT_EQ(plan.Stats().peak_bytes - before, 1280);
  plan.ResetPeak();
  EXPECT_EQ(plan.Stats().peak_bytes - before, 640);
  void* c = plan.Allocate(64);
  EXPECT_EQ(plan.Stats().peak_bytes - before, 704);
  plan.Free(b);
  plan.Free(c);
  EXPECT_EQ(plan.Stats().peak_bytes - before, 704);
}

// Even terabytes cost nothing, since buffers have no bytes.
TEST(PlanBackend, RunsOperationsWithoutMemory) {
  const int64_t before = BackendFor(Device::Plan()).Stats().live_bytes;
  {
    const Tensor x = Tensor::Zeros({1 << 20, 64, 64, 64}, DType::kF32, Device::Plan());
    const Tensor w = Tensor::Zeros({32, 3, 3, 64}, DType::kF32, Device::Plan());
    const Tensor y = Scale(Conv2d(x, w, ConvGeometry::Padded(1)), 2);
    EXPECT_EQ(y.shape(), Shape({1 << 20, 64, 64, 32}));
    EXPECT_EQ(BackendFor(Device::Plan()).Stats().live_bytes - before, x.NumBytes() + w.NumBytes() + y.NumBytes());
  }
  EXPECT_EQ(BackendFor(Device::Plan()).Stats().live_bytes, before);
}

TEST(PlanBackend, CopiesToTheHostAreZeros) {
  const Tensor t = Tensor::FromHost<float>({2}, {1, 2}, Device::Plan());
  EXPECT_EQ(t.ToHost<float>(), (std::vector<float>{0, 0}));
}

TEST(PlanBackend, IsNotADeviceThatComputes) {
  for (const Device device : AvailableDevices()) EXPECT_NE(device.type, DeviceType::kPlan);
  EXPECT_TRUE(IsAvailable(Device::Plan()));
}

TEST(PlanBackendDeathTest, RefusesToFreeWhatItDoesNotHave) {
  Backend& plan = BackendFor(Device::Plan());
  void* buffer = plan.Allocate(1);
  plan.Free(buffer);
  EXPECT_DEATH(plan.Free(buffer), "\\[Plan\\] free of a buffer that was not allocated");
}

}  // namespace
}  // namespace sg
