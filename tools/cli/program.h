// What a tool says about itself on the command line.
#ifndef TOOLS_CLI_PROGRAM_H_
#define TOOLS_CLI_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sg::cli {

struct Example {
  std::string command;  // a whole command line: "train --data=faces.zip"
  std::string meaning;  // one sentence; may be empty
};

struct FlagGroup {
  std::string title;               // "Data"
  std::vector<std::string> flags;  // names with underscores: "grad_accum"
};

enum class FlagType : uint8_t { kBool, kInt32, kInt64, kUint32, kUint64, kReal, kText, kList, kOther };

// A flag that a program lists itself, where an ABSL_FLAG would not do. Parse checks its value and returns the text in
// ParseResult::values.
struct ListedFlag {
  std::string name;                 // "grad_accum"
  FlagType type = FlagType::kText;  // neither kList nor kOther
  std::string default_value, help;
  std::string expected = "";  // "a whole number from 2 to 64", for errors; empty: what the type takes
};

struct Program {
  std::string name;     // "train"
  std::string summary;  // one line: "trains a StyleGAN2 on a folder or zip of images"
  std::vector<Example> examples;
  std::vector<FlagGroup> groups;       // the order of --help; flags that are in no group come last, as "Other"
  std::string main_flag;               // the flag a bare argument was probably meant for ("data"); may be empty
  std::vector<ListedFlag> flags = {};  // beside the ABSL_FLAGs of the binary
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_PROGRAM_H_
