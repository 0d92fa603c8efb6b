// Google benchmarks of the kernels that a model is made of.
#ifndef TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
#define TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_

#include "engine/base/device.h"
#include "gan/config.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {

// Registers every convolution geometry of the model's generator and discriminator (forward, input and weight gradient), with
// its GFLOP/s and share of the peak, and the fused operations at full resolution with their GB/s and share of the copy speed.
void RegisterKernelBenchmarks(const gan::ModelConfig& model, int batch, Device device, const Peaks& peaks);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
