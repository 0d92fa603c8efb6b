// --cuda-graphs, for the tools that make training steps. A program that links this has the flag.
#ifndef TOOLS_CLI_CUDA_GRAPHS_FLAG_H_
#define TOOLS_CLI_CUDA_GRAPHS_FLAG_H_

namespace sg::cli {

// The value on the command line, for DeviceFlags::cuda_graphs.
bool CudaGraphsGiven();

}  // namespace sg::cli

#endif  // TOOLS_CLI_CUDA_GRAPHS_FLAG_H_
