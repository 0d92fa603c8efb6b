#include "tools/run_name.h"

#include <cctype>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tools/cli/shell_word.h"

namespace sg::cli {
namespace {

namespace fs = std::filesystem;

std::string FolderNamePart(const std::string& text) {
  std::string name;
  for (char c : text) name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '-';
  return name.substr(0, 40);
}

// "photos" for "/data/photos.zip".
std::string DataName(const std::string& data) {
  if (data.empty()) return "emoji";
  fs::path path = fs::path(data).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return FolderNamePart(absl::StrReplaceAll(path.stem().string(), {{".", "-"}}));
}

}  // namespace

std::string RunNameEnding(const std::string& description) {
  return description.empty() ? "" : absl::StrCat("-", FolderNamePart(description));
}

std::string RunName(const gan::TrainConfig& config, const std::string& description) {
  return absl::StrFormat("%s-%s-batch%d-gamma%g%s", FolderNamePart(config.preset), DataName(config.data), config.batch,
                         config.loss.r1_gamma, RunNameEnding(description));
}

std::string ResumeCommand(const std::string& path) {
  return absl::StrCat("bazel run //tools:train -- --resume=", ShellWord(path));
}

}  // namespace sg::cli
