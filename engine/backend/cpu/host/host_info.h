// What the process may use of this machine.
#ifndef ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_
#define ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_

#include <string>

namespace sg::cpu {

std::string ProcessorName();  // "AMD EPYC 7763 64-Core Processor", or "unknown processor"

// Cores that the affinity mask and the CPU quota of the control group leave to this process, at least 1. Hardware
// threads of one core count once: they share its multipliers.
int UsableCores();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_
