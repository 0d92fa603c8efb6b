// The repair of stats.jsonl when a run is resumed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

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

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kStep = 1000;
  static const Folder folder;
  const std::string path = folder.File("stats.jsonl");
  std::ofstream(path, std::ios::binary) << std::string(reinterpret_cast<const char*>(data), size);
  SG_CHECK(sg::gan::TrimStats(path, kStep).ok()) << "[fuzz] TrimStats fails";
  const std::string trimmed = Read(path);
  SG_CHECK(trimmed.empty() || absl::EndsWith(trimmed, "\n")) << "[fuzz] the last line is torn";
  SG_CHECK(sg::gan::TrimStats(path, kStep).ok() && Read(path) == trimmed) << "[fuzz] a second repair changes the file";
  return 0;
}
