#include "gan/config_json.h"

#include <cmath>
#include <string>

#include "gan/config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

// No field has its default value.
TrainConfig Unusual() {
  TrainConfig c;
  c.preset = "mine";
  c.model = {128, 7, 3, 5, 6, 99, "rms", false, 1.25, 0.1, "fir", false, 2, true, false};
  c.loss = {"logistic", 0.1, 16, 2.5, 8, int64_t{1} << 35, 0.5, true, 0.25, 3};
  c.optimizer = {0.002, 1e-7, 0.5, 0.9, 3, 20, 0.1};
  c.data = "C:\\images \"\xc3\xa9\".zip";
  c.mirror = true;
  c.on_bad_image = "skip";
  c.batch = 12;
  c.grad_accum = 3;
  c.kimg = 0.1;
  c.seed = -9'007'199'254'740'993;  // not representable in a double
  c.precision = "bf16";
  c.tick_kimg = 0.5;
  c.snap = 7;
  c.keep = 9;
  return c;
}

std::string ErrorOf(const std::string& json) {
  const absl::StatusOr<TrainConfig> config = TrainConfigFromJson(json);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << json.substr(0, 200);
  return std::string(config.status().message());
}

TEST(ConfigJson, ComesBackWithEveryField) {
  const absl::StatusOr<TrainConfig> back = TrainConfigFromJson(ToJson(Unusual()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(Unusual()));
  EXPECT_EQ(back->model.resample, "fir");
  EXPECT_EQ(back->model.activation_gain, 1.25);
  EXPECT_FALSE(back->model.mbstd_unbiased);
  EXPECT_EQ(back->loss.pl_start, int64_t{1} << 35);
  EXPECT_EQ(back->optimizer.mapping_lr, 1e-7);
  EXPECT_EQ(back->data, Unusual().data);
  EXPECT_EQ(back->kimg, 0.1);
  EXPECT_EQ(back->seed, -9'007'199'254'740'993);
  EXPECT_EQ(back->keep, 9);
}

// With every field different from its default, each one that is not written or not read shows.
TEST(ConfigJson, WritesEveryField) {
  const Json unusual = Json::parse(ToJson(Unusual())).flatten(), plain = Json::parse(ToJson(TrainConfig())).flatten();
  EXPECT_EQ(unusual.size(), 15u + 10u + 7u + 12u);
  for (const auto& item : unusual.items()) EXPECT_NE(item.value(), plain[item.key()]) << item.key();
}

TEST(ConfigJson, EveryFieldIsRequired) {
  const Json flat = Json::parse(ToJson(Unusual())).flatten();
  for (const auto& item : flat.items()) {
    Json json = Json::parse(ToJson(Unusual()));
    const Json::json_pointer path(item.key());
    json[path.parent_pointer()].erase(path.back());
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"" + path.back() + "\" is missing"));
  }
  Json json = Json::parse(ToJson(Unusual()));
  json.erase("loss");
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"loss\" is missing"));
}

TEST(ConfigJson, UnknownFieldsAreErrors) {
  for (const char* place : {"/extra", "/model/extra", "/loss/extra", "/optimizer/extra"}) {
    Json json = Json::parse(ToJson(Unusual()));
    json[Json::json_pointer(place)] = 1;
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("unknown field \"extra\"")) << place;
  }
}

TEST(ConfigJson, WrongTypesAreErrors) {
  const struct {
    const char* place;
    Json value;
  } mistakes[] = {
      {"/model", 1},
      {"/model", Json::array()},
      {"/model/resolution", "64"},
      {"/model/resolution", 64.5},
      {"/model/resolution", 64.0},
      {"/model/resolution", true},
      {"/model/resolution", nullptr},
      {"/model/resolution", int64_t{64} + (int64_t{1} << 32)},  // 64, if cut to 32 bits
      {"/model/rgb_activation", 1},
      {"/model/latent_norm", 1},
      {"/model/activation_gain", "1"},
      {"/model/activation_gain", true},
      {"/loss/r1_gamma", nullptr},
      {"/optimizer/lr", Json::object()},
      {"/seed", uint64_t{1} << 63},
      {"/data", false},
      {"/mirror", "yes"},
  };
  for (const auto& mistake : mistakes) {
    Json json = Json::parse(ToJson(Unusual()));
    const Json::json_pointer path(mistake.place);
    json[path] = mistake.value;
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"" + path.back() + "\" has the wrong type")) << mistake.value;
  }
}

TEST(ConfigJson, WholeNumbersAreFineWhereFractionsAre) {
  Json json = Json::parse(ToJson(Unusual()));
  json["kimg"] = 25;
  const absl::StatusOr<TrainConfig> config = TrainConfigFromJson(json.dump());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kimg, 25);
}

TEST(ConfigJson, ValuesOutsideTheirRangeAreErrors) {
  Json json = Json::parse(ToJson(Unusual()));
  json["model"]["resolution"] = 100;
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("resolution is 100, must be a power of two"));
  json = Json::parse(ToJson(Unusual()));
  json["kimg"] = 1e300;
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("kimg is 1e+300"));
}

// A number that JSON cannot hold is refused when it comes back, not taken for another.
TEST(ConfigJson, NumbersThatAreNotFiniteDoNotComeBack) {
  TrainConfig config = Unusual();
  config.kimg = INFINITY;
  EXPECT_THAT(ErrorOf(ToJson(config)), HasSubstr("field \"kimg\" has the wrong type"));
}

TEST(ConfigJson, TextThatIsNotAnObjectIsAnError) {
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                  std::string("\"{}\""), ToJson(Unusual()) + "}", std::string("\xff{}"),
                                  std::string("{\"preset\": \"\xff\"}"), std::string(1 << 20, '[')}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("configuration: not a JSON object")) << text.substr(0, 100);
  }
  EXPECT_THAT(ErrorOf(ToJson(Unusual()) + std::string(1 << 20, ' ')), HasSubstr("more than 1 MiB"));
}

TEST(ConfigJson, NamesThatAreNotUtf8AreWrittenAnyway) {
  TrainConfig config = Unusual();
  config.data = "caf\xe9";
  const absl::StatusOr<TrainConfig> back = TrainConfigFromJson(ToJson(config));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(back->data, HasSubstr("caf"));
}

}  // namespace
}  // namespace sg::gan
