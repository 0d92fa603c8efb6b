// A convolution that cuDNN is ready to run: by its graph API (graph_plan.h), or by its older API of descriptors
// (descriptor_plan.h).
//
//   const Scratch workspace(context, static_cast<size_t>(plan.workspace_bytes()));
//   const cudnnStatus_t status = plan.Execute(handle, {x, w, y}, workspace.data());
#ifndef ENGINE_BACKEND_CUDA_CONV_CONV_PLAN_H_
#define ENGINE_BACKEND_CUDA_CONV_CONV_PLAN_H_

#include <cudnn.h>

#include <cstdint>
#include <string>

namespace sg::cuda {

// Device memory of the three tensors and of the epilogue's operands. The kind of the problem says which of the three is
// written, and the epilogue which of its operands there are.
struct ConvOperands {
  void* x;
  void* w;
  void* y;
  void* scale = nullptr;
  void* bias = nullptr;
  void* noise = nullptr;
  void* strength = nullptr;
};

class ConvPlan {
 public:
  virtual ~ConvPlan() = default;

  virtual int64_t workspace_bytes() const = 0;
  virtual bool uses_tensor_cores() const = 0;
  // Runs on the stream of the handle.
  virtual cudnnStatus_t Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const = 0;
  // What cuDNN calls it: "engine 38", "algorithm 1".
  virtual std::string Describe() const = 0;
};

// Whether `status` says that cuDNN will not run this plan, and another may do. Memory that has run out and kernels that
// have failed are no refusals.
inline bool IsRefusal(cudnnStatus_t status) {
  return status != CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED &&
         status != CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED &&
         CUDNN_STATUS_CATEGORY(status) != CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_CONV_PLAN_H_
