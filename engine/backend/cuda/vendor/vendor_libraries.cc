#include "engine/backend/cuda/vendor/vendor_libraries.h"

#include <cublas_v2.h>
#include <cudnn.h>
#include <dlfcn.h>
#include <glob.h>

#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

struct Libraries {
  std::mutex mutex;
  bool tried = false;
  std::string why_none;
  void* cublas = nullptr;
  void* cudnn = nullptr;
};

Libraries& GlobalLibraries() {
  static Libraries libraries;
  return libraries;
}

// The folders in which the packages of pip have NVIDIA's libraries, below the prefix of an environment.
std::vector<std::string> PipFolders(const std::string& prefix) {
  std::vector<std::string> folders;
  glob_t found = {};
  const std::string pattern = absl::StrCat(prefix, "/lib/python3*/site-packages/nvidia/*/lib");
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) folders.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return folders;
}

// Where the libraries may be beside the loader's search path: the toolkit, conda, and environments of Python.
std::vector<std::string> Folders() {
  std::vector<std::string> folders;
  if (const char* toolkit = std::getenv("CUDA_PATH")) {
    folders.push_back(absl::StrCat(toolkit, "/lib64"));
    folders.push_back(absl::StrCat(toolkit, "/lib"));
  }
  folders.emplace_back("/usr/local/cuda/lib64");
  folders.emplace_back("/usr/local/cuda/lib");
  for (const char* variable : {"CONDA_PREFIX", "VIRTUAL_ENV"}) {
    const char* const prefix = std::getenv(variable);
    if (prefix == nullptr) continue;
    folders.push_back(absl::StrCat(prefix, "/lib"));
    for (std::string& folder : PipFolders(prefix)) folders.push_back(std::move(folder));
  }
  return folders;
}

void* Open(absl::Span<const std::string> names) {
  for (const std::string& name : names) {
    if (void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    for (const std::string& folder : Folders()) {
      const std::string path = absl::StrCat(folder, "/", name);
      if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    }
  }
  return nullptr;
}

void* Find(const char* function) {
  const Libraries& libraries = GlobalLibraries();
  for (void* library : {libraries.cudnn, libraries.cublas}) {
    if (library == nullptr) continue;
    if (void* address = dlsym(library, function)) return address;
  }
  SG_CHECK(false) << "[CUDA] neither cuDNN nor cuBLAS has " << function << ": are they those this was built for?";
  return nullptr;
}

}  // namespace

bool LoadVendorLibraries(std::string* why) {
  Libraries& libraries = GlobalLibraries();
  const std::lock_guard<std::mutex> lock(libraries.mutex);
  if (!libraries.tried) {
    libraries.tried = true;
    // The functions that we call are the same in the version before, and drivers run both.
    const std::vector<std::string> cublas = {absl::StrCat("libcublas.so.", CUBLAS_VER_MAJOR),
                                             absl::StrCat("libcublas.so.", CUBLAS_VER_MAJOR - 1)};
    const std::string cudnn = absl::StrCat("libcudnn.so.", CUDNN_MAJOR);
    libraries.cublas = Open(cublas);
    libraries.cudnn = Open({cudnn});
    if (libraries.cublas == nullptr || libraries.cudnn == nullptr) {
      libraries.why_none = absl::StrCat(
          "there is a GPU, but ", libraries.cublas == nullptr ? cublas[0] : cudnn,
          " is neither on the library path nor in CUDA_PATH, /usr/local/cuda, CONDA_PREFIX or VIRTUAL_ENV; "
          "`pip install nvidia-cublas nvidia-cudnn-cu",
          CUBLAS_VER_MAJOR, "` in a virtual environment brings both");
    }
  }
  *why = libraries.why_none;
  return libraries.why_none.empty();
}

}  // namespace sg::cuda

// Defines a function of the library under its own name, which is looked up at the first call. `parameters` includes its
// parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define SG_FORWARD(result, function, parameters, arguments)                                       \
  extern "C" result function parameters {                                                         \
    static const auto target = reinterpret_cast<result(*) parameters>(sg::cuda::Find(#function)); \
    return target arguments;                                                                      \
  }
// NOLINTEND(bugprone-macro-parentheses)

SG_FORWARD(cublasStatus_t, cublasCreate_v2, (cublasHandle_t * handle), (handle))
SG_FORWARD(cublasStatus_t, cublasDestroy_v2, (cublasHandle_t handle), (handle))
SG_FORWARD(cublasStatus_t, cublasSetStream_v2, (cublasHandle_t handle, cudaStream_t stream), (handle, stream))
SG_FORWARD(cublasStatus_t, cublasSetWorkspace_v2, (cublasHandle_t handle, void* workspace, size_t bytes),
           (handle, workspace, bytes))
SG_FORWARD(cublasStatus_t, cublasSetMathMode, (cublasHandle_t handle, cublasMath_t mode), (handle, mode))
SG_FORWARD(cublasStatus_t, cublasGetProperty, (libraryPropertyType type, int* value), (type, value))
SG_FORWARD(const char*, cublasGetStatusName, (cublasStatus_t status), (status))
SG_FORWARD(cublasStatus_t, cublasGemmStridedBatchedEx,
           (cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
            const void* alpha, const void* a, cudaDataType a_type, int lda, long long int a_stride, const void* b,
            cudaDataType b_type, int ldb, long long int b_stride, const void* beta, void* c, cudaDataType c_type,
            int ldc, long long int c_stride, int batch, cublasComputeType_t compute, cublasGemmAlgo_t algo),
           (handle, op_a, op_b, m, n, k, alpha, a, a_type, lda, a_stride, b, b_type, ldb, b_stride, beta, c, c_type,
            ldc, c_stride, batch, compute, algo))

SG_FORWARD(size_t, cudnnGetVersion, (), ())
SG_FORWARD(const char*, cudnnGetErrorString, (cudnnStatus_t status), (status))
SG_FORWARD(cudnnStatus_t, cudnnCreate, (cudnnHandle_t * handle), (handle))
SG_FORWARD(cudnnStatus_t, cudnnDestroy, (cudnnHandle_t handle), (handle))
SG_FORWARD(cudnnStatus_t, cudnnSetStream, (cudnnHandle_t handle, cudaStream_t stream), (handle, stream))
SG_FORWARD(cudnnStatus_t, cudnnBackendCreateDescriptor,
           (cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor), (type, descriptor))
SG_FORWARD(cudnnStatus_t, cudnnBackendDestroyDescriptor, (cudnnBackendDescriptor_t descriptor), (descriptor))
SG_FORWARD(cudnnStatus_t, cudnnBackendSetAttribute,
           (cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
            int64_t count, const void* values),
           (descriptor, name, type, count, values))
SG_FORWARD(cudnnStatus_t, cudnnBackendGetAttribute,
           (cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
            cudnnBackendAttributeType_t type, int64_t requested, int64_t* count, void* values),
           (descriptor, name, type, requested, count, values))
SG_FORWARD(cudnnStatus_t, cudnnBackendFinalize, (cudnnBackendDescriptor_t descriptor), (descriptor))
SG_FORWARD(cudnnStatus_t, cudnnBackendExecute,
           (cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack), (handle, plan, pack))

SG_FORWARD(cudnnStatus_t, cudnnCreateTensorDescriptor, (cudnnTensorDescriptor_t * tensor), (tensor))
SG_FORWARD(cudnnStatus_t, cudnnSetTensor4dDescriptor,
           (cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format, cudnnDataType_t type, int n, int c, int h,
            int w),
           (tensor, format, type, n, c, h, w))
SG_FORWARD(cudnnStatus_t, cudnnDestroyTensorDescriptor, (cudnnTensorDescriptor_t tensor), (tensor))
SG_FORWARD(cudnnStatus_t, cudnnCreateFilterDescriptor, (cudnnFilterDescriptor_t * filter), (filter))
SG_FORWARD(cudnnStatus_t, cudnnSetFilter4dDescriptor,
           (cudnnFilterDescriptor_t filter, cudnnDataType_t type, cudnnTensorFormat_t format, int k, int c, int h,
            int w),
           (filter, type, format, k, c, h, w))
SG_FORWARD(cudnnStatus_t, cudnnDestroyFilterDescriptor, (cudnnFilterDescriptor_t filter), (filter))
SG_FORWARD(cudnnStatus_t, cudnnCreateConvolutionDescriptor, (cudnnConvolutionDescriptor_t * conv), (conv))
SG_FORWARD(cudnnStatus_t, cudnnSetConvolution2dDescriptor,
           (cudnnConvolutionDescriptor_t conv, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w,
            cudnnConvolutionMode_t mode, cudnnDataType_t type),
           (conv, pad_h, pad_w, u, v, dilation_h, dilation_w, mode, type))
SG_FORWARD(cudnnStatus_t, cudnnSetConvolutionGroupCount, (cudnnConvolutionDescriptor_t conv, int groups),
           (conv, groups))
SG_FORWARD(cudnnStatus_t, cudnnSetConvolutionMathType, (cudnnConvolutionDescriptor_t conv, cudnnMathType_t math),
           (conv, math))
SG_FORWARD(cudnnStatus_t, cudnnDestroyConvolutionDescriptor, (cudnnConvolutionDescriptor_t conv), (conv))

SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionForwardAlgorithm_v7,
           (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
            const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t y, const int asked, int* returned,
            cudnnConvolutionFwdAlgoPerf_t* results),
           (handle, x, w, conv, y, asked, returned, results))
SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionBackwardDataAlgorithm_v7,
           (cudnnHandle_t handle, const cudnnFilterDescriptor_t w, const cudnnTensorDescriptor_t dy,
            const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t dx, const int asked, int* returned,
            cudnnConvolutionBwdDataAlgoPerf_t* results),
           (handle, w, dy, conv, dx, asked, returned, results))
SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionBackwardFilterAlgorithm_v7,
           (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnTensorDescriptor_t dy,
            const cudnnConvolutionDescriptor_t conv, const cudnnFilterDescriptor_t dw, const int asked, int* returned,
            cudnnConvolutionBwdFilterAlgoPerf_t* results),
           (handle, x, dy, conv, dw, asked, returned, results))
SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionForwardWorkspaceSize,
           (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
            const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t y, cudnnConvolutionFwdAlgo_t algo,
            size_t* bytes),
           (handle, x, w, conv, y, algo, bytes))
SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionBackwardDataWorkspaceSize,
           (cudnnHandle_t handle, const cudnnFilterDescriptor_t w, const cudnnTensorDescriptor_t dy,
            const cudnnConvolutionDescriptor_t conv, const cudnnTensorDescriptor_t dx,
            cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes),
           (handle, w, dy, conv, dx, algo, bytes))
SG_FORWARD(cudnnStatus_t, cudnnGetConvolutionBackwardFilterWorkspaceSize,
           (cudnnHandle_t handle, const cudnnTensorDescriptor_t x, const cudnnTensorDescriptor_t dy,
            const cudnnConvolutionDescriptor_t conv, const cudnnFilterDescriptor_t dw,
            cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes),
           (handle, x, dy, conv, dw, algo, bytes))
SG_FORWARD(cudnnStatus_t, cudnnConvolutionForward,
           (cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t x_desc, const void* x,
            const cudnnFilterDescriptor_t w_desc, const void* w, const cudnnConvolutionDescriptor_t conv,
            cudnnConvolutionFwdAlgo_t algo, void* workspace, size_t bytes, const void* beta,
            const cudnnTensorDescriptor_t y_desc, void* y),
           (handle, alpha, x_desc, x, w_desc, w, conv, algo, workspace, bytes, beta, y_desc, y))
SG_FORWARD(cudnnStatus_t, cudnnConvolutionBackwardData,
           (cudnnHandle_t handle, const void* alpha, const cudnnFilterDescriptor_t w_desc, const void* w,
            const cudnnTensorDescriptor_t dy_desc, const void* dy, const cudnnConvolutionDescriptor_t conv,
            cudnnConvolutionBwdDataAlgo_t algo, void* workspace, size_t bytes, const void* beta,
            const cudnnTensorDescriptor_t dx_desc, void* dx),
           (handle, alpha, w_desc, w, dy_desc, dy, conv, algo, workspace, bytes, beta, dx_desc, dx))
SG_FORWARD(cudnnStatus_t, cudnnConvolutionBackwardFilter,
           (cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t x_desc, const void* x,
            const cudnnTensorDescriptor_t dy_desc, const void* dy, const cudnnConvolutionDescriptor_t conv,
            cudnnConvolutionBwdFilterAlgo_t algo, void* workspace, size_t bytes, const void* beta,
            const cudnnFilterDescriptor_t dw_desc, void* dw),
           (handle, alpha, x_desc, x, dy_desc, dy, conv, algo, workspace, bytes, beta, dw_desc, dw))
