#include "tools/cli/help.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "engine/base/check.h"
#include "tools/cli/flag.h"

namespace sg::cli {
namespace {

constexpr size_t kColumns = 80;

// The right half of "--batch=INTEGER".
std::string TypeName(FlagType type) {
  switch (type) {
    case FlagType::kInt32:
    case FlagType::kInt64:
    case FlagType::kUint32:
    case FlagType::kUint64: return "INTEGER";
    case FlagType::kReal: return "NUMBER";
    case FlagType::kText: return "TEXT";
    case FlagType::kList: return "LIST";
    case FlagType::kBool:
    case FlagType::kOther: return "VALUE";
  }
  return "";
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

void AppendFlag(const Flag& flag, std::string* out) {
  const std::string spelling = Spelling(flag.name());
  const std::string short_form = flag.name() == "dry_run" ? "-n, " : "";
  const std::string value = flag.default_value();
  if (flag.type() == FlagType::kBool) {
    absl::StrAppend(out, "  ", short_form, "--[no]", spelling.substr(2), "  (default ", value, ")\n");
  } else if (value.empty()) {
    absl::StrAppend(out, "  ", spelling, "=", TypeName(flag.type()), "  (no default)\n");
  } else {
    absl::StrAppend(out, "  ", spelling, "=", TypeName(flag.type()), "  (default ", value, ")\n");
  }
  AppendWrapped(flag.help(), 6, out);
}

}  // namespace

std::string Spelling(absl::string_view flag_name) {
  return absl::StrCat("--", absl::StrReplaceAll(flag_name, {{"_", "-"}}));
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
      const absl::optional<Flag> flag = FindFlag(program, name);
      SG_CHECK(flag.has_value()) << "[HelpText] group \"" << group.title << "\" of " << program.name
                                 << " names the flag \"" << name << "\", which does not exist";
      AppendFlag(*flag, &out);
      listed.insert(name);
    }
  }
  absl::StrAppend(&out, "\nOther:\n");
  for (const Flag& flag : AllFlags(program)) {
    if (listed.count(flag.name()) == 0) AppendFlag(flag, &out);
  }
  absl::StrAppend(&out,
                  "  -h, --help\n      Prints this text.\n"
                  "  --version\n      Prints the version.\n"
                  "\nFlags may be written with dashes or underscores, and as --flag=value or --flag value.\n"
                  "A text that starts with ~ is a path in a home folder: --flag=~/name.\n");
  return out;
}

}  // namespace sg::cli
