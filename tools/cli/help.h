// The text of --help.
#ifndef TOOLS_CLI_HELP_H_
#define TOOLS_CLI_HELP_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tools/cli/program.h"

namespace sg::cli {

// "grad_accum" -> "--grad-accum".
std::string Spelling(absl::string_view flag_name);

// Summary, usage and examples first, then every flag with type, default and description. A group that names a flag
// which does not exist is a programmer's mistake (SG_CHECK).
std::string HelpText(const Program& program);

}  // namespace sg::cli

#endif  // TOOLS_CLI_HELP_H_
