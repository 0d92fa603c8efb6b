// Google benchmarks of the kernels that a model is made of.
#ifndef TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
#define TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_

#include "engine/base/device.h"
#include "gan/config/config.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {

// Registers every convolution geometry of the model's generator and discriminator (forward, input and weight gradient),
// with the counters "GFLOP/s" (operations of the direct method over time) and "%peak", its share of the peak, and the
// fused operations at full resolution with "GB/s" and "%copy", their share of the copy speed. On the CPU a convolution
// has one row for every method that can compute it (f32), with a star at the one that the backend takes:
//
//   conv3x3/512>512@8/forward/winograd, conv3x3/512>512@8/forward/direct*, ...
//
// On a GPU it has one row, without a method, and "launches": kernels of ours and calls of libraries in one call.
void RegisterKernelBenchmarks(const gan::ModelConfig& model, int batch, Device device, const Peaks& peaks);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
