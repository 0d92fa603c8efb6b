// The command line of every tool: absl flags, with the behavior that people expect of a command.
//
//   ABSL_FLAG(int32_t, batch, 32, "Images per step.");
//
//   int main(int argc, char** argv) {
//     const sg::cli::Program program = {"train", "trains a StyleGAN2", {{"train --data=faces.zip", ""}},
//                                       {{"Training", {"batch"}}}, "data"};
//     const sg::cli::ParseResult parsed = sg::cli::Parse(program, argc, argv);
//     if (parsed.exit_code) return *parsed.exit_code;
//     if (absl::GetFlag(FLAGS_batch) < 1) return sg::cli::UsageError(program, "--batch must be at least 1");
//     ...
//   }
#ifndef TOOLS_CLI_CLI_H_
#define TOOLS_CLI_CLI_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tools/cli/program.h"

namespace sg::cli {

struct ParseResult {
  absl::optional<int> exit_code;   // set: everything has been printed, and main returns it
  std::vector<std::string> given;  // names ("grad_accum") of the flags on the command line, in order, each once
  std::map<std::string, std::string> values;  // of the given ones among Program::flags, as text that fits their type

  bool Given(absl::string_view name) const;
};

// Sets the ABSL_FLAGs of the binary from the command line, and returns the values of Program::flags.
//   --flag=value, --flag value, --flag, --noflag, --no-flag; dashes and underscores are the same; -n is --dry-run.
// A text that is empty, and a flag that is given twice with different values, are mistakes.
//   -h, --help: the curated help on stdout, exit code 0. --version: the same.
//   A text value that starts with "~" is expanded (shell_word.h), which a shell does not do behind "=".
//   A value that starts with a dash needs the form with "=", unless it is a negative number or "-" alone.
// Unknown flags, bad values and bare arguments: one sentence on stderr, exit code 2.
ParseResult Parse(const Program& program, int argc, const char* const* argv);

// Prints "train: message" on stderr, with control characters escaped. Returns `exit_code`.
int Fail(const Program& program, int exit_code, const absl::Status& status);

// The same for a mistake on the command line, with a hint at --help. Returns kExitUsage.
int UsageError(const Program& program, absl::string_view message);

}  // namespace sg::cli

#endif  // TOOLS_CLI_CLI_H_
