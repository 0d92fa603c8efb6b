#include "gan/data/convert/label_problems.h"

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/io/printable.h"
#include "gan/data/labels.h"
#include "gan/data/source_labels.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMaxLabelFileBytes = int64_t{1} << 28;

std::string WithSlashes(const std::string& name) { return absl::StrReplaceAll(name, {{"\\", "/"}}); }

// Collects the first text of each entry of "labels", however odd the rest is.
class NamesHandler final : public nlohmann::json_sax<Json> {
 public:
  explicit NamesHandler(std::map<std::string, int64_t>* names) : names_(*names) {}

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(int64_t) override { return Value(); }
  bool number_unsigned(uint64_t) override { return Value(); }
  bool number_float(double, const std::string&) override { return Value(); }
  bool binary(Json::binary_t&) override { return Value(); }
  bool string(std::string& text) override {
    if (in_labels_ && depth_ == 3 && elements_ == 0) ++names_[WithSlashes(text)];
    return Value();
  }
  bool key(std::string& name) override {
    if (depth_ == 1) in_labels_ = name == "labels";
    return true;
  }
  bool start_object(size_t) override { return Start(); }
  bool start_array(size_t) override { return Start(); }
  bool end_object() override { return End(); }
  bool end_array() override { return End(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool Value() {
    if (depth_ == 3) ++elements_;
    return true;
  }
  bool Start() {
    if (++depth_ == 3) elements_ = 0;
    return true;
  }
  bool End() {
    --depth_;
    return Value();
  }

  std::map<std::string, int64_t>& names_;
  int64_t depth_ = 0, elements_ = 0;
  bool in_labels_ = false;
};

}  // namespace

std::vector<std::string> LabelProblems(const ImageSource& source) {
  std::vector<std::string> problems;
  const auto add = [&](const std::string& what, const std::string& name, const char* rest = "") {
    problems.push_back(absl::StrCat(kLabelFile, ": ", what, io::Printable(name), rest));
  };
  const absl::StatusOr<std::string> json = source.ReadOther(kLabelFile, kMaxLabelFileBytes);
  if (absl::IsNotFound(json.status())) return problems;
  if (!json.ok()) return {std::string(json.status().message())};
  const std::vector<std::string> paths = source.Paths();
  const absl::Status status = LabelsFromJson(*json, paths).status();
  if (absl::IsNotFound(status)) return problems;
  std::map<std::string, int64_t> names;
  NamesHandler handler(&names);
  Json::sax_parse(json->begin(), json->end(), &handler);
  for (const std::string& path : paths) {
    const auto found = names.find(WithSlashes(path));
    if (found == names.end()) {
      add("no label of ", path);
      continue;
    }
    if (found->second > 1) add("two labels of ", path);
    names.erase(found);
  }
  for (const auto& [name, count] : names) add("a label of ", name, ", which is not there");
  // What concerns single names is told already.
  const absl::string_view message = status.message();
  if (!status.ok() && !absl::StartsWith(message, "it has no label of ") &&
      !absl::StartsWith(message, "two labels of ")) {
    problems.insert(problems.begin(), absl::StrCat(kLabelFile, ": ", message));
  }
  return problems;
}

}  // namespace sg::gan
