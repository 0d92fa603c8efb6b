// What the CUDA backend promises beyond Backend: options, counters, and the limits of its memory. Skipped where there
// is no GPU.
#include "engine/backend/cuda/cuda_backend.h"

#include <string>
#include <vector>

#include "engine/base/device.h"
#include "engine/base/device_failure.h"
#include "engine/base/device_options.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg {
namespace {

using testing::ExpectClose;
using testing::HostTensor;
using testing::KernelRun;
using testing::Normal;
using testing::Precision;

class CudaBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << CudaUnavailableReason(0);
    backend_ = CudaBackend(0);
  }
  void TearDown() override { ConfigureDevice(Device::Cuda(), {}); }

  Backend* backend_ = nullptr;
};

const ConvGeometry kPadded = ConvGeometry::Padded(1);

HostTensor Convolve(Device device, Precision precision, const HostTensor& x, const HostTensor& w) {
  KernelRun run(device, precision);
  const Shape y = Conv2dOutputShape("Conv2d", x.shape, w.shape, kPadded);
  run.backend().Conv2d({run.Input(x), run.Input(w), run.Output(y, DType::kF32), kPadded});
  return run.ReadOutputs()[0];
}

TEST_F(CudaBackendTest, WithoutTf32ConvolutionsAndProductsAreF32) {
  DeviceOptions options;
  options.tf32 = false;
  ConfigureDevice(Device::Cuda(), options);
  const HostTensor x = Normal({2, 9, 7, 16}, DType::kF32, 1), w = Normal({24, 3, 3, 16}, DType::kF32, 2);
  ExpectClose(Convolve(Device::Cuda(), Precision::kAsGiven, x, w), Convolve(Device::Ref(), Precision::kWide, x, w),
              {1e-6, 3e-6, false});
  const auto multiply = [](Device device, Precision precision) {
    KernelRun run(device, precision);
    // A batch of products goes to cuBLAS, a small one alone does not.
    run.backend().MatMul({run.Input(Normal({2, 33, 65}, DType::kF32, 3)),
                          run.Input(Normal({2, 65, 17}, DType::kF32, 4)), run.Output({2, 33, 17}, DType::kF32)});
    return run.ReadOutputs()[0];
  };
  ExpectClose(multiply(Device::Cuda(), Precision::kAsGiven), multiply(Device::Ref(), Precision::kWide),
              {1e-6, 3e-6, false});
}

// With TF32 and without: bf16 operands are multiplied as they are, or widened, and each is a TF32 number. What remains
// is the rounding of the sums. Tensor cores drop the bits that do not fit instead of rounding, up to 2^-23 for each of
// the 18 steps that these sums of 144 products take, always towards zero.
TEST_F(CudaBackendTest, ConvolutionsOfBf16LoseNothing) {
  const HostTensor x = Normal({2, 9, 7, 16}, DType::kBF16, 1), w = Normal({24, 3, 3, 16}, DType::kBF16, 2);
  ExpectClose(Convolve(Device::Cuda(), Precision::kAsGiven, x, w), Convolve(Device::Ref(), Precision::kWide, x, w),
              {3e-6, 1e-5, false});
}

TEST_F(CudaBackendTest, DeterministicConvolutionsRepeatTheirBits) {
  DeviceOptions options;
  options.deterministic = true;
  ConfigureDevice(Device::Cuda(), options);
  const HostTensor x = Normal({4, 16, 16, 32}, DType::kF32, 1), w = Normal({32, 3, 3, 32}, DType::kF32, 2);
  const HostTensor first = Convolve(Device::Cuda(), Precision::kAsGiven, x, w);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Convolve(Device::Cuda(), Precision::kAsGiven, x, w).values, first.values);
}

TEST_F(CudaBackendTest, KernelsDoNotWaitAndAreCounted) {
  KernelRun run(Device::Cuda(), Precision::kAsGiven);
  const TensorView x = run.InOut(Normal({2, 8, 8, 16}, DType::kF32, 1)),
                   w = run.Input(Normal({16, 3, 3, 16}, DType::kF32, 2));
  const TensorView y = run.Output({2, 8, 8, 16}, DType::kF32);
  run.backend().Conv2d({x, w, y, kPadded});  // makes the handle and the plan
  const CudaCounts before = CudaCountsSoFar();
  for (int i = 0; i < 50; ++i) {
    run.backend().Conv2d({x, w, y, kPadded});
    run.backend().Fill({x, 1.0});
    run.backend().CopyFromHost(x.data, std::vector<float>(2 * 8 * 8 * 16, 1.0f).data(), x.NumBytes());
    run.backend().Free(run.backend().Allocate(1 << 20));
  }
  const CudaCounts after = CudaCountsSoFar();
  EXPECT_EQ(after.synchronizations, before.synchronizations);
  EXPECT_EQ(after.launches, before.launches + 50);
  EXPECT_EQ(after.library_calls, before.library_calls + 50);
  run.backend().Synchronize();
  EXPECT_EQ(CudaCountsSoFar().synchronizations, after.synchronizations + 1);
}

// Larger than a slot of the staging ring, and than the ring.
TEST_F(CudaBackendTest, LargeUploadsArriveInPieces) {
  std::vector<unsigned char> bytes((size_t{40} << 20) + 12345), read(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i * 7 + (i >> 13));
  void* data = backend_->Allocate(bytes.size());
  backend_->CopyFromHost(data, bytes.data(), bytes.size());
  backend_->CopyToHost(read.data(), data, read.size());
  EXPECT_TRUE(read == bytes);
  backend_->Free(data);
}

TEST_F(CudaBackendTest, FreedNeighborsBecomeOneBlock) {
  constexpr size_t kBytes = size_t{16} << 20;
  std::vector<void*> quarters;
  for (int i = 0; i < 4; ++i) quarters.push_back(backend_->Allocate(kBytes));
  for (int i : {1, 3, 0, 2}) backend_->Free(quarters[i]);
  const int64_t asked = backend_->Stats().system_allocations;
  void* whole = backend_->Allocate(4 * kBytes);
  EXPECT_EQ(backend_->Stats().system_allocations, asked);
  backend_->Free(whole);
}

// What kernels hold for themselves has a peak of its own; a matrix product has a workspace, which stays.
TEST_F(CudaBackendTest, TheWorkspaceOfLibrariesCountsAsScratch) {
  const int64_t live = backend_->Stats().live_bytes;
  {
    KernelRun run(Device::Cuda(), Precision::kAsGiven);
    run.backend().MatMul({run.Input(Normal({2, 33, 65}, DType::kF32, 1)),
                          run.Input(Normal({2, 65, 17}, DType::kF32, 2)), run.Output({2, 33, 17}, DType::kF32)});
    run.backend().Synchronize();
  }
  EXPECT_EQ(backend_->Stats().live_bytes, live);
  backend_->ResetPeak();
  EXPECT_GT(backend_->Stats().peak_scratch_bytes, 0);
  EXPECT_EQ(backend_->Stats().peak_packed_bytes, 0);
}

TEST_F(CudaBackendTest, TheCapIsKeptAndReported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has used CUDA cannot be forked
  DeviceOptions options;
  options.memory_cap = backend_->Stats().reserved_bytes + (int64_t{8} << 20);
  ConfigureDevice(Device::Cuda(), options);
  const auto allocate = [this] {
    const DeviceFailureScope scope([](const DeviceFailure& failure) {
      return failure.kind == DeviceFailure::Kind::kOutOfMemory
                 ? "of " + std::to_string(failure.capacity_bytes) + " bytes for tensors\n"
                 : std::string("another failure\n");
    });
    backend_->Allocate(size_t{512} << 20);
  };
  EXPECT_EXIT(allocate(), ::testing::ExitedWithCode(kDeviceFailureExitCode),
              "out of GPU memory: 512 MiB asked for.*A smaller batch takes less\nof [1-9][0-9]* bytes for tensors\n");
  // Segments that nobody uses make room under the cap.
  ConfigureDevice(Device::Cuda(), {});
  backend_->Free(backend_->Allocate(size_t{128} << 20));
  const int64_t reserved = backend_->Stats().reserved_bytes;
  options.memory_cap = reserved;
  ConfigureDevice(Device::Cuda(), options);
  backend_->Free(backend_->Allocate(size_t{130} << 20));
  EXPECT_LE(backend_->Stats().reserved_bytes, reserved + (int64_t{2} << 20));
}

TEST(CudaAvailabilityTest, AMissingGpuHasAReason) {
  for (int index : {-1, 0, 1000}) {
    EXPECT_EQ(CudaBackend(index) == nullptr, !CudaUnavailableReason(index).empty()) << index;
  }
}

}  // namespace
}  // namespace sg
