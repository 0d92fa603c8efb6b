// Stopping and saving on request. The handlers only set flags; the work is done at the next safe point.
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

// SIGINT and SIGTERM ask to stop; a SIGINT after either ends the process at once with exit code 130. SIGUSR1 asks to
// save and go on. SIGXFSZ is ignored, so that a file-size limit is an error of write() instead of a death. Interrupted
// system calls are restarted. On a terminal the first SIGINT is answered by a line on stderr.
void InstallSignalHandlers();

bool StopRequested();

// The first signal that asked to stop: SIGINT, SIGTERM, or 0.
int StopSignal();

// True once after each SIGUSR1 (several before the call count as one).
bool TakeSaveRequest();

// Ends the process by `signal` with its default action, so that the parent sees the signal (a shell: 130, 143) and
// stops its script.
[[noreturn]] void ReRaise(int signal);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SIGNALS_H_
