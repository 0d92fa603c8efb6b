// cuBLAS: handles and the strided batched product.
#include <cublas_v2.h>

#include <algorithm>
#include <vector>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/dense_math.h"
#include "tests/fake_cuda/stand_in/memory.h"
#include "tests/fake_cuda/stand_in/objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

struct cublasContext {
  cudaStream_t stream = nullptr;
  bool allows_tf32 = false;
  void* workspace = nullptr;
  size_t workspace_bytes = 0;
};

namespace fake_cuda {

template <>
inline constexpr const char* kTypeName<cublasContext> = "cublasHandle_t";

namespace {

// The alignment that the documentation requires of a workspace, and of operands for the fast kernels.
constexpr size_t kWorkspaceAlignment = 256;
// The part of a workspace whose order of accesses is checked. Workspaces are large and used from the beginning.
constexpr size_t kCheckedWorkspaceBytes = size_t{1} << 20;

cublasContext& HandleAt(cublasHandle_t handle) { return Objects<cublasContext>::Get().At(handle); }

Number NumberOf(cudaDataType type, const char* name) {
  FAKE_CUDA_CHECK(type == CUDA_R_32F || type == CUDA_R_16BF) << name << " has type " << type;
  return type == CUDA_R_32F ? Number::kFloat : Number::kBFloat16;
}

struct Matrix {
  const char* name;
  const void* data;
  Number number;
  int64_t rows, columns, leading, stride;  // as stored

  // From the first element to the last, over `batch` matrices.
  int64_t Count(int64_t batch) const { return (batch - 1) * stride + (columns - 1) * leading + rows; }

  void Check(int64_t batch) const {
    FAKE_CUDA_CHECK(leading >= rows) << name << " has a leading dimension of " << leading << " and " << rows << " rows";
    FAKE_CUDA_CHECK(batch == 1 || stride >= 0) << name << " has a stride of " << stride;
    FAKE_CUDA_CHECK(reinterpret_cast<uintptr_t>(data) % SizeOf(number) == 0) << name << " is misaligned";
    FAKE_CUDA_CHECK(Memory::Get().IsDevice(data)) << name << " is " << Memory::Get().Describe(data);
  }
  Operand Use(int64_t batch, bool written) const {
    return {data, static_cast<size_t>(Count(batch)) * SizeOf(number), written, name};
  }
};

struct Gemm {
  Matrix a, b, c;
  bool transpose_a, transpose_b;
  int64_t rows, columns, depth, batch;
  float alpha;
  Precision precision;

  void Run() const {
    const std::vector<double> a_values = Load(a.data, a.number, a.Count(batch), precision);
    const std::vector<double> b_values = Load(b.data, b.number, b.Count(batch), precision);
    for (int64_t i = 0; i < batch; ++i) {
      const std::vector<double> product =
          Product({&a_values[i * a.stride], a.leading, transpose_a}, {&b_values[i * b.stride], b.leading, transpose_b},
                  rows, columns, depth, SumsOf(a.number, precision));
      char* c_data = static_cast<char*>(const_cast<void*>(c.data));
      for (int64_t column = 0; column < columns; ++column) {
        Store(&product[column * rows], rows, alpha, c.number,
              c_data + (i * c.stride + column * c.leading) * static_cast<int64_t>(SizeOf(c.number)));
      }
    }
    ++MutableCounters().library_launches;
  }
};

}  // namespace
}  // namespace fake_cuda

using fake_cuda::Call;
using fake_cuda::HandleAt;

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  const Call call("cublasCreate");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  FAKE_CUDA_CHECK(!fake_cuda::AnyCapture()) << "a handle is made, which allocates, while a stream is captured";
  *handle = fake_cuda::Objects<cublasContext>::Get().Make();
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  const Call call("cublasDestroy");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  fake_cuda::Objects<cublasContext>::Get().Destroy(handle);
  return CUBLAS_STATUS_SUCCESS;
}

// Also removes a workspace that was set before, as the library does.
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  const Call call("cublasSetStream");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  cublasContext& context = HandleAt(handle);
  fake_cuda::StreamAt(stream);
  context.stream = stream;
  context.workspace = nullptr;
  context.workspace_bytes = 0;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, size_t bytes) {
  const Call call("cublasSetWorkspace");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  cublasContext& context = HandleAt(handle);
  FAKE_CUDA_CHECK(reinterpret_cast<uintptr_t>(workspace) % fake_cuda::kWorkspaceAlignment == 0)
      << "the workspace is not aligned to " << fake_cuda::kWorkspaceAlignment << " bytes";
  context.workspace = workspace;
  context.workspace_bytes = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  const Call call("cublasSetMathMode");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  const int base = mode & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
  FAKE_CUDA_CHECK(base == CUBLAS_DEFAULT_MATH || base == CUBLAS_TF32_TENSOR_OP_MATH) << "math mode " << mode;
  HandleAt(handle).allows_tf32 = base == CUBLAS_TF32_TENSOR_OP_MATH;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
  const Call call("cublasGetProperty");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  *value = type == MAJOR_VERSION ? CUBLAS_VER_MAJOR : type == MINOR_VERSION ? CUBLAS_VER_MINOR : CUBLAS_VER_PATCH;
  return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "another cublasStatus_t";
  }
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                          int n, int k, const void* alpha, const void* a, cudaDataType type_a, int lda,
                                          long long stride_a, const void* b, cudaDataType type_b, int ldb,
                                          long long stride_b, const void* beta, void* c, cudaDataType type_c, int ldc,
                                          long long stride_c, int batch, cublasComputeType_t compute,
                                          cublasGemmAlgo_t algorithm) {
  const Call call("cublasGemmStridedBatchedEx");
  if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
  const cublasContext& context = HandleAt(handle);
  if (fake_cuda::LostGpu()) return CUBLAS_STATUS_EXECUTION_FAILED;
  FAKE_CUDA_CHECK(m > 0 && n > 0 && k > 0 && batch > 0)
      << "a product of " << m << "x" << k << " and " << k << "x" << n << ", " << batch << " times";
  FAKE_CUDA_CHECK((op_a == CUBLAS_OP_N || op_a == CUBLAS_OP_T) && (op_b == CUBLAS_OP_N || op_b == CUBLAS_OP_T))
      << "operations " << op_a << " and " << op_b;
  FAKE_CUDA_CHECK(compute == CUBLAS_COMPUTE_32F || compute == CUBLAS_COMPUTE_32F_FAST_TF32)
      << "compute type " << compute;
  FAKE_CUDA_CHECK(algorithm == CUBLAS_GEMM_DEFAULT) << "algorithm " << algorithm;
  FAKE_CUDA_CHECK(*static_cast<const float*>(beta) == 0) << "beta is not 0";
  FAKE_CUDA_CHECK(context.workspace != nullptr) << "without a workspace cuBLAS allocates its own";

  fake_cuda::Gemm gemm;
  gemm.transpose_a = op_a == CUBLAS_OP_T;
  gemm.transpose_b = op_b == CUBLAS_OP_T;
  gemm.rows = m;
  gemm.columns = n;
  gemm.depth = k;
  gemm.batch = batch;
  gemm.alpha = *static_cast<const float*>(alpha);
  gemm.a = {"matrix A", a,       fake_cuda::NumberOf(type_a, "A"), gemm.transpose_a ? k : m, gemm.transpose_a ? m : k,
            lda,        stride_a};
  gemm.b = {"matrix B", b,       fake_cuda::NumberOf(type_b, "B"), gemm.transpose_b ? n : k, gemm.transpose_b ? k : n,
            ldb,        stride_b};
  gemm.c = {"matrix C", c, fake_cuda::NumberOf(type_c, "C"), m, n, ldc, stride_c};
  for (const auto* matrix : {&gemm.a, &gemm.b, &gemm.c}) matrix->Check(batch);
  FAKE_CUDA_CHECK(batch == 1 || stride_c >= static_cast<long long>(n) * ldc) << "the results of a batch overlap";
  const bool tf32 = compute == CUBLAS_COMPUTE_32F_FAST_TF32 || context.allows_tf32;
  if (type_a != type_b || (type_a == CUDA_R_32F && type_c != CUDA_R_32F) ||
      (type_a == CUDA_R_16BF && compute != CUBLAS_COMPUTE_32F)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  gemm.precision = type_a == CUDA_R_32F && tf32 ? fake_cuda::Precision::kTf32 : fake_cuda::Precision::kFull;
  const cudaError_t error = fake_cuda::Submit(
      context.stream, {"cublasGemmStridedBatchedEx",
                       {gemm.a.Use(batch, false),
                        gemm.b.Use(batch, false),
                        gemm.c.Use(batch, true),
                        {context.workspace, std::min(context.workspace_bytes, fake_cuda::kCheckedWorkspaceBytes), true,
                         "workspace of cuBLAS"}},
                       [gemm] { gemm.Run(); },
                       {}});
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
