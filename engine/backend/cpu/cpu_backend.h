// The CPU backend: oneDNN for convolutions and matrix products, OpenMP loops for all other kernels, one pooled arena.
#ifndef ENGINE_BACKEND_CPU_CPU_BACKEND_H_
#define ENGINE_BACKEND_CPU_CPU_BACKEND_H_

#include "engine/backend/backend.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/kernel_args.h"

namespace sg {

// The only instance. Never null; lives until the process ends.
Backend* CpuBackend();

// Sets the number of threads for all later kernel calls. For a fixed number, results are bitwise repeatable.
void SetCpuThreads(int threads);
int CpuThreads();

// Runs Backend::Conv2d or one of its gradients by the given method, to compare methods. The method must support the
// geometry (CanCompute in conv_method.h).
void CpuConv2dBy(cpu::ConvMethod method, const Conv2dArgs& args);
void CpuConv2dInputGradBy(cpu::ConvMethod method, const Conv2dInputGradArgs& args);
void CpuConv2dWeightGradBy(cpu::ConvMethod method, const Conv2dWeightGradArgs& args);

}  // namespace sg

#endif  // ENGINE_BACKEND_CPU_CPU_BACKEND_H_
