#include "tools/cli/cuda_graphs_flag.h"

#include "absl/flags/flag.h"

ABSL_FLAG(bool, cuda_graphs, false, "Launch each phase of a step on the GPU as one CUDA graph.");

namespace sg::cli {

bool CudaGraphsGiven() { return absl::GetFlag(FLAGS_cuda_graphs); }

}  // namespace sg::cli
