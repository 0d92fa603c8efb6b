#include "tools/cli/bundled_data.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace sg::cli {
namespace {

// A file of the runfiles, or "" if it is not there.
std::string FindRunfile(const char* relative_path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> roots;
  for (const char* variable : {"RUNFILES_DIR", "TEST_SRCDIR"}) {
    if (const char* directory = std::getenv(variable)) roots.emplace_back(directory);
  }
  roots.emplace_back(fs::read_symlink("/proc/self/exe", error).string() + ".runfiles");
  for (const fs::path& root : roots) {
    if (fs::exists(root / relative_path, error)) return (root / relative_path).string();
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> BundledEmojiPath() {
  std::string path = FindRunfile("stylegan2/third_party/noto_emoji/noto_emoji_64.zip");
  if (!path.empty()) return path;
  return absl::NotFoundError("the bundled emoji are not beside this program; give --data=FOLDER_OR_ZIP");
}

absl::StatusOr<std::string> BundledFeatureNetworkPath() {
  std::string path = FindRunfile("stylegan2/third_party/efficientnet_lite0/efficientnet_lite0.safetensors");
  if (!path.empty()) return path;
  return absl::NotFoundError("the feature network of the metrics, efficientnet_lite0, is not beside this program");
}

}  // namespace sg::cli
