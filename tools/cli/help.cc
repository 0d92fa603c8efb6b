#include "tools/cli/help.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>

#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"

namespace sg::cli {
namespace {

constexpr size_t kColumns = 80;

template <typename T>
std::string WholeNumber() {
  return absl::StrCat("a whole number from ", std::numeric_limits<T>::min(), " to ", std::numeric_limits<T>::max());
}

bool IsSigned(const absl::CommandLineFlag& flag) { return flag.IsOfType<int32_t>() || flag.IsOfType<int64_t>(); }
bool IsUnsigned(const absl::CommandLineFlag& flag) { return flag.IsOfType<uint32_t>() || flag.IsOfType<uint64_t>(); }
bool IsReal(const absl::CommandLineFlag& flag) { return flag.IsOfType<float>() || flag.IsOfType<double>(); }

// The right half of "--batch=INTEGER".
std::string TypeName(const absl::CommandLineFlag& flag) {
  if (IsSigned(flag) || IsUnsigned(flag)) return "INTEGER";
  if (IsReal(flag)) return "NUMBER";
  if (flag.IsOfType<std::string>()) return "TEXT";
  if (flag.IsOfType<std::vector<std::string>>()) return "LIST";
  return "VALUE";
}

// Breaks at spaces; a word that is longer than a line stays whole. Line breaks of the text are kept.
void AppendWrapped(absl::string_view text, size_t indent, std::string* out) {
  for (absl::string_view paragraph : absl::StrSplit(text, '\n')) {
    size_t column = 0;
    for (absl::string_view word : absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
      if (column > 0 && column + 1 + word.size() > kColumns) {
        out->push_back('\n');
        column = 0;
      }
      if (column == 0) {
        out->append(indent, ' ');
        column = indent;
      } else {
        out->push_back(' ');
        ++column;
      }
      absl::StrAppend(out, word);
      column += word.size();
    }
    out->push_back('\n');
  }
}

void AppendFlag(const absl::CommandLineFlag& flag, std::string* out) {
  const std::string spelling = Spelling(flag.Name());
  const std::string short_form = flag.Name() == "dry_run" ? "-n, " : "";
  const std::string value = flag.DefaultValue();
  if (flag.IsOfType<bool>()) {
    absl::StrAppend(out, "  ", short_form, "--[no]", spelling.substr(2), "  (default ", value, ")\n");
  } else if (value.empty()) {
    absl::StrAppend(out, "  ", spelling, "=", TypeName(flag), "  (no default)\n");
  } else {
    absl::StrAppend(out, "  ", spelling, "=", TypeName(flag), "  (default ", value, ")\n");
  }
  AppendWrapped(flag.Help(), 6, out);
}

}  // namespace

std::string Spelling(absl::string_view flag_name) {
  return absl::StrCat("--", absl::StrReplaceAll(flag_name, {{"_", "-"}}));
}

std::string AllowedValues(const absl::CommandLineFlag& flag) {
  if (flag.IsOfType<bool>()) return "true or false";
  if (flag.IsOfType<int32_t>()) return WholeNumber<int32_t>();
  if (flag.IsOfType<int64_t>()) return WholeNumber<int64_t>();
  if (flag.IsOfType<uint32_t>()) return WholeNumber<uint32_t>();
  if (flag.IsOfType<uint64_t>()) return WholeNumber<uint64_t>();
  if (IsReal(flag)) return "a finite number like 0.5 or 1e-3";
  if (flag.IsOfType<std::vector<std::string>>()) return "a list with commas";
  return "another value";
}

std::vector<std::string> AllFlagNames() {
  std::vector<std::string> names;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!flag->IsRetired()) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string HelpText(const Program& program) {
  std::string out =
      absl::StrCat(program.name, ": ", program.summary, "\n\nUsage: ", program.name, " [--flag=value ...]\n");
  if (!program.examples.empty()) absl::StrAppend(&out, "\nExamples:\n");
  for (const Example& example : program.examples) {
    absl::StrAppend(&out, "  ", example.command, "\n");
    if (!example.meaning.empty()) AppendWrapped(example.meaning, 6, &out);
  }

  std::set<std::string> listed;
  for (const FlagGroup& group : program.groups) {
    absl::StrAppend(&out, "\n", group.title, ":\n");
    for (const std::string& name : group.flags) {
      const absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
      SG_CHECK(flag != nullptr) << "[HelpText] group \"" << group.title << "\" of " << program.name
                                << " names the flag \"" << name << "\", which the binary does not define";
      AppendFlag(*flag, &out);
      listed.insert(name);
    }
  }
  absl::StrAppend(&out, "\nOther:\n");
  for (const std::string& name : AllFlagNames()) {
    if (listed.count(name) == 0) AppendFlag(*absl::FindCommandLineFlag(name), &out);
  }
  absl::StrAppend(&out,
                  "  -h, --help\n      Prints this text.\n"
                  "  --version\n      Prints the version.\n"
                  "\nFlags may be written with dashes or underscores, and as --flag=value or --flag value.\n");
  return out;
}

}  // namespace sg::cli
