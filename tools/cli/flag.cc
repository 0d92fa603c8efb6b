#include "tools/cli/flag.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/flags/marshalling.h"
#include "absl/flags/reflection.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sg::cli {
namespace {

using absl::string_view;

FlagType TypeOf(const absl::CommandLineFlag& flag) {
  if (flag.IsOfType<bool>()) return FlagType::kBool;
  if (flag.IsOfType<int32_t>()) return FlagType::kInt32;
  if (flag.IsOfType<int64_t>()) return FlagType::kInt64;
  if (flag.IsOfType<uint32_t>()) return FlagType::kUint32;
  if (flag.IsOfType<uint64_t>()) return FlagType::kUint64;
  if (flag.IsOfType<float>() || flag.IsOfType<double>()) return FlagType::kReal;
  if (flag.IsOfType<std::string>()) return FlagType::kText;
  if (flag.IsOfType<std::vector<std::string>>()) return FlagType::kList;
  return FlagType::kOther;
}

template <typename T>
std::string WholeNumber() {
  return absl::StrCat("a whole number from ", std::numeric_limits<T>::min(), " to ", std::numeric_limits<T>::max());
}

std::string AllowedValues(FlagType type) {
  switch (type) {
    case FlagType::kBool: return "true or false";
    case FlagType::kInt32: return WholeNumber<int32_t>();
    case FlagType::kInt64: return WholeNumber<int64_t>();
    case FlagType::kUint32: return WholeNumber<uint32_t>();
    case FlagType::kUint64: return WholeNumber<uint64_t>();
    case FlagType::kReal: return "a finite number like 0.5 or 1e-3";
    case FlagType::kList: return "a list with commas";
    case FlagType::kText:
    case FlagType::kOther: return "another value";
  }
  return "";
}

template <typename T>
bool Parses(string_view text) {
  T value;
  std::string error;
  return absl::ParseFlag(text, &value, &error);
}

// As an ABSL_FLAG of that type would take it.
bool Parses(FlagType type, string_view text) {
  switch (type) {
    case FlagType::kBool: return Parses<bool>(text);
    case FlagType::kInt32: return Parses<int32_t>(text);
    case FlagType::kInt64: return Parses<int64_t>(text);
    case FlagType::kUint32: return Parses<uint32_t>(text);
    case FlagType::kUint64: return Parses<uint64_t>(text);
    case FlagType::kReal: return Parses<double>(text);
    case FlagType::kText: return true;
    case FlagType::kList:
    case FlagType::kOther: return false;
  }
  return false;
}

}  // namespace

Flag::Flag(absl::CommandLineFlag* declared) : name_(declared->Name()), type_(TypeOf(*declared)), declared_(declared) {}

Flag::Flag(const ListedFlag& listed) : name_(listed.name), type_(listed.type), listed_(&listed) {}

std::string Flag::default_value() const { return listed() ? listed_->default_value : declared_->DefaultValue(); }

std::string Flag::help() const { return listed() ? listed_->help : declared_->Help(); }

bool Flag::Set(string_view text, std::string* expected) const {
  *expected = listed() && !listed_->expected.empty() ? listed_->expected : AllowedValues(type_);
  double number;
  if (type_ == FlagType::kReal && absl::SimpleAtod(text, &number) && !std::isfinite(number)) return false;
  if (listed()) return Parses(type_, text);
  std::string error;
  if (declared_->ParseFrom(text, &error)) return true;
  // absl's message is "Illegal value '...' specified for flag '...'". For a type of the program's, "; " and what its
  // AbslParseFlag says follow.
  const size_t own = error.find("'; ");
  if (own != std::string::npos) *expected = error.substr(own + 3);
  return false;
}

std::vector<Flag> AllFlags(const Program& program) {
  std::vector<Flag> flags(program.flags.begin(), program.flags.end());
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (!flag->IsRetired()) flags.emplace_back(flag);
  }
  std::sort(flags.begin(), flags.end(), [](const Flag& a, const Flag& b) { return a.name() < b.name(); });
  return flags;
}

absl::optional<Flag> FindFlag(const Program& program, string_view name) {
  for (const ListedFlag& flag : program.flags) {
    if (flag.name == name) return Flag(flag);
  }
  absl::CommandLineFlag* flag = name.empty() ? nullptr : absl::FindCommandLineFlag(name);
  if (flag == nullptr || flag->IsRetired()) return absl::nullopt;
  return Flag(flag);
}

}  // namespace sg::cli
