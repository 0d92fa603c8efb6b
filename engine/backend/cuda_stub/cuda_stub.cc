#include "engine/backend/cuda_stub/cuda_stub.h"

namespace sg {

Backend* CudaBackend(int /*index*/) { return nullptr; }

}  // namespace sg
