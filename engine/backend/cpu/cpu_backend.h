// The CPU backend: oneDNN for convolutions and matrix products, OpenMP loops for all other kernels, one pooled arena.
#ifndef ENGINE_BACKEND_CPU_CPU_BACKEND_H_
#define ENGINE_BACKEND_CPU_CPU_BACKEND_H_

#include "engine/backend/backend.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/kernel_args.h"
#include "engine/base/device_options.h"

namespace sg {

// The only instance. Never null; lives until the process ends.
Backend* CpuBackend();

// From the next call on.
void ConfigureCpuBackend(const DeviceOptions& options);
// The options in force, with the number of threads that is in use.
DeviceOptions CpuBackendOptions();

// Runs Backend::Conv2d or one of its gradients by the given method, to compare methods. The method must support the
// geometry (CanCompute in conv_method.h).
void CpuConv2dBy(cpu::ConvMethod method, const Conv2dArgs& args);
void CpuConv2dInputGradBy(cpu::ConvMethod method, const Conv2dInputGradArgs& args);
void CpuConv2dWeightGradBy(cpu::ConvMethod method, const Conv2dWeightGradArgs& args);

}  // namespace sg

#endif  // ENGINE_BACKEND_CPU_CPU_BACKEND_H_
