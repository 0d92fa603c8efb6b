// That an upload of a whole batch does not wait for the GPU.
#include <driver_types.h>

#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"

namespace fake_cuda {
namespace {

// Of 1024x1024 pixels.
constexpr size_t kBatchBytes = size_t{32} * 3 * 1024 * 1024;

class UploadsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    ClearFailures();
    sg::ReleaseCudaBackends();
  }
};

TEST_F(UploadsTest, OfABatchDoNotWaitForTheStepBefore) {
  ASSERT_TRUE(sg::IsAvailable(sg::Device::Cuda()));
  sg::Backend& backend = *sg::CudaBackend(0);
  const std::vector<char> batch(kBatchBytes, 7);
  void* const to = backend.Allocate(batch.size());
  const int64_t before = sg::CudaCountsSoFar().synchronizations;
  FailCallsFrom("cudaEventQuery", 1, cudaErrorNotReady);  // the GPU has not come as far as any upload
  backend.CopyFromHost(to, batch.data(), batch.size());
  EXPECT_EQ(sg::CudaCountsSoFar().synchronizations, before);
  // The host is not more than a batch ahead.
  backend.CopyFromHost(to, batch.data(), batch.size());
  EXPECT_GT(sg::CudaCountsSoFar().synchronizations, before);
  ClearFailures();
  backend.Free(to);
}

}  // namespace
}  // namespace fake_cuda
