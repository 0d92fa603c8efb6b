// Google benchmarks of a model's kernels.
#ifndef TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
#define TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_

#include "engine/base/device.h"
#include "gan/config/config.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {

// Registers benchmarks for every convolution geometry of the model's generator and discriminator (forward, input
// gradient and weight gradient). Their counters are "GFLOP/s" (operations of the direct method divided by the time) and
// "%peak" (share of the peak). Also registers the fused operations at full resolution, with "GB/s" and "%copy" (share
// of the copy speed).
//
// On the CPU, a convolution has one row per method that supports it (f32). A star marks the method that the backend
// chooses:
//
//   conv3x3/512>512@8/forward/winograd, conv3x3/512>512@8/forward/direct*, ...
//
// On a GPU it has one row without a method, and the counter "launches": our own kernels and library calls per call.
void RegisterKernelBenchmarks(const gan::ModelConfig& model, int batch, Device device, const Peaks& peaks);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_KERNEL_BENCHMARKS_H_
