// The exit codes of the tools.
#ifndef TOOLS_CLI_EXIT_CODES_H_
#define TOOLS_CLI_EXIT_CODES_H_

namespace sg::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitRuntimeError = 1;  // a correct command failed: a full disk, a broken GPU
inline constexpr int kExitUsage = 2;         // the command line is wrong; no file was written
inline constexpr int kExitDiverged = 3;  // training met NaN or infinity too often; the last good checkpoint was kept
inline constexpr int kExitBadInput = 4;  // a file or data set cannot be used
inline constexpr int kExitInterrupted = 130;  // SIGINT
inline constexpr int kExitTerminated = 143;   // SIGTERM

}  // namespace sg::cli

#endif  // TOOLS_CLI_EXIT_CODES_H_
