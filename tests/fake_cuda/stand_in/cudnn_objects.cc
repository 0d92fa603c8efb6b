// Handles and descriptors of cuDNN.
#include "tests/fake_cuda/stand_in/cudnn_objects.h"

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

namespace fake_cuda {
namespace {

cudnnTensorStruct& TensorAt(cudnnTensorDescriptor_t tensor) { return Objects<cudnnTensorStruct>::Get().At(tensor); }
cudnnFilterStruct& FilterAt(cudnnFilterDescriptor_t filter) { return Objects<cudnnFilterStruct>::Get().At(filter); }
cudnnConvolutionStruct& ConvolutionAt(cudnnConvolutionDescriptor_t convolution) {
  return Objects<cudnnConvolutionStruct>::Get().At(convolution);
}

void CheckType(cudnnDataType_t type) {
  FAKE_CUDA_CHECK(type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_BFLOAT16) << "data type " << type;
}

// The descriptors of this API count elements in int.
void CheckExtents(int64_t a, int64_t b, int64_t c, int64_t d) {
  FAKE_CUDA_CHECK(a > 0 && b > 0 && c > 0 && d > 0 && a * b * c * d <= INT32_MAX)
      << "extents " << a << ", " << b << ", " << c << ", " << d;
}

int64_t OutputExtent(int64_t input, int64_t pad, int64_t kernel, int64_t stride) {
  return (input + 2 * pad - kernel) / stride + 1;
}

}  // namespace

cudnnContext& HandleAt(cudnnHandle_t handle) { return Objects<cudnnContext>::Get().At(handle); }

bool Describe(cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t convolution,
              cudnnTensorDescriptor_t y, Convolution* result) {
  const cudnnTensorStruct &in = TensorAt(x), &out = TensorAt(y);
  const cudnnFilterStruct& filter = FilterAt(w);
  const cudnnConvolutionStruct& c = ConvolutionAt(convolution);
  FAKE_CUDA_CHECK(in.set && out.set && filter.set && c.set) << "a descriptor was made and never set";
  FAKE_CUDA_CHECK(in.c % c.groups == 0 && filter.o % c.groups == 0 && filter.c == in.c / c.groups)
      << c.groups << " groups, " << in.c << " input channels, a filter " << filter.o << "x" << filter.c;
  FAKE_CUDA_CHECK(out.n == in.n && out.c == filter.o && out.h == OutputExtent(in.h, c.pad_h, filter.h, c.stride_h) &&
                  out.w == OutputExtent(in.w, c.pad_w, filter.w, c.stride_w))
      << "an output of " << out.n << "x" << out.h << "x" << out.w << "x" << out.c << " for an input of " << in.n << "x"
      << in.h << "x" << in.w << "x" << in.c << " and a filter of " << filter.o << "x" << filter.h << "x" << filter.w
      << "x" << filter.c << ", strides " << c.stride_h << " and " << c.stride_w << ", padding " << c.pad_h << " and "
      << c.pad_w;
  result->shape = {in.n,  in.h,  in.w,       in.c,       filter.o, filter.h, filter.w,
                   out.h, out.w, c.stride_h, c.stride_w, c.pad_h,  c.pad_w,  c.groups};
  result->type = in.type;
  result->math = c.math;
  return in.type == out.type && in.type == filter.type &&
         (in.type == CUDNN_DATA_FLOAT || c.math == CUDNN_TENSOR_OP_MATH || c.math == CUDNN_DEFAULT_MATH);
}

}  // namespace fake_cuda

using fake_cuda::Call;
using fake_cuda::Objects;

extern "C" {

size_t cudnnGetVersion() { return CUDNN_VERSION; }

const char* cudnnGetErrorString(cudnnStatus_t status) {
  switch (status) {
    case CUDNN_STATUS_SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case CUDNN_STATUS_NOT_INITIALIZED: return "CUDNN_STATUS_NOT_INITIALIZED";
    case CUDNN_STATUS_BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    default: return "another cudnnStatus_t";
  }
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  const Call call("cudnnCreate");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(!fake_cuda::AnyCapture()) << "a handle is made, which allocates, while a stream is captured";
  *handle = Objects<cudnnContext>::Get().Make();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  const Call call("cudnnDestroy");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Objects<cudnnContext>::Get().Destroy(handle);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  const Call call("cudnnSetStream");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  fake_cuda::StreamAt(stream);
  fake_cuda::HandleAt(handle).stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* tensor) {
  const Call call("cudnnCreateTensorDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  *tensor = Objects<cudnnTensorStruct>::Get().Make();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensor) {
  const Call call("cudnnDestroyTensorDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Objects<cudnnTensorStruct>::Get().Destroy(tensor);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  const Call call("cudnnSetTensor4dDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(format == CUDNN_TENSOR_NHWC) << "tensors are NHWC, not format " << format;
  fake_cuda::CheckType(type);
  fake_cuda::CheckExtents(n, c, h, w);
  fake_cuda::TensorAt(tensor) = {true, type, n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* filter) {
  const Call call("cudnnCreateFilterDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  *filter = Objects<cudnnFilterStruct>::Get().Make();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t filter) {
  const Call call("cudnnDestroyFilterDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Objects<cudnnFilterStruct>::Get().Destroy(filter);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int o, int c, int h, int w) {
  const Call call("cudnnSetFilter4dDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(format == CUDNN_TENSOR_NHWC) << "filters are [O,kH,kW,C], not format " << format;
  fake_cuda::CheckType(type);
  fake_cuda::CheckExtents(o, c, h, w);
  fake_cuda::FilterAt(filter) = {true, type, o, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* convolution) {
  const Call call("cudnnCreateConvolutionDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  *convolution = Objects<cudnnConvolutionStruct>::Get().Make();
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t convolution) {
  const Call call("cudnnDestroyConvolutionDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  Objects<cudnnConvolutionStruct>::Get().Destroy(convolution);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t convolution, int pad_h, int pad_w,
                                              int stride_h, int stride_w, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t compute) {
  const Call call("cudnnSetConvolution2dDescriptor");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(pad_h >= 0 && pad_w >= 0 && stride_h >= 1 && stride_w >= 1)
      << "padding " << pad_h << " and " << pad_w << ", strides " << stride_h << " and " << stride_w;
  FAKE_CUDA_CHECK(dilation_h == 1 && dilation_w == 1) << "dilations " << dilation_h << " and " << dilation_w;
  FAKE_CUDA_CHECK(mode == CUDNN_CROSS_CORRELATION) << "a convolution that flips the filter";
  FAKE_CUDA_CHECK(compute == CUDNN_DATA_FLOAT) << "sums of type " << compute;
  cudnnConvolutionStruct& live = fake_cuda::ConvolutionAt(convolution);
  live.set = true;
  live.pad_h = pad_h;
  live.pad_w = pad_w;
  live.stride_h = stride_h;
  live.stride_w = stride_w;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t convolution, int groups) {
  const Call call("cudnnSetConvolutionGroupCount");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(groups >= 1) << groups << " groups";
  fake_cuda::ConvolutionAt(convolution).groups = groups;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t convolution, cudnnMathType_t math) {
  const Call call("cudnnSetConvolutionMathType");
  if (call.failure()) return static_cast<cudnnStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(math == CUDNN_DEFAULT_MATH || math == CUDNN_TENSOR_OP_MATH || math == CUDNN_FMA_MATH)
      << "math type " << math;
  fake_cuda::ConvolutionAt(convolution).math = math;
  return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"
