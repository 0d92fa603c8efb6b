// How flags are spelled and described to people.
#ifndef TOOLS_CLI_HELP_H_
#define TOOLS_CLI_HELP_H_

#include <string>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/strings/string_view.h"
#include "tools/cli/program.h"

namespace sg::cli {

// "grad_accum" -> "--grad-accum".
std::string Spelling(absl::string_view flag_name);

// What a value of the flag looks like, for a sentence that starts with "expected": "a whole number from 0 to
// 4294967295".
std::string AllowedValues(const absl::CommandLineFlag& flag);

// Names of all flags in the binary, sorted.
std::vector<std::string> AllFlagNames();

// The whole text of --help: summary, usage and examples first, then every flag with type, default and description.
// A group that names a flag the binary lacks is a programmer's mistake (SG_CHECK).
std::string HelpText(const Program& program);

}  // namespace sg::cli

#endif  // TOOLS_CLI_HELP_H_
