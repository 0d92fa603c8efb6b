#include "gan/config/json.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/config/enums.h"
#include "gan/config/fields.h"
#include "gan/config/validate.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

// Members in the order of the fields. It searches all of them for each new one, so it is only for writing.
using OrderedJson = nlohmann::ordered_json;
using Json = nlohmann::json;

class Writer {
 public:
  Writer() { root_["version"] = kFieldsVersion; }

  template <typename T>
  void operator()(const T& value, const Field& field) {
    if constexpr (std::is_enum_v<T>) {
      (*current_)[field.name()] = EnumName(value);
    } else {
      (*current_)[field.name()] = value;
    }
  }
  template <typename Visit>
  void Section(const char* name, Visit visit) {
    OrderedJson* outer = current_;
    current_ = &(*outer)[name];
    visit();
    current_ = outer;
  }
  // Replaces bytes that are not UTF-8, as in the name of a file, where dump() would throw otherwise.
  std::string Text() const { return root_.dump(2, ' ', false, OrderedJson::error_handler_t::replace); }

 private:
  OrderedJson root_;
  OrderedJson* current_ = &root_;
};

// A parser callback that keeps every value, and notices a name that an object has twice. The parser itself would take
// the last value without a word.
class DuplicateFinder {
 public:
  bool operator()(int /*depth*/, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key) {
      const std::string& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second && !found_) found_ = name;
    }
    return true;
  }
  const std::optional<std::string>& found() const { return found_; }  // the first

 private:
  std::vector<std::set<std::string>> names_;  // of the objects around the place
  std::optional<std::string> found_;
};

class Reader {
 public:
  explicit Reader(const Json& root) : current_(&root) {}

  // Call it before the fields. Files of the first version have no version. In a file of version n, every field of
  // version n must be present and no field of a later version.
  void ReadVersion() {
    if (!current_->contains("version")) return;
    Read(&version_, "version");
    if (version_ < 2 || version_ > kFieldsVersion) {
      Fail(absl::StrCat("version is ", version_, ", must be from 2 to ", kFieldsVersion,
                        ", or missing in a file of the first version"));
      version_ = kFieldsVersion;
    }
  }

  template <typename T>
  void operator()(T& value, const Field& field) {
    if (version_ >= field.since()) Read(&value, field.name());
  }

  template <typename Visit>
  void Section(const char* name, Visit visit) {
    const Json* section = Take(name);
    if (section == nullptr) return;
    if (!section->is_object()) return FailType(name);
    const Json* outer = std::exchange(current_, section);
    std::set<std::string> outer_taken = std::exchange(taken_, {});
    visit();
    RefuseUnknownFields();
    current_ = outer;
    taken_ = std::move(outer_taken);
  }

  // Fails unless every field of the current object was read.
  void RefuseUnknownFields() {
    for (const auto& item : current_->items()) {
      if (taken_.count(item.key()) == 0) Fail(absl::StrCat("unknown field \"", item.key(), "\""));
    }
  }
  // The first error.
  const absl::Status& status() const { return status_; }

 private:
  template <typename T>
  void Read(T* value, const char* name) {
    const Json* json = Take(name);
    if (json == nullptr) return;
    if (!Fits<T>(*json)) return FailType(name);
    if constexpr (std::is_enum_v<T>) {
      const absl::StatusOr<T> parsed = ParseEnum<T>(name, json->get<std::string>());
      if (parsed.ok()) {
        *value = *parsed;
      } else if (status_.ok()) {
        status_ = parsed.status();
      }
    } else {
      *value = json->get<T>();
    }
  }

  template <typename T>
  static bool Fits(const Json& json) {
    if constexpr (std::is_enum_v<T> || std::is_same_v<T, std::string>) {
      return json.is_string();
    } else if constexpr (std::is_same_v<T, bool>) {
      return json.is_boolean();
    } else if constexpr (std::is_integral_v<T>) {
      // Checks the range of the widest type before the value is narrowed.
      return json.is_number_integer() && (!json.is_number_unsigned() || json.get<uint64_t>() <= INT64_MAX) &&
             static_cast<T>(json.get<int64_t>()) == json.get<int64_t>();
    } else {
      return json.is_number();
    }
  }

  const Json* Take(const char* name) {
    const auto it = current_->find(name);
    if (it == current_->end()) {
      Fail(absl::StrCat("field \"", name, "\" is missing"));
      return nullptr;
    }
    taken_.insert(name);
    return &*it;
  }
  void FailType(const char* name) { Fail(absl::StrCat("field \"", name, "\" has the wrong type")); }
  void Fail(const std::string& what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat("configuration: ", what));
  }

  const Json* current_;
  std::set<std::string> taken_;  // fields of the current object
  int version_ = 1;
  absl::Status status_;
};

}  // namespace

std::string ToJson(const TrainConfig& config) {
  Writer writer;
  VisitFields(writer, config);
  return writer.Text();
}

absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json) {
  constexpr size_t kMaxBytes = 1 << 20;
  if (json.size() > kMaxBytes) return absl::InvalidArgumentError("configuration: more than 1 MiB of JSON");
  DuplicateFinder duplicates;
  const Json root = Json::parse(json.begin(), json.end(), std::ref(duplicates), /*allow_exceptions=*/false);
  if (!root.is_object()) return absl::InvalidArgumentError("configuration: not a JSON object");
  if (duplicates.found()) {
    return absl::InvalidArgumentError(
        absl::StrCat("configuration: field \"", *duplicates.found(), "\" is there twice"));
  }
  TrainConfig config;
  Reader reader(root);
  reader.ReadVersion();
  VisitFields(reader, config);
  reader.RefuseUnknownFields();
  if (!reader.status().ok()) return reader.status();
  const absl::Status valid = Validate(config);
  if (!valid.ok()) return valid;
  return config;
}

}  // namespace sg::gan
