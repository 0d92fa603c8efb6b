// Walks the list of fields: what holds for one must hold for all, including those that will be added.
#include "gan/config/fields.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/config/validate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/config/change_field.h"

namespace sg::gan {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::StartsWith;

std::vector<std::string> Names() {
  std::vector<std::string> names;
  const TrainConfig config;
  ForEachField(config, [&](const auto&, const Field& field) { names.emplace_back(field.name()); });
  return names;
}

// The places of the JSON text at which two configurations differ.
std::vector<std::string> Differences(const TrainConfig& a, const TrainConfig& b) {
  const Json before = Json::parse(ToJson(a)).flatten(), after = Json::parse(ToJson(b)).flatten();
  std::vector<std::string> places;
  for (const auto& item : before.items()) {
    if (item.value() != after.at(item.key())) places.push_back(item.key());
  }
  return places;
}

// The place of the field in the JSON text.
std::string PlaceOf(const std::string& name) {
  const Json json = Json::parse(ToJson(TrainConfig())).flatten();
  for (const auto& item : json.items()) {
    if (Json::json_pointer(item.key()).back() == name) return item.key();
  }
  ADD_FAILURE() << name;
  return "";
}

std::string JsonError(const std::string& json) { return std::string(TrainConfigFromJson(json).status().message()); }

TEST(Fields, NamesAndFlagsAreUnique) {
  std::set<std::string> names, flags;
  const TrainConfig config;
  ForEachField(config, [&](const auto&, const Field& field) {
    EXPECT_TRUE(names.insert(field.name()).second) << field.name();
    if (!field.flag()) return;
    EXPECT_TRUE(flags.insert(field.flag()->name).second) << field.flag()->name;
    EXPECT_THAT(field.flag()->help, EndsWith(".")) << field.name();
  });
}

TEST(Fields, NumbersHaveARangeThatHoldsTheDefault) {
  const TrainConfig config;
  ForEachField(config, [&](const auto& value, const Field& field) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (field.name() == std::string("seed")) return;  // every number is a seed
      ASSERT_TRUE(field.range().has_value()) << field.name();
      EXPECT_LE(field.range()->low, value) << field.name();
      EXPECT_GE(field.range()->high, value) << field.name();
    }
  });
}

TEST(Fields, EveryFieldSurvivesJson) {
  for (const std::string& name : Names()) {
    const TrainConfig config, changed = ChangeField(config, name);
    EXPECT_THAT(Differences(config, changed), ElementsAre(PlaceOf(name)));
    const absl::StatusOr<TrainConfig> back = TrainConfigFromJson(ToJson(changed));
    ASSERT_TRUE(back.ok()) << name << ": " << back.status();
    EXPECT_EQ(ToJson(*back), ToJson(changed)) << name;
  }
}

// Both Validate and JSON name the field.
TEST(Fields, ValuesOutsideTheRangeAreRefused) {
  for (const std::string& name : Names()) {
    TrainConfig config;
    ForEachField(config, [&](auto& value, const Field& field) {
      using T = std::decay_t<decltype(value)>;
      if constexpr (std::is_arithmetic_v<T>) {
        if (name != field.name() || !field.range()) return;
        for (const double wrong : {field.range()->low - 1, field.range()->high + 1}) {
          value = static_cast<T>(wrong);
          const absl::Status status = Validate(config);
          EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
          EXPECT_THAT(std::string(status.message()), StartsWith(field.Label() + " is "));
          EXPECT_THAT(JsonError(ToJson(config)), StartsWith(field.Label() + " is "));
        }
        if constexpr (std::is_same_v<T, double>) {
          value = std::numeric_limits<double>::quiet_NaN();
          EXPECT_THAT(std::string(Validate(config).message()), StartsWith(field.Label() + " is nan"));
        }
      }
    });
  }
}

TEST(Fields, NamesThatAnEnumLacksAreRefused) {
  int enums = 0;
  const TrainConfig config;
  ForEachField(config, [&](const auto& value, const Field& field) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_enum_v<T>) {
      ++enums;
      Json json = Json::parse(ToJson(config));
      json[Json::json_pointer(PlaceOf(field.name()))] = "no such name";
      EXPECT_EQ(JsonError(json.dump()),
                std::string(field.name()) + " is \"no such name\", must be " + EnumChoices<T>());
    }
  });
  EXPECT_EQ(enums, 11);
}

// A file of version n has the fields since version n or earlier; the others get the defaults of TrainConfig.
TEST(Fields, FilesOfEarlierVersionsLoad) {
  for (int version = 1; version <= kFieldsVersion; ++version) {
    const TrainConfig config;
    Json json = Json::parse(ToJson(config));
    json["version"] = version;
    if (version == 1) json.erase("version");
    int later = 0;
    ForEachField(config, [&](const auto&, const Field& field) {
      EXPECT_LE(field.since(), kFieldsVersion) << field.name();
      if (field.since() <= version) return;
      ++later;
      const Json::json_pointer place(PlaceOf(field.name()));
      json[place.parent_pointer()].erase(place.back());
    });
    EXPECT_EQ(later > 0, version < kFieldsVersion);
    const absl::StatusOr<TrainConfig> old = TrainConfigFromJson(json.dump());
    ASSERT_TRUE(old.ok()) << version << ": " << old.status();
    EXPECT_EQ(ToJson(*old), ToJson(config));
  }
}

// The network, and whatever a checkpoint's state depends on.
TEST(Fields, AResumedRunKeepsTheNetwork) {
  ModelConfig model;
  const auto expect_fixed = [](const auto&, const Field& field) {
    EXPECT_TRUE(field.fixed_on_resume()) << field.name();
  };
  VisitModelFields(expect_fixed, model);
}

}  // namespace
}  // namespace sg::gan
