// How idle OpenMP threads wait.
#ifndef TOOLS_CLI_WAIT_POLICY_H_
#define TOOLS_CLI_WAIT_POLICY_H_

namespace sg::cli {

// Restarts the program once with GOMP_SPINCOUNT=1000, unless the user has set that or OMP_WAIT_POLICY. libgomp reads it
// when it is loaded, so nothing later helps. Call it first in main.
//
// Its default is to spin for long, and two programs that spin on the same cores slow each other tenfold; to sleep at
// once (OMP_WAIT_POLICY=passive) costs a wake-up in every parallel region. A thousand turns, some microseconds, bridge
// the gap between two regions. One 64x64 picture on two cores took 5.6 ms (sleeping at once 10.5, spinning 5.5), and
// beside a program that kept one core busy 13.7 ms (10.7, 65).
void UseShortWaiting(char** argv);

}  // namespace sg::cli

#endif  // TOOLS_CLI_WAIT_POLICY_H_
