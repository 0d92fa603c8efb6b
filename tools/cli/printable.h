// Text for a terminal.
#ifndef TOOLS_CLI_PRINTABLE_H_
#define TOOLS_CLI_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sg::cli {

// Messages may quote files, and a terminal would execute the control characters of a hostile one. Replaces each byte of
// a control character, and each byte that is not UTF-8, by its number. Everything else stays, other languages included.
//
//   Printable("a \x1b[2J b") -> "a \\x1b[2J b"
std::string Printable(absl::string_view text);

}  // namespace sg::cli

#endif  // TOOLS_CLI_PRINTABLE_H_
