// Dashes that a web page or a document has put in place of those from the keyboard. A command that is copied from there
// contains them.
//
//   WithPlainDashes("0–63") == "0-63"
#ifndef TOOLS_CLI_TYPOGRAPHIC_DASH_H_
#define TOOLS_CLI_TYPOGRAPHIC_DASH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sg::cli {

// The text with '-' for each hyphen, dash and minus sign of Unicode, such as U+2013. Other text stays as it is.
std::string WithPlainDashes(absl::string_view text);

// The end of a sentence: what to type in place of a text that WithPlainDashes changes.
std::string DashAdvice(absl::string_view to_type);

}  // namespace sg::cli

#endif  // TOOLS_CLI_TYPOGRAPHIC_DASH_H_
