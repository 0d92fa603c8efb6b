#include "tools/cli/recipe.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/io/input_file.h"
#include "gan/image/encode_png.h"
#include "tools/cli/flag.h"
#include "tools/cli/help.h"

namespace sg::cli {
namespace {

constexpr int64_t kMaxTextBytes = int64_t{8} << 20;  // the texts lie in front of the pixels
constexpr char kSoftware[] = "stylegan2.cpp generate";

// The texts of a picture, and the flags that they are.
constexpr std::pair<const char*, const char*> kFlagOfText[] = {
    {"network", "network"},       {"truncation", "trunc"},      {"truncation_cutoff", "trunc_cutoff"},
    {"noise_mode", "noise_mode"}, {"noise_seed", "noise_seed"}, {"class", "class"},
    {"columns", "columns"}};

absl::Status Unusable(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<std::map<std::string, std::string>> ReadTexts(const std::string& path) {
  const absl::StatusOr<io::InputFile> file = io::InputFile::Open(path);
  if (!file.ok()) return file.status();
  std::string bytes(static_cast<size_t>(std::min(file->size(), kMaxTextBytes)), '\0');
  const absl::Status read = file->ReadAt(0, bytes.data(), static_cast<int64_t>(bytes.size()));
  if (!read.ok()) return read;
  const absl::StatusOr<std::vector<gan::PngText>> texts = gan::ReadPngText(bytes);
  if (!texts.ok()) return Unusable(path, texts.status().message());
  return std::map<std::string, std::string>(texts->begin(), texts->end());
}

class Setter {
 public:
  Setter(const Program& program, const std::string& path, ParseResult* parsed)
      : program_(program), path_(path), parsed_(*parsed) {}

  absl::Status Set(const std::string& name, const std::string& value) {
    if (parsed_.Given(name)) return absl::OkStatus();
    const absl::optional<Flag> flag = FindFlag(program_, name);
    std::string expected;
    if (!flag || value.empty() || !flag->Set(value, &expected)) {
      return Unusable(path_, absl::StrCat("its text says ", Spelling(name), "=\"", absl::Utf8SafeCHexEscape(value),
                                          "\"; expected ", expected.empty() ? "a value" : expected));
    }
    parsed_.given.push_back(name);
    return absl::OkStatus();
  }

 private:
  const Program& program_;
  const std::string& path_;
  ParseResult& parsed_;
};

}  // namespace

absl::StatusOr<Recipe> ApplyRecipe(const Program& program, const std::string& path, ParseResult* parsed) {
  const absl::StatusOr<std::map<std::string, std::string>> texts = ReadTexts(path);
  if (!texts.ok()) return texts.status();
  const auto text = [&](const char* keyword) {
    const auto found = texts->find(keyword);
    return found == texts->end() ? absl::optional<std::string>() : found->second;
  };
  const absl::optional<std::string> software = text("software");
  if (software != kSoftware) {
    return Unusable(path, software ? absl::StrCat("made by \"", absl::Utf8SafeCHexEscape(*software), "\", not by \"",
                                                  kSoftware, "\"")
                                   : "holds no text that tells how it was made; only PNG files of `generate` do");
  }
  Setter setter(program, path, parsed);
  const bool own_latents = parsed->Given("seeds") || parsed->Given("z") || parsed->Given("w");
  const absl::optional<std::string> one = text("latent"), latents = one ? one : text("latents");
  Recipe recipe;
  for (const auto& [keyword, flag] : kFlagOfText) {
    const absl::optional<std::string> value = text(keyword);
    if (!value || (own_latents && absl::string_view(flag) == "class" && parsed->Given("w"))) continue;
    const absl::Status set = setter.Set(flag, *value);
    if (!set.ok()) return set;
  }
  if (own_latents) return recipe;
  if (!latents) return Unusable(path, "its text names no latents; give --seeds, --z or --w");
  if (absl::StrContains(*latents, " ... ")) {
    return Unusable(path, "its text names only the first and the last latent; give --seeds, --z or --w");
  }
  absl::string_view value = *latents;
  for (const char* flag : {"seeds", "z", "w"}) {
    if (!absl::ConsumePrefix(&value, absl::StrCat("--", flag, "="))) continue;
    const size_t row = one && flag != absl::string_view("seeds") ? value.rfind(" row ") : absl::string_view::npos;
    if (row != absl::string_view::npos) {
      int64_t number = -1;
      if (!absl::SimpleAtoi(value.substr(row + 5), &number) || number < 0) break;
      recipe.row = number;
      value = value.substr(0, row);
    }
    const absl::Status set = setter.Set(flag, std::string(value));
    if (!set.ok()) return set;
    return recipe;
  }
  return Unusable(path, absl::StrCat("its text has latents \"", absl::Utf8SafeCHexEscape(*latents),
                                     "\", which are neither seeds nor a file"));
}

}  // namespace sg::cli
