// A flag as the command line sees it: an ABSL_FLAG of the binary or a ListedFlag of the program.
//
//   absl::optional<Flag> batch = FindFlag(program, "batch");
//   std::string expected;
//   if (!batch->Set("many", &expected)) ...  // "a whole number from -2147483648 to 2147483647"
#ifndef TOOLS_CLI_FLAG_H_
#define TOOLS_CLI_FLAG_H_

#include <string>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tools/cli/program.h"

namespace sg::cli {

class Flag {
 public:
  explicit Flag(absl::CommandLineFlag* declared);
  explicit Flag(const ListedFlag& listed);

  const std::string& name() const { return name_; }  // "grad_accum"
  FlagType type() const { return type_; }
  std::string default_value() const;
  std::string help() const;
  bool listed() const { return listed_ != nullptr; }

  // Checks the text of a value. An ABSL_FLAG takes the value, too. Returns false and what was expected on an error:
  // "a whole number from 0 to 4294967295".
  bool Set(absl::string_view text, std::string* expected) const;

 private:
  std::string name_;
  FlagType type_;
  // One of them is null.
  absl::CommandLineFlag* declared_ = nullptr;
  const ListedFlag* listed_ = nullptr;
};

// All flags of the program, sorted by name.
std::vector<Flag> AllFlags(const Program& program);

// The flag of that name.
absl::optional<Flag> FindFlag(const Program& program, absl::string_view name);

}  // namespace sg::cli

#endif  // TOOLS_CLI_FLAG_H_
