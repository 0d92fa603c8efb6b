// Another value for any field of the configuration, for tests that walk the list of fields.
#ifndef TESTS_GAN_CONFIG_CHANGE_FIELD_H_
#define TESTS_GAN_CONFIG_CHANGE_FIELD_H_

#include <string>
#include <type_traits>
#include <vector>

#include "gan/config/config.h"
#include "gan/config/enums.h"
#include "gan/config/fields.h"
#include "gan/config/validate.h"
#include "gtest/gtest.h"

namespace sg::gan {

// Values that the field may have; the relations between fields exclude some.
template <typename T>
std::vector<T> PossibleValues(const T& value, const Field& field) {
  std::vector<T> values;
  if constexpr (std::is_enum_v<T>) {
    for (const NamedValue<T>& named : EnumTable<T>::kValues) values.push_back(named.value);
  } else if constexpr (std::is_same_v<T, bool>) {
    values = {!value};
  } else if constexpr (std::is_arithmetic_v<T>) {
    values = {static_cast<T>(2 * value), static_cast<T>(value + 1), static_cast<T>(value / 2)};
    if (field.range()) values.push_back(static_cast<T>(field.range()->high));
  } else {
    values = {"another"};
  }
  return values;
}

// The valid configuration that differs from `config` only in the field of that name.
inline TrainConfig ChangeField(TrainConfig config, const std::string& name) {
  bool changed = false;
  ForEachField(config, [&](auto& value, const Field& field) {
    if (name != field.name()) return;
    const auto before = value;
    for (const auto& other : PossibleValues(before, field)) {
      if (changed) break;
      value = other;
      changed = value != before && Validate(config).ok();
    }
  });
  EXPECT_TRUE(changed) << name;
  return config;
}

}  // namespace sg::gan

#endif  // TESTS_GAN_CONFIG_CHANGE_FIELD_H_
