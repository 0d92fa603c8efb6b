// How the CUDA backend deals with the answers of cuDNN: engines that refuse, that fail, that are not there. The
// stand-in's engines are listed in tests/fake_cuda/stand_in/cudnn_graph.cc.
#include <cudnn.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/conv_geometry.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/base/dtype.h"
#include "engine/base/log.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/support/device_suite.h"

namespace fake_cuda {
namespace {

using sg::CudaCounts;
using sg::CudaCountsSoFar;
using sg::Device;
using sg::DType;
using sg::Shape;
using sg::testing::ExpectClose;
using sg::testing::HostTensor;
using sg::testing::KernelRun;
using sg::testing::Normal;
using sg::testing::Precision;

constexpr char kMakePlan[] = "cudnnBackendFinalize(plan)", kExecute[] = "cudnnBackendExecute";
constexpr double kTf32Error = 2.5e-3;  // tests/support/device_suite.cc says why

class ConvPlansTest : public ::testing::Test {
 protected:
  void TearDown() override {
    ClearFailures();
    sg::ConfigureDevice(Device::Cuda(), {});
    sg::ReleaseCudaBackends();  // with its plans
  }

  // The three convolutions of one geometry, compared with the reference backend. `height` makes a geometry new.
  void ExpectRight(int height, DType dtype = DType::kF32, int channels = 8, double error = kTf32Error) {
    const sg::ConvGeometry geometry = sg::ConvGeometry::Padded(1);
    const Shape x = {2, height, 5, channels}, w = {16, 3, 3, channels}, y = {2, height, 5, 16};
    const auto run = [&](Device device, Precision precision) {
      KernelRun run(device, precision);
      run.backend().Conv2d(
          {run.Input(Normal(x, dtype, 1)), run.Input(Normal(w, dtype, 2)), run.Output(y, DType::kF32), geometry});
      run.backend().Conv2dInputGrad(
          {run.Input(Normal(y, dtype, 3)), run.Input(Normal(w, dtype, 4)), run.Output(x, DType::kF32), geometry});
      run.backend().Conv2dWeightGrad(
          {run.Input(Normal(x, dtype, 5)), run.Input(Normal(y, dtype, 6)), run.Output(w, DType::kF32), geometry});
      return run.ReadOutputs();
    };
    const CudaCounts before = CudaCountsSoFar();
    const std::vector<HostTensor> got = run(Device::Cuda(), Precision::kAsGiven);
    const CudaCounts after = CudaCountsSoFar();
    descriptor_convolutions_ = after.descriptor_convolutions - before.descriptor_convolutions;
    launches_ = after.launches - before.launches;
    EXPECT_EQ(after.library_calls - before.library_calls, 3);
    const std::vector<HostTensor> want = run(Device::Ref(), Precision::kWide);
    for (size_t i = 0; i < 3; ++i) ExpectClose(got[i], want[i], {error, 3 * error, false});
  }

  int64_t descriptor_convolutions_ = 0, launches_ = 0;  // of the last ExpectRight
};

TEST_F(ConvPlansTest, TakesTheGraphApi) {
  ExpectRight(4);
  EXPECT_EQ(descriptor_convolutions_, 0);
}

TEST_F(ConvPlansTest, TriesTheNextEngineAfterARefusal) {
  for (cudnnStatus_t refusal : {CUDNN_STATUS_NOT_SUPPORTED, CUDNN_STATUS_INTERNAL_ERROR, CUDNN_STATUS_BAD_PARAM,
                                CUDNN_STATUS_NOT_SUPPORTED_SHAPE, CUDNN_STATUS_INTERNAL_ERROR_COMPILATION_FAILED}) {
    SCOPED_TRACE(refusal);
    for (const char* call : {kMakePlan, kExecute}) {
      FailCall(call, 1, refusal);
      ExpectRight(4);
      EXPECT_EQ(descriptor_convolutions_, 0);
      sg::ReleaseCudaBackends();
    }
  }
}

TEST_F(ConvPlansTest, FallsBackToDescriptorsAndCountsIt) {
  FailCallsFrom(kMakePlan, 1, CUDNN_STATUS_INTERNAL_ERROR);
  ExpectRight(4);
  EXPECT_EQ(descriptor_convolutions_, 3);
  ClearFailures();
  ExpectRight(4);
  EXPECT_EQ(descriptor_convolutions_, 3) << "a plan is kept";
  ExpectRight(6);
  EXPECT_EQ(descriptor_convolutions_, 0);
}

TEST_F(ConvPlansTest, FallsBackToDescriptorsWhenNoEngineRuns) {
  FailCallsFrom(kExecute, 1, CUDNN_STATUS_BAD_PARAM);
  ExpectRight(4);
  EXPECT_EQ(descriptor_convolutions_, 3);
}

TEST_F(ConvPlansTest, AFailedKernelIsNoRefusal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        FailCall(kExecute, 1, CUDNN_STATUS_EXECUTION_FAILED);
        ExpectRight(4);
      },
      "cuDNN. Conv2d: CUDNN_STATUS_EXECUTION_FAILED");
  EXPECT_DEATH(
      {
        FailCallsFrom(kExecute, 1, CUDNN_STATUS_INTERNAL_ERROR);
        FailCallsFrom("cudnnConvolutionForward", 1, CUDNN_STATUS_NOT_SUPPORTED);
        ExpectRight(4);
      },
      "cuDNN. version [0-9]+ has no way to run Conv2d of f32 x .2,4,5,8.* gave CUDNN_STATUS_NOT_SUPPORTED");
}

TEST_F(ConvPlansTest, ReportsOnceThatAGeometryDoesWithoutTensorCores) {
  std::vector<std::string> messages;
  const sg::LogSinkScope scope(
      [&](sg::LogLevel /*level*/, absl::string_view message) { messages.emplace_back(message); });
  // Engines 60, 61 and 50 for the convolution alone, and 70 with an identity. What is left is 28.
  for (int i : {1, 2, 3, 5}) FailCall(kMakePlan, i, CUDNN_STATUS_NOT_SUPPORTED);
  ExpectRight(4);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("Conv2d of f32 x "), std::string::npos) << messages[0];
  EXPECT_NE(messages[0].find("without tensor cores"), std::string::npos) << messages[0];
  ExpectRight(4);
  EXPECT_EQ(messages.size(), 1u);
}

// Sums of the stand-in are exact, so an error would show rounding to TF32.
TEST_F(ConvPlansTest, WithoutTf32NoEngineRounds) {
  sg::DeviceOptions options;
  options.tf32 = false;
  sg::ConfigureDevice(Device::Cuda(), options);
  ExpectRight(4, DType::kF32, 8, 1e-6);
  FailCallsFrom(kMakePlan, 1, CUDNN_STATUS_INTERNAL_ERROR);
  ExpectRight(6, DType::kF32, 8, 1e-6);
  EXPECT_EQ(descriptor_convolutions_, 3);
}

TEST_F(ConvPlansTest, ReadsBf16AsItIs) {
  ExpectRight(4, DType::kBF16, 8, 1e-6);
  EXPECT_EQ(launches_, 0) << "of casts";
}

TEST_F(ConvPlansTest, WidensBf16WhereThereIsNoEngine) {
  ExpectRight(4, DType::kBF16, 6, 1e-6);
  EXPECT_GT(launches_, 0);
}

// Calls of a convolution with an epilogue, compared with the reference backend.
class ConvEpilogueTest : public ConvPlansTest {
 protected:
  static constexpr int kLarge = 512;  // pixels a side: with 16 channels the least for which a kernel is compiled

  // The launches of the call by the kernels of our own.
  int64_t LaunchesOf(DType dtype = DType::kF32, int channels = 8, double error = kTf32Error, int size = kLarge) {
    const Shape x = {1, size, size, channels}, w = {16, 1, 1, channels}, y = {1, size, size, 16};
    const auto run = [&](Device device, Precision precision) {
      KernelRun run(device, precision);
      sg::Conv2dArgs args = {
          run.Input(Normal(x, dtype, 1)), run.Input(Normal(w, dtype, 2)), run.Output(y, DType::kF32), {}};
      sg::Conv2dEpilogue& e = args.epilogue;
      e.scale = run.Input(Normal({1, 16}, DType::kF32, 3));
      e.bias = run.Input(Normal({16}, DType::kF32, 4));
      e.noise = run.Input(Normal({1, size, size, 1}, DType::kF32, 5));
      e.strength = run.Input(HostTensor({1}, DType::kF32, {0.5}));
      e.in_gain = 0.25;
      e.slope = 0.2;
      e.gain = 1.5;
      e.clamp = 2;
      run.backend().Conv2d(args);
      return run.ReadOutputs();
    };
    const CudaCounts before = CudaCountsSoFar();
    const std::vector<HostTensor> got = run(Device::Cuda(), Precision::kAsGiven);
    const CudaCounts after = CudaCountsSoFar();
    EXPECT_EQ(after.library_calls - before.library_calls, 1);
    ExpectClose(got[0], run(Device::Ref(), Precision::kWide)[0], {error, 3 * error, false});
    return after.launches - before.launches;
  }
};

TEST_F(ConvEpilogueTest, IsOneKernelWithTheConvolutionForLargeResults) {
  EXPECT_EQ(LaunchesOf(), 0);
  EXPECT_EQ(LaunchesOf(DType::kF32, 8, kTf32Error, kLarge - 1), 1);
}

TEST_F(ConvEpilogueTest, FollowsAsAKernelWhereCudnnRefuses) {
  FailCall(kMakePlan, 1, CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(LaunchesOf(), 1);
  EXPECT_EQ(LaunchesOf(), 1) << "cuDNN is not asked again";
  sg::ReleaseCudaBackends();
  FailCall(kExecute, 1, CUDNN_STATUS_INTERNAL_ERROR);
  EXPECT_EQ(LaunchesOf(), 1);
  EXPECT_EQ(LaunchesOf(), 1);
}

TEST_F(ConvEpilogueTest, FollowsAsAKernelWithoutTf32) {
  sg::DeviceOptions options;
  options.tf32 = false;
  sg::ConfigureDevice(Device::Cuda(), options);
  EXPECT_EQ(LaunchesOf(DType::kF32, 8, 1e-6), 1);
}

TEST_F(ConvEpilogueTest, TakesBf16AsItIsWhereThereIsAnEngine) {
  EXPECT_EQ(LaunchesOf(DType::kBF16, 8, 1e-6), 0);
  EXPECT_GT(LaunchesOf(DType::kBF16, 6, 1e-6), 1) << "casts and the epilogue";
}

}  // namespace
}  // namespace fake_cuda
