// How idle OpenMP threads wait.
#ifndef TOOLS_CLI_WAIT_POLICY_H_
#define TOOLS_CLI_WAIT_POLICY_H_

namespace sg::cli {

// Restarts the program once with OMP_WAIT_POLICY=passive, unless the user has set that or GOMP_SPINCOUNT. libgomp's default is
// to spin, and two programs that spin on the same cores slow each other more than tenfold; it reads the variable when it is
// loaded, so nothing later helps. Call it first in main.
void UsePassiveWaiting(char** argv);

}  // namespace sg::cli

#endif  // TOOLS_CLI_WAIT_POLICY_H_
