// What a tool tells about itself; its flags are ordinary ABSL_FLAGs.
#ifndef TOOLS_CLI_PROGRAM_H_
#define TOOLS_CLI_PROGRAM_H_

#include <string>
#include <vector>

namespace sg::cli {

struct Example {
  std::string command;  // a whole command line: "train --data=faces.zip"
  std::string meaning;  // one sentence; may be empty
};

struct FlagGroup {
  std::string title;               // "Data"
  std::vector<std::string> flags;  // names as in ABSL_FLAG: "grad_accum"
};

struct Program {
  std::string name;     // "train"
  std::string summary;  // one line: "trains a StyleGAN2 on a folder or zip of images"
  std::vector<Example> examples;
  std::vector<FlagGroup> groups;  // the order of --help; flags of the binary that no group names come last, as "Other"
  std::string main_flag;          // the flag a bare argument was probably meant for ("data"); may be empty
};

}  // namespace sg::cli

#endif  // TOOLS_CLI_PROGRAM_H_
