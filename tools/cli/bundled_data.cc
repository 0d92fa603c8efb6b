#include "tools/cli/bundled_data.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace sg::cli {
namespace {

constexpr char kRelativePath[] = "stylegan2/third_party/noto_emoji/noto_emoji_64.zip";

}  // namespace

absl::StatusOr<std::string> BundledEmojiPath() {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> roots;
  for (const char* variable : {"RUNFILES_DIR", "TEST_SRCDIR"}) {
    if (const char* directory = std::getenv(variable)) roots.emplace_back(directory);
  }
  roots.emplace_back(fs::read_symlink("/proc/self/exe", error).string() + ".runfiles");
  for (const fs::path& root : roots) {
    if (fs::exists(root / kRelativePath, error)) return (root / kRelativePath).string();
  }
  return absl::NotFoundError("the bundled emoji are not beside this program; give --data=FOLDER_OR_ZIP");
}

}  // namespace sg::cli
