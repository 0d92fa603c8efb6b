// The command line of `train`, one argument on each line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/reflection.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/config/validate.h"
#include "tools/cli/cli.h"
#include "tools/train_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::FlagSaver restore_flags;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments = absl::StrSplit(text, '\n');
  arguments.insert(arguments.begin(), "train");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const sg::cli::ParseResult parsed =
      sg::cli::Parse(sg::cli::TrainProgram(), static_cast<int>(argv.size()), argv.data());
  // An options file could be any file of this machine.
  if (parsed.exit_code || parsed.Given("options")) return 0;
  (void)sg::cli::TrainCommandFromFlags();
  const absl::StatusOr<sg::gan::TrainConfig> config = sg::cli::NewConfigFromFlags(parsed);
  SG_CHECK(!config.ok() || sg::gan::Validate(*config).ok()) << "[fuzz] an invalid configuration is accepted";
  return 0;
}
