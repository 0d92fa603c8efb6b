// The content of cuDNN's handles and descriptors, and the convolution that a set of them describes.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_OBJECTS_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_OBJECTS_H_

#include <cudnn.h>

#include <cstdint>

#include "tests/fake_cuda/stand_in/dense_math.h"
#include "tests/fake_cuda/stand_in/objects.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

struct cudnnTensorStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  int64_t n = 0, c = 0, h = 0, w = 0;
};

struct cudnnFilterStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  int64_t o = 0, c = 0, h = 0, w = 0;
};

struct cudnnConvolutionStruct {
  bool set = false;
  int64_t pad_h = 0, pad_w = 0, stride_h = 1, stride_w = 1, groups = 1;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

namespace fake_cuda {

template <>
inline constexpr const char* kTypeName<cudnnContext> = "cudnnHandle_t";
template <>
inline constexpr const char* kTypeName<cudnnTensorStruct> = "cudnnTensorDescriptor_t";
template <>
inline constexpr const char* kTypeName<cudnnFilterStruct> = "cudnnFilterDescriptor_t";
template <>
inline constexpr const char* kTypeName<cudnnConvolutionStruct> = "cudnnConvolutionDescriptor_t";

cudnnContext& HandleAt(cudnnHandle_t handle);

// Of a convolution or one of its gradients: x and y are the input and output of the forward pass, or their gradients.
struct Convolution {
  ConvolutionShape shape;
  cudnnDataType_t type;
  cudnnMathType_t math;

  Number number() const { return type == CUDNN_DATA_FLOAT ? Number::kFloat : Number::kBFloat16; }
  Precision precision() const {
    return type == CUDNN_DATA_FLOAT && math != CUDNN_FMA_MATH ? Precision::kTf32 : Precision::kFull;
  }
};

// Fails unless the descriptors are alive, were set, and belong together. Returns false if the library has no kernel for
// their types.
bool Describe(cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t convolution,
              cudnnTensorDescriptor_t y, Convolution* result);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_OBJECTS_H_
