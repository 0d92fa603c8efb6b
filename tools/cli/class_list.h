// The names of a conditional model's classes, to show to the user.
#ifndef TOOLS_CLI_CLASS_LIST_H_
#define TOOLS_CLI_CLASS_LIST_H_

#include <string>
#include <vector>

namespace sg::cli {

// The numbers and names of the first 20 classes: "0 cat, 1 dog", or "0 ant, 1 bee, ... (100 classes)". The text is one
// line; names may be hostile, and io::Printable makes it safe for a terminal.
std::string ListClasses(const std::vector<std::string>& names);

}  // namespace sg::cli

#endif  // TOOLS_CLI_CLASS_LIST_H_
