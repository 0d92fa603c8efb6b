// The older API of cuDNN: the convolution and its two gradients, their workspaces, and the ranking of their algorithms.
// Only the algorithms that the documentation lists for NHWC exist.
#include <algorithm>
#include <vector>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudnn_objects.h"
#include "tests/fake_cuda/stand_in/cudnn_run.h"

namespace fake_cuda {
namespace {

struct Algorithm {
  int id;
  bool nhwc;  // whether it takes channels last
  bool deterministic;
  size_t workspace_bytes_per_output;
};

// In the order of preference.
constexpr Algorithm kForward[] = {
    {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, true, true, 4},
    {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, false, true, 0},
    {CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED, false, true, 16},
    {CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING, false, true, 64},
};
constexpr Algorithm kInputGrad[] = {
    {CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, true, false, 0},
    {CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, true, true, 4},
    {CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED, false, true, 16},
};
constexpr Algorithm kWeightGrad[] = {
    {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, true, false, 0},
    {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, true, true, 4},
    {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3, false, false, 8},
};

template <size_t kCount>
const Algorithm* Find(const Algorithm (&algorithms)[kCount], int id) {
  const auto* found =
      std::find_if(std::begin(algorithms), std::end(algorithms), [&](const Algorithm& a) { return a.id == id; });
  return found != std::end(algorithms) && found->nhwc ? found : nullptr;
}

size_t WorkspaceBytes(const Algorithm& algorithm, const Convolution& convolution) {
  return algorithm.workspace_bytes_per_output * static_cast<size_t>(convolution.shape.y_count());
}

// Every algorithm once for each math type that the descriptor allows; those that do not apply come last.
template <typename Perf, size_t kCount>
cudnnStatus_t Rank(const Algorithm (&algorithms)[kCount], bool supported, const Convolution& convolution, int requested,
                   int* returned, Perf* results) {
  FAKE_CUDA_CHECK(requested >= 1) << requested << " algorithms are asked for";
  std::vector<cudnnMathType_t> math = {convolution.math};
  if (convolution.type == CUDNN_DATA_FLOAT && convolution.math != CUDNN_FMA_MATH) math.push_back(CUDNN_FMA_MATH);
  std::vector<Perf> ranking;
  for (bool applies : {true, false}) {
    for (cudnnMathType_t math : math) {
      for (const Algorithm& algorithm : algorithms) {
        if ((supported && algorithm.nhwc) != applies) continue;
        Perf perf{};
        perf.algo = static_cast<decltype(perf.algo)>(algorithm.id);
        perf.status = applies ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
        perf.time = -1;
        perf.memory = applies ? WorkspaceBytes(algorithm, convolution) : 0;
        perf.determinism = algorithm.deterministic ? CUDNN_DETERMINISTIC : CUDNN_NON_DETERMINISTIC;
        perf.mathType = math;
        ranking.push_back(perf);
      }
    }
  }
  *returned = std::min<int>(requested, static_cast<int>(ranking.size()));
  std::copy_n(ranking.begin(), *returned, results);
  return CUDNN_STATUS_SUCCESS;
}

template <size_t kCount>
cudnnStatus_t WorkspaceSize(const Algorithm (&algorithms)[kCount], int id, bool supported,
                            const Convolution& convolution, size_t* bytes) {
  const Algorithm* algorithm = Find(algorithms, id);
  if (!supported || algorithm == nullptr) return CUDNN_STATUS_NOT_SUPPORTED;
  *bytes = WorkspaceBytes(*algorithm, convolution);
  return CUDNN_STATUS_SUCCESS;
}

struct Tensor {
  const char* name;
  const void* data;
  int64_t count;
};

struct Run {
  Convolution convolution;
  ComputeConvolution compute;
  Tensor first, second, result;
  void* workspace;
};

template <size_t kCount>
cudnnStatus_t Execute(cudnnHandle_t handle, const Algorithm (&algorithms)[kCount], int id, bool supported,
                      const void* alpha, const void* beta, size_t workspace_bytes_given, const Run& run) {
  const cudaStream_t stream = HandleAt(handle).stream;
  if (LostGpu()) return CUDNN_STATUS_EXECUTION_FAILED;
  const Algorithm* algorithm = Find(algorithms, id);
  if (!supported || algorithm == nullptr) return CUDNN_STATUS_NOT_SUPPORTED;
  FAKE_CUDA_CHECK(*static_cast<const float*>(beta) == 0) << "beta is not 0";
  const float scale = *static_cast<const float*>(alpha);
  const size_t needed = WorkspaceBytes(*algorithm, run.convolution);
  FAKE_CUDA_CHECK(workspace_bytes_given >= needed && (needed == 0 || run.workspace != nullptr))
      << "a workspace of " << workspace_bytes_given << " bytes where the algorithm needs " << needed;

  const auto with_number = [&](const Tensor& t) {
    return ConvolutionTensor{t.name, t.data, t.count, run.convolution.number()};
  };
  return RunConvolution(stream, {run.convolution.shape, run.compute, with_number(run.first), with_number(run.second),
                                 with_number(run.result), run.convolution.precision(), scale, run.workspace, needed});
}

}  // namespace
}  // namespace fake_cuda

using fake_cuda::Call;
using fake_cuda::Convolution;
using fake_cuda::Describe;
using fake_cuda::HandleAt;

extern "C" {

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                     const cudnnFilterDescriptor_t w,
                                                     const cudnnConvolutionDescriptor_t convolution,
                                                     const cudnnTensorDescriptor_t y, const int requested,
                                                     int* returned, cudnnConvolutionFwdAlgoPerf_t* results) {
  const Call call("cudnnGetConvolutionForwardAlgorithm_v7");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(x, w, convolution, y, &c);
  return fake_cuda::Rank(fake_cuda::kForward, supported, c, requested, returned, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, const cudnnFilterDescriptor_t w,
                                                          const cudnnTensorDescriptor_t dy,
                                                          const cudnnConvolutionDescriptor_t convolution,
                                                          const cudnnTensorDescriptor_t dx, const int requested,
                                                          int* returned, cudnnConvolutionBwdDataAlgoPerf_t* results) {
  const Call call("cudnnGetConvolutionBackwardDataAlgorithm_v7");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(dx, w, convolution, dy, &c);
  return fake_cuda::Rank(fake_cuda::kInputGrad, supported, c, requested, returned, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                            const cudnnTensorDescriptor_t dy,
                                                            const cudnnConvolutionDescriptor_t convolution,
                                                            const cudnnFilterDescriptor_t dw, const int requested,
                                                            int* returned,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t* results) {
  const Call call("cudnnGetConvolutionBackwardFilterAlgorithm_v7");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(x, dw, convolution, dy, &c);
  return fake_cuda::Rank(fake_cuda::kWeightGrad, supported, c, requested, returned, results);
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                      const cudnnFilterDescriptor_t w,
                                                      const cudnnConvolutionDescriptor_t convolution,
                                                      const cudnnTensorDescriptor_t y,
                                                      cudnnConvolutionFwdAlgo_t algorithm, size_t* bytes) {
  const Call call("cudnnGetConvolutionForwardWorkspaceSize");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(x, w, convolution, y, &c);
  return fake_cuda::WorkspaceSize(fake_cuda::kForward, algorithm, supported, c, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t handle, const cudnnFilterDescriptor_t w,
                                                           const cudnnTensorDescriptor_t dy,
                                                           const cudnnConvolutionDescriptor_t convolution,
                                                           const cudnnTensorDescriptor_t dx,
                                                           cudnnConvolutionBwdDataAlgo_t algorithm, size_t* bytes) {
  const Call call("cudnnGetConvolutionBackwardDataWorkspaceSize");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(dx, w, convolution, dy, &c);
  return fake_cuda::WorkspaceSize(fake_cuda::kInputGrad, algorithm, supported, c, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t handle, const cudnnTensorDescriptor_t x,
                                                             const cudnnTensorDescriptor_t dy,
                                                             const cudnnConvolutionDescriptor_t convolution,
                                                             const cudnnFilterDescriptor_t dw,
                                                             cudnnConvolutionBwdFilterAlgo_t algorithm, size_t* bytes) {
  const Call call("cudnnGetConvolutionBackwardFilterWorkspaceSize");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  HandleAt(handle);
  Convolution c;
  const bool supported = Describe(x, dw, convolution, dy, &c);
  return fake_cuda::WorkspaceSize(fake_cuda::kWeightGrad, algorithm, supported, c, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t x_tensor,
                                      const void* x, const cudnnFilterDescriptor_t w_filter, const void* w,
                                      const cudnnConvolutionDescriptor_t convolution,
                                      cudnnConvolutionFwdAlgo_t algorithm, void* workspace, size_t workspace_bytes,
                                      const void* beta, const cudnnTensorDescriptor_t y_tensor, void* y) {
  const Call call("cudnnConvolutionForward");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Convolution c;
  const bool supported = Describe(x_tensor, w_filter, convolution, y_tensor, &c);
  return fake_cuda::Execute(handle, fake_cuda::kForward, algorithm, supported, alpha, beta, workspace_bytes,
                            {c,
                             fake_cuda::Convolve,
                             {"x", x, c.shape.x_count()},
                             {"w", w, c.shape.w_count()},
                             {"y", y, c.shape.y_count()},
                             workspace});
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           const cudnnFilterDescriptor_t w_filter, const void* w,
                                           const cudnnTensorDescriptor_t dy_tensor, const void* dy,
                                           const cudnnConvolutionDescriptor_t convolution,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void* workspace,
                                           size_t workspace_bytes, const void* beta,
                                           const cudnnTensorDescriptor_t dx_tensor, void* dx) {
  const Call call("cudnnConvolutionBackwardData");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Convolution c;
  const bool supported = Describe(dx_tensor, w_filter, convolution, dy_tensor, &c);
  return fake_cuda::Execute(handle, fake_cuda::kInputGrad, algorithm, supported, alpha, beta, workspace_bytes,
                            {c,
                             fake_cuda::ConvolveInputGrad,
                             {"dy", dy, c.shape.y_count()},
                             {"w", w, c.shape.w_count()},
                             {"dx", dx, c.shape.x_count()},
                             workspace});
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             const cudnnTensorDescriptor_t x_tensor, const void* x,
                                             const cudnnTensorDescriptor_t dy_tensor, const void* dy,
                                             const cudnnConvolutionDescriptor_t convolution,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void* workspace,
                                             size_t workspace_bytes, const void* beta,
                                             const cudnnFilterDescriptor_t dw_filter, void* dw) {
  const Call call("cudnnConvolutionBackwardFilter");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Convolution c;
  const bool supported = Describe(x_tensor, dw_filter, convolution, dy_tensor, &c);
  return fake_cuda::Execute(handle, fake_cuda::kWeightGrad, algorithm, supported, alpha, beta, workspace_bytes,
                            {c,
                             fake_cuda::ConvolveWeightGrad,
                             {"x", x, c.shape.x_count()},
                             {"dy", dy, c.shape.y_count()},
                             {"dw", dw, c.shape.w_count()},
                             workspace});
}

}  // extern "C"
