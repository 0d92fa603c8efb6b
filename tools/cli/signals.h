// Stops and saves on request. The handlers only set flags, which the program reads at the next safe point.
//
//   sg::cli::InstallSignalHandlers();
//   while (!sg::cli::StopRequested()) {
//     trainer.Step();
//     if (sg::cli::TakeSaveRequest()) trainer.Save();
//   }
//   trainer.Save();
//   if (int signal = sg::cli::StopSignal()) sg::cli::ReRaise(signal);
#ifndef TOOLS_CLI_SIGNALS_H_
#define TOOLS_CLI_SIGNALS_H_

namespace sg::cli {

// SIGINT and SIGTERM ask to stop. A SIGINT after either ends the process immediately with exit code 130. SIGUSR1 asks
// to save and continue. SIGXFSZ is ignored, which makes a file-size limit an error of write(). Interrupted system calls
// are restarted. On a terminal, a line on stderr answers the first SIGINT.
void InstallSignalHandlers();

bool StopRequested();

// The first signal that asked to stop: SIGINT, SIGTERM, or 0.
int StopSignal();

// True once after a SIGUSR1. Several before the call count as one.
bool TakeSaveRequest();

// Ends the process by `signal` with its default action. The parent sees the signal; a shell reports 130 or 143 and
// stops its script.
[[noreturn]] void ReRaise(int signal);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SIGNALS_H_
