// The repair of stats.jsonl when a run is resumed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/train/run_directory.h"

namespace {

// A folder that lives as long as the process.
class Folder {
 public:
  Folder() {
    const char* const parent = std::getenv("TEST_TMPDIR");
    path_ =
        (parent != nullptr ? std::string(parent) : std::filesystem::temp_directory_path().string()) + "/fuzz.XXXXXX";
    SG_CHECK(mkdtemp(path_.data()) != nullptr) << "[fuzz] cannot create " << path_;
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kStep = 1000;
  static const Folder folder;
  const std::string path = folder.File("stats.jsonl");
  std::ofstream(path, std::ios::binary) << std::string(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<std::optional<std::string>> trimmed = sg::gan::TrimmedStats(path, kStep);
  SG_CHECK(trimmed.ok()) << "[fuzz] TrimmedStats fails";
  if (!trimmed->has_value()) return 0;
  SG_CHECK((*trimmed)->empty() || absl::EndsWith(**trimmed, "\n")) << "[fuzz] the last line is torn";
  std::ofstream(path, std::ios::binary) << **trimmed;
  const absl::StatusOr<std::optional<std::string>> again = sg::gan::TrimmedStats(path, kStep);
  SG_CHECK(again.ok() && !again->has_value()) << "[fuzz] a second repair changes the file";
  return 0;
}
