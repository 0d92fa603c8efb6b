// The cuDNN descriptors, algorithms and workspace size of a convolution. A plan is made once per geometry and kept.
//
//   ConvPlans::Plan& plan = context.conv_plans().Get(context.cudnn(), problem);
#ifndef ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_
#define ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/backend/common/byte_key.h"
#include "engine/backend/cuda/memory/step_capture.h"
#include "engine/base/conv_geometry.h"
#include "engine/base/shape.h"

namespace sg::cuda {

enum class ConvKind : uint8_t { kForward, kInputGrad, kWeightGrad };

struct ConvProblem {
  ConvKind kind;
  cudnnDataType_t type;  // of all three tensors: CUDNN_DATA_FLOAT or CUDNN_DATA_BFLOAT16; sums are f32
  Shape x, w, y;
  ConvGeometry geometry;
  bool tensor_cores;   // for f32: whether TF32 is allowed
  bool deterministic;  // only algorithms from the fixed list
};

// The geometry and choices of a ConvProblem.
struct ConvPlanKey {
  int64_t kind, type, tensor_cores, deterministic;
  int64_t x[4], w[4], y[4];
  ConvGeometry geometry;
};

class ConvPlans {
 public:
  explicit ConvPlans(StepCapture* step_capture) : step_capture_(step_capture) {}
  ~ConvPlans() { Clear(); }
  ConvPlans(const ConvPlans&) = delete;
  ConvPlans& operator=(const ConvPlans&) = delete;

  struct Algorithm {
    int id;  // a cudnnConvolutionFwdAlgo_t, ...BwdDataAlgo_t or ...BwdFilterAlgo_t
    cudnnMathType_t math;
    size_t workspace_bytes;
  };
  struct Plan {
    cudnnTensorDescriptor_t x = nullptr, y = nullptr;
    cudnnFilterDescriptor_t w = nullptr;
    cudnnConvolutionDescriptor_t conv = nullptr;  // has the math type of algorithms.front()
    std::vector<Algorithm> algorithms;            // in order of preference; never empty
  };

  Plan& Get(cudnnHandle_t handle, const ConvProblem& problem);
  void Clear();

 private:
  StepCapture* const step_capture_;
  ByteKeyMap<ConvPlanKey, Plan> plans_;
};

// Drops the preferred algorithm, which cuDNN has refused to run. Ends the process through FailDevice if it was the
// last.
void TryNextAlgorithm(const ConvProblem& problem, cudnnStatus_t refusal, ConvPlans::Plan* plan);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_
