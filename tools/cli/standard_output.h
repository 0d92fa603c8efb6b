// The end of what a tool prints on stdout, which is its result: a full disk there is a failure.
//
//   int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::MixProgram(), sg::cli::Main(argc, argv)); }
#ifndef TOOLS_CLI_STANDARD_OUTPUT_H_
#define TOOLS_CLI_STANDARD_OUTPUT_H_

#include "tools/cli/program.h"

namespace sg::cli {

// Writes what stdout still holds back, and returns the exit code of the process: `exit_code`, or kExitRuntimeError with
// a message if that was kExitOk and a part of the output has been lost. A reader that has read enough, as `head` does,
// loses nothing.
int FinishOutput(const Program& program, int exit_code);

}  // namespace sg::cli

#endif  // TOOLS_CLI_STANDARD_OUTPUT_H_
