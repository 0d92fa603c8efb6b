// The stand-in's cuBLAS and cuDNN: results against sums written out here, and what they refuse.
#include <cublas_v2.h>
#include <cudnn.h>

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/device_array.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"

namespace fake_cuda {
namespace {

constexpr float kOne = 1, kZero = 0, kHalf = 0.5f;

// Distinct values with more than 10 bits of mantissa.
std::vector<float> Values(int n, float start) {
  std::vector<float> values(n);
  for (int i = 0; i < n; ++i) values[i] = std::sin(start + 1.7f * static_cast<float>(i));
  return values;
}

class CublasTest : public ::testing::Test {
 protected:
  CublasTest() : workspace_(1024) {
    cublasCreate(&handle_);
    cublasSetWorkspace(handle_, workspace_.data(), workspace_.bytes());
  }
  ~CublasTest() override { cublasDestroy(handle_); }

  // c [batch][n][m] of stored a [batch][..][lda] and b.
  cublasStatus_t Gemm(bool transpose_a, bool transpose_b, int m, int n, int k, int batch, const float* a,
                      const float* b, float* c, cublasComputeType_t compute = CUBLAS_COMPUTE_32F) {
    return cublasGemmStridedBatchedEx(handle_, transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
                                      transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, m, n, k, &kHalf, a, CUDA_R_32F,
                                      transpose_a ? k : m, static_cast<long long>(m) * k, b, CUDA_R_32F,
                                      transpose_b ? n : k, static_cast<long long>(k) * n, &kZero, c, CUDA_R_32F, m,
                                      static_cast<long long>(m) * n, batch, compute, CUBLAS_GEMM_DEFAULT);
  }

  cublasHandle_t handle_ = nullptr;
  DeviceArray<float> workspace_;
};

TEST_F(CublasTest, MultipliesMatricesStoredByColumns) {
  constexpr int kM = 3, kN = 2, kK = 4, kBatch = 2;
  const std::vector<float> a = Values(kBatch * kM * kK, 0), b = Values(kBatch * kK * kN, 1);
  const DeviceArray<float> a_device(a), b_device(b), c(kBatch * kM * kN);
  for (int transposed = 0; transposed < 4; ++transposed) {
    const bool ta = transposed & 1, tb = transposed & 2;
    ASSERT_EQ(Gemm(ta, tb, kM, kN, kK, kBatch, a_device.data(), b_device.data(), c.data()), CUBLAS_STATUS_SUCCESS);
    const std::vector<float> got = c.Read();
    for (int i = 0; i < kBatch; ++i) {
      for (int row = 0; row < kM; ++row) {
        for (int column = 0; column < kN; ++column) {
          double want = 0;
          for (int k = 0; k < kK; ++k) {
            want += double{a[i * kM * kK + (ta ? row * kK + k : k * kM + row)]} *
                    b[i * kK * kN + (tb ? k * kN + column : column * kK + k)];
          }
          EXPECT_NEAR(got[(i * kN + column) * kM + row], 0.5 * want, 1e-6);
        }
      }
    }
  }
}

TEST_F(CublasTest, RoundsToTf32WhereAllowed) {
  const float x = 1 + 1.0f / 2048 + 1.0f / 4096;  // needs 12 bits
  const DeviceArray<float> a(std::vector<float>{x}), b(std::vector<float>{2}), c(1);
  Gemm(false, false, 1, 1, 1, 1, a.data(), b.data(), c.data());
  EXPECT_EQ(c.Read()[0], x);
  Gemm(false, false, 1, 1, 1, 1, a.data(), b.data(), c.data(), CUBLAS_COMPUTE_32F_FAST_TF32);
  EXPECT_EQ(c.Read()[0], 1 + 1.0f / 1024);
}

TEST_F(CublasTest, ChecksItsOperands) {
  const DeviceArray<float> a(Values(6, 0)), b(Values(6, 0)), c(4);
  EXPECT_DEATH(Gemm(false, false, 2, 3, 3, 1, a.data(), b.data(), c.data()), "matrix B is read past its end");
  EXPECT_DEATH(Gemm(false, false, 3, 2, 2, 1, a.data(), b.data(), c.data()), "matrix C is written past its end");
  float host = 0;
  EXPECT_DEATH(Gemm(false, false, 1, 1, 1, 1, a.data(), &host, c.data()), "matrix B is .*neither device");
  EXPECT_DEATH(cublasGemmStridedBatchedEx(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &kOne, a.data(), CUDA_R_32F, 1, 0,
                                          b.data(), CUDA_R_32F, 2, 0, &kZero, c.data(), CUDA_R_32F, 2, 0, 1,
                                          CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
               "leading dimension of 1");
}

TEST_F(CublasTest, CanBeMadeToFail) {
  const DeviceArray<float> a(1), b(1), c(1);
  FailCall("cublasGemmStridedBatchedEx", 1, CUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(Gemm(false, false, 1, 1, 1, 1, a.data(), b.data(), c.data()), CUBLAS_STATUS_EXECUTION_FAILED);
}

TEST_F(CublasTest, FailsOnALostGpu) {
  const DeviceArray<float> a(1), b(1), c(1);
  FailCall("cudaMalloc", 1, cudaErrorLaunchFailure);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 4), cudaErrorLaunchFailure);
  EXPECT_EQ(Gemm(false, false, 1, 1, 1, 1, a.data(), b.data(), c.data()), CUBLAS_STATUS_EXECUTION_FAILED);
  ClearFailures();
}

TEST(CublasHandleTest, MustLive) {
  cublasHandle_t handle = nullptr;
  EXPECT_DEATH(cublasSetStream(handle, nullptr), "not a live cublasHandle_t");
}

constexpr int kN = 2, kH = 5, kW = 4, kC = 4, kO = 6, kKernel = 3, kStride = 2, kPad = 1, kGroups = 2;
constexpr int kOutH = (kH + 2 * kPad - kKernel) / kStride + 1, kOutW = (kW + 2 * kPad - kKernel) / kStride + 1;
constexpr int kXCount = kN * kH * kW * kC, kWCount = kO * kKernel * kKernel * kC / kGroups,
              kYCount = kN * kOutH * kOutW * kO;

class CudnnTest : public ::testing::Test {
 protected:
  CudnnTest() {
    cudnnCreate(&handle_);
    cudnnCreateTensorDescriptor(&x_);
    cudnnCreateTensorDescriptor(&y_);
    cudnnCreateFilterDescriptor(&w_);
    cudnnCreateConvolutionDescriptor(&convolution_);
    SetTypes(CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT);
    cudnnSetConvolution2dDescriptor(convolution_, kPad, kPad, kStride, kStride, 1, 1, CUDNN_CROSS_CORRELATION,
                                    CUDNN_DATA_FLOAT);
    cudnnSetConvolutionGroupCount(convolution_, kGroups);
    cudnnSetConvolutionMathType(convolution_, CUDNN_FMA_MATH);
  }
  ~CudnnTest() override {
    cudnnDestroyConvolutionDescriptor(convolution_);
    cudnnDestroyFilterDescriptor(w_);
    cudnnDestroyTensorDescriptor(y_);
    cudnnDestroyTensorDescriptor(x_);
    cudnnDestroy(handle_);
  }

  void SetTypes(cudnnDataType_t in, cudnnDataType_t out) {
    cudnnSetTensor4dDescriptor(x_, CUDNN_TENSOR_NHWC, in, kN, kC, kH, kW);
    cudnnSetFilter4dDescriptor(w_, in, CUDNN_TENSOR_NHWC, kO, kC / kGroups, kKernel, kKernel);
    cudnnSetTensor4dDescriptor(y_, CUDNN_TENSOR_NHWC, out, kN, kO, kOutH, kOutW);
  }

  cudnnStatus_t Forward(const float* x, const float* w, float* y, void* workspace, size_t workspace_bytes,
                        cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) {
    return cudnnConvolutionForward(handle_, &kOne, x_, x, w_, w, convolution_, algorithm, workspace, workspace_bytes,
                                   &kZero, y_, y);
  }

  size_t ForwardWorkspace() {
    size_t bytes = 0;
    EXPECT_EQ(cudnnGetConvolutionForwardWorkspaceSize(handle_, x_, w_, convolution_, y_,
                                                      CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, &bytes),
              CUDNN_STATUS_SUCCESS);
    return bytes;
  }

  cudnnHandle_t handle_ = nullptr;
  cudnnTensorDescriptor_t x_ = nullptr, y_ = nullptr;
  cudnnFilterDescriptor_t w_ = nullptr;
  cudnnConvolutionDescriptor_t convolution_ = nullptr;
};

// The sum over all products of the convolution: visit(index in x, index in w, index in y).
template <typename Visit>
void ForEachProduct(const Visit& visit) {
  constexpr int kCg = kC / kGroups, kOg = kO / kGroups;
  for (int y = 0; y < kYCount; ++y) {
    const int o = y % kO, out_x = y / kO % kOutW, out_y = y / kO / kOutW % kOutH, n = y / kO / kOutW / kOutH;
    for (int tap = 0; tap < kKernel * kKernel * kCg; ++tap) {
      const int c = tap % kCg, row = out_y * kStride + tap / kCg / kKernel - kPad,
                column = out_x * kStride + tap / kCg % kKernel - kPad;
      if (row < 0 || row >= kH || column < 0 || column >= kW) continue;
      visit(((n * kH + row) * kW + column) * kC + o / kOg * kCg + c, o * kKernel * kKernel * kCg + tap, y);
    }
  }
}

void ExpectNear(const std::vector<float>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << "element " << i;
}

TEST_F(CudnnTest, ConvolvesAndDifferentiates) {
  const std::vector<float> x = Values(kXCount, 0), w = Values(kWCount, 1), dy = Values(kYCount, 2);
  std::vector<double> want_y(kYCount), want_dx(kXCount), want_dw(kWCount);
  ForEachProduct([&](int i, int j, int k) {
    want_y[k] += double{x[i]} * w[j];
    want_dx[i] += double{dy[k]} * w[j];
    want_dw[j] += double{dy[k]} * x[i];
  });
  const DeviceArray<float> x_device(x), w_device(w), dy_device(dy), y(kYCount), dx(kXCount), dw(kWCount);
  const DeviceArray<char> workspace(ForwardWorkspace());
  ASSERT_EQ(Forward(x_device.data(), w_device.data(), y.data(), workspace.data(), workspace.bytes()),
            CUDNN_STATUS_SUCCESS);
  ExpectNear(y.Read(), want_y);
  ASSERT_EQ(cudnnConvolutionBackwardData(handle_, &kOne, w_, w_device.data(), y_, dy_device.data(), convolution_,
                                         CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, nullptr, 0, &kZero, x_, dx.data()),
            CUDNN_STATUS_SUCCESS);
  ExpectNear(dx.Read(), want_dx);
  ASSERT_EQ(cudnnConvolutionBackwardFilter(handle_, &kOne, x_, x_device.data(), y_, dy_device.data(), convolution_,
                                           CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, nullptr, 0, &kZero, w_, dw.data()),
            CUDNN_STATUS_SUCCESS);
  ExpectNear(dw.Read(), want_dw);
}

TEST_F(CudnnTest, RanksWhatAppliesFirst) {
  int count = 0;
  cudnnConvolutionFwdAlgoPerf_t perf[8];
  ASSERT_EQ(cudnnGetConvolutionForwardAlgorithm_v7(handle_, x_, w_, convolution_, y_, 8, &count, perf),
            CUDNN_STATUS_SUCCESS);
  ASSERT_GT(count, 1);
  EXPECT_EQ(perf[0].algo, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
  EXPECT_EQ(perf[0].status, CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(perf[0].memory, ForwardWorkspace());
  EXPECT_EQ(perf[count - 1].status, CUDNN_STATUS_NOT_SUPPORTED);
}

TEST_F(CudnnTest, RefusesWhatTheLibraryDoesNotHave) {
  const DeviceArray<float> x(kXCount), w(kWCount), y(kYCount);
  EXPECT_EQ(Forward(x.data(), w.data(), y.data(), nullptr, 0, CUDNN_CONVOLUTION_FWD_ALGO_FFT),
            CUDNN_STATUS_NOT_SUPPORTED);
  SetTypes(CUDNN_DATA_BFLOAT16, CUDNN_DATA_FLOAT);
  EXPECT_EQ(Forward(x.data(), w.data(), y.data(), nullptr, 0), CUDNN_STATUS_NOT_SUPPORTED);
}

TEST_F(CudnnTest, ChecksWorkspaceAndOperands) {
  const DeviceArray<float> x(kXCount), w(kWCount), y(kYCount), small(kYCount - 1);
  const DeviceArray<char> workspace(ForwardWorkspace());
  EXPECT_DEATH(Forward(x.data(), w.data(), y.data(), workspace.data(), workspace.bytes() - 1),
               "a workspace of .* where the algorithm needs");
  EXPECT_DEATH(Forward(x.data(), w.data(), small.data(), workspace.data(), workspace.bytes()),
               "y is written past its end");
  EXPECT_DEATH(Forward(x.data(), w.data(), x.data(), workspace.data(), workspace.bytes()), "the result overlaps x");
  EXPECT_DEATH(Forward(x.data(), w.data(), y.data(), y.data(), workspace.bytes()), "the result overlaps workspace");
  EXPECT_DEATH(Forward(x.data() + 1, w.data(), y.data(), workspace.data(), workspace.bytes()), "x is not aligned");
}

TEST_F(CudnnTest, ChecksDescriptors) {
  EXPECT_DEATH(cudnnSetTensor4dDescriptor(x_, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 1, 1, 1, 1), "tensors are NHWC");
  EXPECT_DEATH(cudnnSetTensor4dDescriptor(x_, CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT, 1, 0, 1, 1), "extents 1, 0, 1, 1");
  cudnnSetConvolutionGroupCount(convolution_, 1);
  EXPECT_DEATH(ForwardWorkspace(), "1 groups, 4 input channels, a filter 6x2");
  cudnnSetConvolutionGroupCount(convolution_, kGroups);
  cudnnSetTensor4dDescriptor(y_, CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT, kN, kO, kOutH + 1, kOutW);
  EXPECT_DEATH(ForwardWorkspace(), "an output of 2x4x2x6 for an input of 2x5x4x4");
  cudnnTensorDescriptor_t unset = nullptr;
  cudnnCreateTensorDescriptor(&unset);
  std::swap(unset, y_);
  EXPECT_DEATH(ForwardWorkspace(), "made and never set");
  std::swap(unset, y_);
  cudnnDestroyTensorDescriptor(unset);
  EXPECT_DEATH(cudnnDestroyTensorDescriptor(unset), "not a live cudnnTensorDescriptor_t");
}

TEST_F(CudnnTest, CanBeMadeToFail) {
  const DeviceArray<float> x(kXCount), w(kWCount), y(kYCount);
  FailCall("cudnnConvolutionForward", 1, CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(Forward(x.data(), w.data(), y.data(), nullptr, 0), CUDNN_STATUS_NOT_SUPPORTED);
}

TEST_F(CudnnTest, FailsOnALostGpu) {
  const DeviceArray<float> x(kXCount), w(kWCount), y(kYCount);
  FailCall("cudaMalloc", 1, cudaErrorLaunchFailure);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 4), cudaErrorLaunchFailure);
  EXPECT_EQ(Forward(x.data(), w.data(), y.data(), nullptr, 0), CUDNN_STATUS_EXECUTION_FAILED);
  ClearFailures();
}

}  // namespace
}  // namespace fake_cuda
