// The CPU backend: oneDNN for convolutions and matrix products, OpenMP loops for everything else, one pooled arena.
#ifndef ENGINE_BACKEND_CPU_CPU_BACKEND_H_
#define ENGINE_BACKEND_CPU_CPU_BACKEND_H_

#include "engine/backend/backend.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/kernel_args.h"
#include "engine/base/device_options.h"

namespace sg {

// The one instance; never null, lives until the process ends.
Backend* CpuBackend();

// From the next call on.
void ConfigureCpuBackend(const DeviceOptions& options);
// The options in force, with the number of threads that is in use.
DeviceOptions CpuBackendOptions();

// Backend::Conv2d and its gradients by a given method that CanCompute them (conv_method.h) instead of by the rule: to
// measure the methods against each other.
void CpuConv2dBy(cpu::ConvMethod method, const Conv2dArgs& args);
void CpuConv2dInputGradBy(cpu::ConvMethod method, const Conv2dInputGradArgs& args);
void CpuConv2dWeightGradBy(cpu::ConvMethod method, const Conv2dWeightGradArgs& args);

}  // namespace sg

#endif  // ENGINE_BACKEND_CPU_CPU_BACKEND_H_
