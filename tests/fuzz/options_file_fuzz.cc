// The file of `train --options`.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/flags/reflection.h"
#include "engine/base/check.h"
#include "tests/fuzz/memory_file.h"
#include "tools/cli/cli.h"
#include "tools/run_name.h"
#include "tools/train_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::FlagSaver restore_flags;
  const sg::fuzz::MemoryFile file(data, size);
  const std::string options = "--options=" + file.path();
  const char* const argv[] = {"train", options.c_str()};
  const sg::cli::ParseResult parsed = sg::cli::Parse(sg::cli::TrainProgram(), 2, argv);
  SG_CHECK(!parsed.exit_code) << "[fuzz] the command line is refused";
  const absl::StatusOr<sg::gan::TrainConfig> config = sg::cli::NewConfigFromFlags(parsed);
  if (!config.ok()) return 0;
  // The name of the data set becomes part of a folder's name.
  const std::string name = sg::cli::RunName(*config, "");
  SG_CHECK(name.find('/') == std::string::npos && name.size() < 200) << "[fuzz] the run is called " << name;
  return 0;
}
