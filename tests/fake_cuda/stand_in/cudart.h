// What the files of the runtime API share.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDART_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDART_H_

#include <cuda_runtime_api.h>

#include <optional>

#include "tests/fake_cuda/stand_in/call.h"

namespace fake_cuda {

// Remembered for cudaGetLastError, and for ever where a GPU does not recover from it.
cudaError_t Report(cudaError_t error);

// A call of the runtime. `refused()` is the error that it must return at once: injected, or of a GPU that was lost
// before.
class RuntimeCall : public Call {
 public:
  explicit RuntimeCall(const char* function);
  const std::optional<cudaError_t>& refused() const { return refused_; }

 private:
  std::optional<cudaError_t> refused_;
};

// The call makes the host wait.
void CountSynchronization();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDART_H_
