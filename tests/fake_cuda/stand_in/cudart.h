// Shared by the files of the runtime API.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDART_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDART_H_

#include <cuda_runtime_api.h>

#include <optional>

#include "tests/fake_cuda/stand_in/call.h"

namespace fake_cuda {

// Remembers the error for cudaGetLastError, and forever if a GPU does not recover from it.
cudaError_t Report(cudaError_t error);

// A call of the runtime. `refused()` is the error that it must return at once, because it is injected or the GPU was
// lost before.
class RuntimeCall : public Call {
 public:
  explicit RuntimeCall(const char* function);
  const std::optional<cudaError_t>& refused() const { return refused_; }

 private:
  std::optional<cudaError_t> refused_;
};

// For calls that make the host wait.
void CountSynchronization();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDART_H_
