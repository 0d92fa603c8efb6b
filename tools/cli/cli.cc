#include "tools/cli/cli.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "engine/base/version.h"
#include "engine/io/printable.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/flag.h"
#include "tools/cli/help.h"
#include "tools/cli/shell_word.h"
#include "tools/cli/suggest.h"
#include "tools/cli/typographic_dash.h"

namespace sg::cli {
namespace {

using absl::string_view;

constexpr char kDryRun[] = "dry_run";

// The user's text may contain control characters, which a terminal would execute.
std::string Quoted(string_view text) { return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\""); }

std::string WithUnderscores(string_view name) { return absl::StrReplaceAll(name, {{"-", "_"}}); }

// Whether a token can be the value of the flag before it.
bool LooksLikeValue(string_view token) {
  double number;
  return token.empty() || token[0] != '-' || token == "-" || absl::SimpleAtod(token, &number);
}

class Parser {
 public:
  Parser(const Program& program, std::vector<string_view> tokens) : program_(program), tokens_(std::move(tokens)) {}

  // Returns an empty text, or one sentence about the first mistake.
  std::string Run() {
    while (next_ < tokens_.size()) {
      const std::string error = Step(tokens_[next_++]);
      if (!error.empty()) return error;
    }
    return "";
  }

  std::vector<std::string> TakeGiven() { return std::move(given_); }
  std::map<std::string, std::string> TakeValues() { return std::move(values_); }

 private:
  absl::optional<Flag> Find(string_view name) const { return FindFlag(program_, name); }

  // The Boolean flag "mirror" for "nomirror" and "no_mirror".
  absl::optional<Flag> FindNegated(string_view name) const {
    if (!absl::ConsumePrefix(&name, "no")) return absl::nullopt;
    absl::ConsumePrefix(&name, "_");
    absl::optional<Flag> flag = Find(name);
    return flag && flag->type() == FlagType::kBool ? flag : absl::nullopt;
  }

  std::string Step(string_view token) {
    if (token == "--") return next_ < tokens_.size() ? BareArgument(tokens_[next_]) : "";
    const string_view before_value = token.substr(0, token.find('='));
    if (const std::string plain = WithPlainDashes(before_value); plain != before_value && plain[0] == '-') {
      return WrongDash(token, plain.substr(std::min(plain.find_first_not_of('-'), plain.size())));
    }
    if (token.size() < 2 || token[0] != '-') return BareArgument(token);
    if (token == "-n") {
      if (const absl::optional<Flag> dry_run = Find(kDryRun)) return Set(*dry_run, "true");
    }

    const size_t equals = token.find('=');
    const string_view spelled = token.substr(0, equals);
    const bool has_value = equals != string_view::npos;
    const string_view value = has_value ? token.substr(equals + 1) : "";
    const std::string name = WithUnderscores(absl::StripPrefix(absl::StripPrefix(spelled, "-"), "-"));

    if (has_value && (name == "help" || name == "version" || spelled == "-h")) {
      return absl::StrCat(spelled, " takes no value; write ", spelled);
    }
    if (!absl::StartsWith(spelled, "--")) return UnknownFlag(spelled, name);
    if (const absl::optional<Flag> flag = Find(name)) {
      if (has_value) return Set(*flag, value);
      if (flag->type() == FlagType::kBool) return Set(*flag, "true");
      if (next_ == tokens_.size() || !LooksLikeValue(tokens_[next_])) return NeedsValue(*flag);
      return Set(*flag, tokens_[next_++]);
    }
    if (const absl::optional<Flag> flag = FindNegated(name)) {
      if (has_value) return absl::StrCat(spelled, " takes no value; write ", Spelling(flag->name()), "=true or =false");
      return Set(*flag, "false");
    }
    return UnknownFlag(spelled, name);
  }

  std::string Set(const Flag& flag, string_view given) {
    // Usually an unset variable of the shell, which the default would hide. A list may be empty.
    if (given.empty() && flag.type() != FlagType::kList) return IsEmpty(flag);
    const std::string value = flag.type() == FlagType::kText ? ExpandTilde(std::string(given)) : std::string(given);
    const auto [before, is_first] = texts_.emplace(flag.name(), value);
    if (is_first) given_.push_back(flag.name());
    if (before->second != value) {
      return absl::StrCat(Spelling(flag.name()), " is given twice, as ", Quoted(before->second), " and as ",
                          Quoted(value));
    }
    last_ = flag;
    if (std::string expected; !flag.Set(value, &expected)) {
      const std::string plain = WithPlainDashes(value);
      return absl::StrCat(Spelling(flag.name()), ": ", Quoted(value), " is not allowed; expected ", expected,
                          plain == value ? "" : absl::StrCat("; ", DashAdvice(absl::CHexEscape(plain))));
    }
    if (flag.listed()) values_[flag.name()] = value;
    return "";
  }

  static std::string IsEmpty(const Flag& flag) {
    const std::string value = flag.default_value();
    std::string expected;
    if (flag.type() != FlagType::kText) flag.Set("", &expected);  // fails, and tells what it takes
    return absl::StrCat(Spelling(flag.name()), " is empty; ",
                        expected.empty() ? "" : absl::StrCat("give ", expected, ", or "), "leave it out",
                        value.empty() ? "" : absl::StrCat(" for the default, ", Quoted(value)));
  }

  // A token with a dash that a web page or a document has put in place of one or two from the keyboard.
  std::string WrongDash(string_view token, const std::string& plain_name) const {
    const string_view value = token.substr(std::min(token.find('='), token.size()));
    const char* const dashes = plain_name.size() == 1 ? "-" : "--";
    return absl::StrCat(Quoted(token), " is no flag; ",
                        DashAdvice(absl::StrCat(dashes, ShellWord(absl::StrCat(plain_name, value)))));
  }

  std::string UnknownFlag(string_view token_without_value, string_view name) const {
    std::vector<std::string> candidates;
    for (const Flag& flag : AllFlags(program_)) candidates.push_back(flag.name());
    candidates.insert(candidates.end(), {"help", "version"});
    const std::string closest = ClosestName(name, candidates);
    std::string message = absl::StrCat("unknown flag ", absl::Utf8SafeCHexEscape(token_without_value));
    if (!closest.empty()) absl::StrAppend(&message, "; did you mean ", Spelling(closest), "?");
    return message;
  }

  std::string NeedsValue(const Flag& flag) const {
    std::string message = absl::StrCat(Spelling(flag.name()), " needs a value");
    if (next_ < tokens_.size()) {
      absl::StrAppend(&message, "; one that starts with a dash is written ", Spelling(flag.name()), "=",
                      ShellWord(std::string(tokens_[next_])));
    }
    return message;
  }

  std::string BareArgument(string_view argument) const {
    std::string message = absl::StrCat("unexpected argument ", Quoted(argument));
    const std::string word = argument.empty() ? "" : ShellWord(std::string(argument));
    const std::string name = WithUnderscores(argument.substr(0, argument.find('=')));
    bool truth;
    if (absl::StrContains(argument, '=') && Find(name)) {
      absl::StrAppend(&message, "; did you mean --", word, "?");
    } else if (last_ && last_->type() == FlagType::kBool && absl::SimpleAtob(argument, &truth)) {
      absl::StrAppend(&message, "; did you mean ", Spelling(last_->name()), "=", word, "?");
    } else if (!program_.main_flag.empty() && !argument.empty()) {
      absl::StrAppend(&message, "; did you mean ", Spelling(program_.main_flag), "=", word, "?");
    } else {
      absl::StrAppend(&message, "; every input is a flag");
    }
    return message;
  }

  const Program& program_;
  const std::vector<string_view> tokens_;
  size_t next_ = 0;
  absl::optional<Flag> last_;
  std::vector<std::string> given_;
  std::map<std::string, std::string> texts_;   // of all given flags
  std::map<std::string, std::string> values_;  // of the program's own
};

}  // namespace

bool ParseResult::Given(string_view name) const { return std::find(given.begin(), given.end(), name) != given.end(); }

ParseResult Parse(const Program& program, int argc, const char* const* argv) {
  const std::vector<string_view> tokens(argv + std::min(argc, 1), argv + argc);
  ParseResult result;
  // A mistake elsewhere on the command line does not keep the user from the help.
  for (string_view token : tokens) {
    if (token == "--") break;
    if (token == "-h" || token == "--help") {
      std::fputs(HelpText(program).c_str(), stdout);
      result.exit_code = kExitOk;
      return result;
    }
    if (token == "--version") {
      std::printf("%s (stylegan2.cpp) %s\n", program.name.c_str(), kVersion);
      result.exit_code = kExitOk;
      return result;
    }
  }
  Parser parser(program, tokens);
  const std::string error = parser.Run();
  result.given = parser.TakeGiven();
  result.values = parser.TakeValues();
  if (!error.empty()) result.exit_code = UsageError(program, error);
  return result;
}

int Fail(const Program& program, int exit_code, const absl::Status& status) {
  std::fputs(absl::StrCat(program.name, ": ", io::Printable(status.message()), "\n").c_str(), stderr);
  return exit_code;
}

int UsageError(const Program& program, string_view message) {
  const std::string text = absl::StrCat(program.name, ": ", io::Printable(message), "\nRun \"", program.name,
                                        " --help\" for examples and all flags.\n");
  std::fputs(text.c_str(), stderr);
  return kExitUsage;
}

}  // namespace sg::cli
