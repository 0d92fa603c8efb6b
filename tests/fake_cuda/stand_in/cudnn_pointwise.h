// The pointwise operations that follow the convolution of a graph, as the stand-in computes them: in double, with the
// broadcasts of cuDNN.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_POINTWISE_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_POINTWISE_H_

#include <cstddef>
#include <map>
#include <vector>

#include "tests/fake_cuda/stand_in/cudnn_backend_objects.h"

namespace fake_cuda {

// The pointwise operations of a graph in their order. Tensors without memory are virtual.
struct PointwiseChain {
  std::vector<const BackendObject*> operations;
  const BackendObject* convolved = nullptr;    // the virtual result of the convolution
  const BackendObject* output = nullptr;       // what the last operation makes
  std::vector<const BackendObject*> operands;  // that have memory, on the device or as numbers on the host

  // Whether it only copies the convolution's result.
  bool IsIdentity() const;
};

// Fails unless the operations make one output, every virtual tensor is made before it is read, and all are of a kind
// that the backend uses.
PointwiseChain ReadPointwise(const std::vector<BackendObject*>& operations, size_t first,
                             const BackendObject* convolved);

// The output for the convolution's result. `values` has the values of the operands.
std::vector<double> RunPointwise(const PointwiseChain& chain, const std::vector<double>& convolved,
                                 const std::map<const BackendObject*, std::vector<double>>& values);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_POINTWISE_H_
