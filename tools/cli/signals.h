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

// Makes the loss of the console harmless: a write to it then fails with an error, which whoever prints ignores. SIGPIPE
// is ignored, and standard streams that are closed are opened on /dev/null. Without the latter, the next file that is
// opened would become stderr, and messages would be written into it. Call it first in main.
void TolerateLostConsole();

// SIGINT and SIGTERM ask to stop, and so does SIGHUP, the end of the terminal, unless nohup has it ignored. A SIGINT
// after any of them ends the process immediately with exit code 130. SIGUSR1 asks to save and continue.
// SIGXFSZ is ignored, which makes a file-size limit an error of write(). Interrupted system calls are restarted. On a
// terminal, a line on stderr answers the first SIGINT.
void InstallSignalHandlers();

bool StopRequested();

// The first signal that asked to stop: SIGINT, SIGTERM, SIGHUP, or 0.
int StopSignal();

// True once after a SIGUSR1. Several before the call count as one.
bool TakeSaveRequest();

// Writes what stdout still holds back, and ends the process by `signal` with its default action. The parent sees the
// signal; a shell reports 130, 143 or 129 and stops its script.
[[noreturn]] void ReRaise(int signal);

}  // namespace sg::cli

#endif  // TOOLS_CLI_SIGNALS_H_
