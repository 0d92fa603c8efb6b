// Replaces the backend's vendor_libraries.cc, which loads cuDNN and cuBLAS. Here they are linked in.
#include "engine/backend/cuda/vendor/vendor_libraries.h"

#include "tests/fake_cuda/stand_in/call.h"

namespace sg::cuda {

// FAKE_CUDA_FAIL and FailCall can make them absent.
bool LoadVendorLibraries(std::string* why) {
  const fake_cuda::Call call("LoadVendorLibraries");
  *why = call.failure() ? "the stand-in was told to have no cuDNN" : "";
  return why->empty();
}

}  // namespace sg::cuda
