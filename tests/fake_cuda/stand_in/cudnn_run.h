// Runs a convolution or one of its gradients for both of cuDNN's APIs, after checking its operands.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_RUN_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_RUN_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/fake_cuda/stand_in/dense_math.h"

namespace fake_cuda {

// One of Convolve, ConvolveInputGrad and ConvolveWeightGrad.
using ComputeConvolution = std::vector<double> (*)(const ConvolutionShape& shape, const std::vector<double>& first,
                                                   const std::vector<double>& second, Sums sums);

struct ConvolutionTensor {
  const char* name;
  const void* data;
  int64_t count;
  Number number;
};

struct ConvolutionRun {
  ConvolutionShape shape;
  ComputeConvolution compute;
  ConvolutionTensor first, second, result;
  Precision precision;  // of the operands
  float scale;          // of the result
  void* workspace;
  size_t workspace_bytes;                        // that are needed
  std::vector<ConvolutionTensor> operands = {};  // that the epilogue reads
  // Makes the result of the convolution's; null if they are the same.
  std::function<std::vector<double>(const std::vector<double>& convolved)> epilogue = nullptr;
};

// Fails unless the tensors and the workspace are aligned device memory and the result overlaps nothing.
cudnnStatus_t RunConvolution(cudaStream_t stream, const ConvolutionRun& run);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_RUN_H_
