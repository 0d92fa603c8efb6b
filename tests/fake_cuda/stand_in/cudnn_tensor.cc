#include "tests/fake_cuda/stand_in/cudnn_tensor.h"

#include <vector>

#include "tests/fake_cuda/stand_in/check.h"

namespace fake_cuda {
namespace {

bool HasFlag(const BackendObject& tensor, cudnnBackendAttributeName_t name) {
  const std::vector<char> flag = ValuesOf<char>(tensor, name);
  return !flag.empty() && flag[0] != 0;
}

}  // namespace

cudnnDataType_t TypeOf(const BackendObject& tensor) {
  return ValueOf<cudnnDataType_t>(tensor, CUDNN_ATTR_TENSOR_DATA_TYPE);
}
bool IsVirtual(const BackendObject& tensor) { return HasFlag(tensor, CUDNN_ATTR_TENSOR_IS_VIRTUAL); }
bool IsByValue(const BackendObject& tensor) { return HasFlag(tensor, CUDNN_ATTR_TENSOR_IS_BY_VALUE); }
Number NumberOf(const BackendObject& tensor) {
  return TypeOf(tensor) == CUDNN_DATA_FLOAT ? Number::kFloat : Number::kBFloat16;
}

Extents ExtentsOf(const BackendObject& tensor) {
  const auto extents = ValuesOf<int64_t>(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto strides = ValuesOf<int64_t>(tensor, CUDNN_ATTR_TENSOR_STRIDES);
  const Extents e = {extents[0], extents[1], extents[2], extents[3]};
  FAKE_CUDA_CHECK(e.n > 0 && e.c > 0 && e.h > 0 && e.w > 0)
      << "extents " << e.n << ", " << e.c << ", " << e.h << ", " << e.w;
  FAKE_CUDA_CHECK((strides == std::vector<int64_t>{e.h * e.w * e.c, 1, e.w * e.c, e.c}))
      << "strides " << strides[0] << ", " << strides[1] << ", " << strides[2] << ", " << strides[3]
      << ": tensors are dense with channels last";
  const cudnnDataType_t type = TypeOf(tensor);
  FAKE_CUDA_CHECK(type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_BFLOAT16) << "data type " << type;
  return e;
}

}  // namespace fake_cuda
