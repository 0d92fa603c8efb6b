// The resources of this machine that the process may use.
#ifndef ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_
#define ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_

#include <string>

namespace sg::cpu {

std::string ProcessorName();  // "AMD EPYC 7763 64-Core Processor", or "unknown processor"

// The number of cores that the affinity mask and the control group's CPU quota leave to this process, at least 1.
// Hardware threads of one core count once, since they share its multipliers.
int UsableCores();

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_HOST_HOST_INFO_H_
