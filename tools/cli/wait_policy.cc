#include "tools/cli/wait_policy.h"

#include <unistd.h>

#include <cstdlib>

namespace sg::cli {

void UseShortWaiting(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "1000", /*replace=*/1);
  execv("/proc/self/exe", argv);  // if it fails, the program runs as it is
}

}  // namespace sg::cli
