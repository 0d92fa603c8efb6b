// What is known about a field of the configuration, apart from its type and value. fields.h lists all fields.
//
//   Field("batch").Between(2, 1 << 16).FixedOnResume().Flag("batch", FieldGroup::kTraining, "Images per step.")
#ifndef GAN_CONFIG_FIELD_H_
#define GAN_CONFIG_FIELD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "gan/config/enums.h"

namespace sg::gan {

// The headings of --help that have flags of fields, in the order in which it shows them.
enum class FieldGroup { kData, kOutput, kTraining, kNetworks, kLosses, kAugmentation, kOptimizer, kHardware };

template <>
struct EnumTable<FieldGroup> {
  static constexpr NamedValue<FieldGroup> kValues[] = {
      {FieldGroup::kData, "Data"},           {FieldGroup::kOutput, "Output"},
      {FieldGroup::kTraining, "Training"},   {FieldGroup::kNetworks, "Networks"},
      {FieldGroup::kLosses, "Losses"},       {FieldGroup::kAugmentation, "Augmentation"},
      {FieldGroup::kOptimizer, "Optimizer"}, {FieldGroup::kHardware, "Hardware"}};
};

// Both ends belong to it. A double holds the bounds of whole numbers exactly.
struct FieldRange {
  double low, high;
};

// "from 2 to 65536", for values of type T.
template <typename T>
std::string RangeText(const FieldRange& range) {
  using Wide = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
  return absl::StrCat("from ", static_cast<Wide>(range.low), " to ", static_cast<Wide>(range.high));
}

struct FieldFlag {
  const char* name;  // with underscores, as in ABSL_FLAG
  FieldGroup group;
  const char* help;  // whole sentences; --help adds the names of an enum
};

// Everything about a field apart from its type and value.
class Field {
 public:
  // `name`: in JSON and in error messages.
  explicit Field(const char* name) : name_(name) {}

  Field& Between(double low, double high) {
    range_ = FieldRange{low, high};
    return *this;
  }
  Field& Since(int version) {
    since_ = version;
    return *this;
  }
  // A resumed run must have the value of its checkpoint.
  Field& FixedOnResume() {
    fixed_on_resume_ = true;
    return *this;
  }
  Field& Flag(const char* name, FieldGroup group, const char* help) {
    flag_ = FieldFlag{name, group, help};
    return *this;
  }

  const char* name() const { return name_; }
  // For errors: the name, and the flag where its name is another: "r1_gamma (--gamma)".
  std::string Label() const {
    if (!flag_ || flag_->name == absl::string_view(name_)) return name_;
    return absl::StrCat(name_, " (--", absl::StrReplaceAll(flag_->name, {{"_", "-"}}), ")");
  }
  const std::optional<FieldRange>& range() const { return range_; }  // of numbers; none: every value of the type
  int since() const { return since_; }  // the first version of the list with this field; older files get the default
  bool fixed_on_resume() const { return fixed_on_resume_; }
  const std::optional<FieldFlag>& flag() const { return flag_; }  // none: only JSON and presets set the field

 private:
  const char* name_;
  std::optional<FieldRange> range_;
  int since_ = 1;
  bool fixed_on_resume_ = false;
  std::optional<FieldFlag> flag_;
};

}  // namespace sg::gan

#endif  // GAN_CONFIG_FIELD_H_
