// What a tensor descriptor of cuDNN's graph API says.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_TENSOR_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_TENSOR_H_

#include <cudnn.h>

#include <cstdint>

#include "tests/fake_cuda/stand_in/cudnn_backend_objects.h"
#include "tests/fake_cuda/stand_in/dense_math.h"

namespace fake_cuda {

struct Extents {
  int64_t n, c, h, w;

  int64_t count() const { return n * c * h * w; }
  bool operator==(const Extents& o) const { return n == o.n && c == o.c && h == o.h && w == o.w; }
};

cudnnDataType_t TypeOf(const BackendObject& tensor);
bool IsVirtual(const BackendObject& tensor);
bool IsByValue(const BackendObject& tensor);  // a number in the host's memory
Number NumberOf(const BackendObject& tensor);
// Fails unless the tensor is dense with channels last, of f32 or bf16.
Extents ExtentsOf(const BackendObject& tensor);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_TENSOR_H_
