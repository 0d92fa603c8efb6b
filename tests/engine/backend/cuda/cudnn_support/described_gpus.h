// GPUs that cuDNN can be asked about though they are not there. Since version 9.8 it takes a description of a device in
// place of the device.
//
//   for (const DescribedGpu& gpu : DescribedGpus()) {
//     const BackendDescriptor properties = PropertiesOf(gpu);
//     if (!properties.ok()) ...  // an older cuDNN
#ifndef TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_DESCRIBED_GPUS_H_
#define TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_DESCRIBED_GPUS_H_

#include <cstdint>
#include <vector>

#include "engine/backend/cuda/conv/backend_descriptor.h"

namespace sg::cuda {

// By NVIDIA's data sheets and the tables of the CUDA programming guide.
struct DescribedGpu {
  int compute_capability;  // 90 means 9.0
  const char* name;
  int64_t memory_bytes;
  int multiprocessors;
  int64_t shared_bytes_per_block;  // the most that a kernel can ask for
  int blocks_per_multiprocessor, threads_per_multiprocessor;
  int64_t clock_khz, memory_clock_khz;
  int64_t l2_bytes;
};

// One GPU of each architecture that the kernels are compiled for.
const std::vector<DescribedGpu>& DescribedGpus();

// The description as cuDNN takes it. Its status is an error where cuDNN takes none.
BackendDescriptor PropertiesOf(const DescribedGpu& gpu);

}  // namespace sg::cuda

#endif  // TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_DESCRIBED_GPUS_H_
