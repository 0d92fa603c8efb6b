// What a model takes, it gives back.
#include <malloc.h>

#include <cstdint>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"

namespace sg::c_api {
namespace {

constexpr int kLoads = 100;
constexpr int64_t kSlack = 4096;  // bytes: less than 41 for each load

// In use on the heap; the sanitizers, which have a heap of their own, find leaks by themselves.
int64_t HeapBytes() { return static_cast<int64_t>(mallinfo2().uordblks); }
int64_t TensorBytes() { return MemoryStatsOf(Device::Cpu()).live_bytes; }

void LoadAndFree(int times) {
  for (int i = 0; i < times; ++i) {
    const Model model = LoadModel("nvidia_skip_1.5.pkl");
    Generate(model.get(), {1, 2});
    Try([](sg2_error** error) { return sg2_set_threads(-1, error); });
  }
}

TEST(Memory, LoadingAndFreeingDoesNotGrow) {
  LoadAndFree(20);  // fills what is kept for good, such as oneDNN's primitives
  const int64_t heap = HeapBytes(), tensors = TensorBytes();
  LoadAndFree(kLoads);
  EXPECT_EQ(TensorBytes(), tensors);
  EXPECT_LE(HeapBytes(), heap + kSlack);
}

}  // namespace
}  // namespace sg::c_api
