// How idle OpenMP threads wait for work.
#ifndef TOOLS_CLI_WAIT_POLICY_H_
#define TOOLS_CLI_WAIT_POLICY_H_

namespace sg::cli {

// Restarts the program once with GOMP_SPINCOUNT=1000, unless the user has set that or OMP_WAIT_POLICY. Call it first in
// main. It must restart the program, because libgomp reads the variable when it is loaded.
//
// By default, libgomp's threads spin for a long time, and two programs that spin on the same cores slow each other
// tenfold. Threads that sleep immediately (OMP_WAIT_POLICY=passive) must be woken in every parallel region. A thousand
// turns take some microseconds, which bridges the gap between two regions. Time of one 64x64 image on two cores:
//
//                               alone     beside a program that keeps one core busy
//   spinning (the default)      5.5 ms    65 ms
//   sleeping immediately        10.5 ms   10.7 ms
//   GOMP_SPINCOUNT=1000         5.6 ms    13.7 ms
void UseShortWaiting(char** argv);

}  // namespace sg::cli

#endif  // TOOLS_CLI_WAIT_POLICY_H_
