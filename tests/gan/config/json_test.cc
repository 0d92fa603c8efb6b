#include "gan/config/json.h"

#include <cmath>
#include <ctime>
#include <string>
#include <vector>

#include "gan/config/config.h"
#include "gan/config/fields.h"
#include "gan/config/presets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/config/change_field.h"

namespace sg::gan {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

// No field has its default value.
TrainConfig Unusual() {
  TrainConfig config;
  std::vector<std::string> names;
  ForEachField(config, [&](const auto&, const Field& field) { names.emplace_back(field.name()); });
  for (const std::string& name : names) config = ChangeField(config, name);
  return config;
}

std::string ErrorOf(const std::string& json) {
  const absl::StatusOr<TrainConfig> config = TrainConfigFromJson(json);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << json.substr(0, 200);
  return std::string(config.status().message());
}

TEST(ConfigJson, ComesBackExactly) {
  TrainConfig config = Unusual();
  config.data = "C:\\images \"\xc3\xa9\".zip";
  config.kimg = 0.1;
  config.optimizer.mapping_lr = 1e-7;
  config.loss.pl_start = int64_t{1} << 35;
  config.seed = -9'007'199'254'740'993;  // not representable in a double
  const absl::StatusOr<TrainConfig> back = TrainConfigFromJson(ToJson(config));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ToJson(*back), ToJson(config));
  EXPECT_EQ(back->data, config.data);
  EXPECT_EQ(back->kimg, 0.1);
  EXPECT_EQ(back->optimizer.mapping_lr, 1e-7);
  EXPECT_EQ(back->loss.pl_start, int64_t{1} << 35);
  EXPECT_EQ(back->seed, -9'007'199'254'740'993);
}

// The whole text of version 2, as checkpoints and training_options.json hold it.
constexpr char kSecondVersion[] = R"({
  "version": 2,
  "preset": "annotated",
  "model": {
    "resolution": 64,
    "latent_dim": 512,
    "mapping_layers": 8,
    "g_features": 32,
    "d_features": 64,
    "max_features": 512,
    "channel_base": 0,
    "latent_norm": "unit",
    "rgb_activation": true,
    "activation_gain": 1.0,
    "conv_bias_init": 1.0,
    "skip_bias": true,
    "fc_head": false,
    "resample": "bilinear",
    "strided_conv": false,
    "latent_per_layer": false,
    "image_range": "[0,1]",
    "noise": true,
    "mbstd_group": 4,
    "mbstd_per_group": false,
    "mbstd_unbiased": true
  },
  "loss": {
    "loss": "hinge",
    "r1_gamma": 10.0,
    "r1_interval": 4,
    "pl_weight": 1.0,
    "pl_interval": 32,
    "pl_times_interval": false,
    "pl_batch_shrink": 1,
    "pl_start": 5000,
    "pl_decay": 0.99,
    "pl_mean_includes_batch": false,
    "pl_annotated_axes": false,
    "mixing_prob": 0.9,
    "mixing_min_block": 0
  },
  "optimizer": {
    "lr": 0.001,
    "mapping_lr": 1e-05,
    "beta1": 0.0,
    "beta2": 0.99,
    "separate_regularizers": false,
    "clip_norm": 1.0,
    "ema_kimg": 10.0,
    "ema_rampup": 0.05
  },
  "data": "",
  "mirror": false,
  "on_bad_image": "fail",
  "batch": 32,
  "grad_accum": 1,
  "kimg": 4800.0,
  "seed": 0,
  "precision": "f32",
  "tick_kimg": 1.0,
  "snap": 10,
  "keep": 3
})";

TEST(ConfigJson, FieldsOfTheSecondVersionAreWrittenAsEver) {
  Json json = Json::parse(ToJson(TrainConfig()));
  json["version"] = 2;
  const TrainConfig config;
  const Json flat = json.flatten();
  ForEachField(config, [&](const auto&, const Field& field) {
    if (field.since() <= 2) return;
    for (const auto& item : flat.items()) {
      const Json::json_pointer place(item.key());
      if (place.back() == field.name()) json[place.parent_pointer()].erase(place.back());
    }
  });
  EXPECT_EQ(json.dump(2), kSecondVersion);
}

TEST(ConfigJson, AFileOfTheSecondVersionIsTheAnnotatedModel) {
  const absl::StatusOr<TrainConfig> old = TrainConfigFromJson(kSecondVersion);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(ToJson(*old), ToJson(TrainConfig()));
}

// What checkpoints and training_options.json held before there was a version.
constexpr char kFirstVersion[] = R"({
  "preset": "annotated",
  "model": {
    "resolution": 64, "latent_dim": 512, "mapping_layers": 8, "g_features": 32, "d_features": 64, "max_features": 512,
    "latent_norm": "unit", "rgb_activation": true, "activation_gain": 1.0, "conv_bias_init": 1.0,
    "resample": "bilinear",
    "noise": true, "mbstd_group": 4, "mbstd_per_group": false, "mbstd_unbiased": true
  },
  "loss": {
    "loss": "hinge", "r1_gamma": 10.0, "r1_interval": 4, "pl_weight": 1.0, "pl_interval": 32, "pl_start": 5000,
    "pl_decay": 0.99, "pl_annotated_axes": false, "mixing_prob": 0.9, "mixing_min_block": 2
  },
  "optimizer": {
    "lr": 0.001, "mapping_lr": 1e-05, "beta1": 0.0, "beta2": 0.99, "clip_norm": 1.0, "ema_kimg": 10.0,
    "ema_rampup": 0.05
  },
  "data": "photos", "mirror": true, "on_bad_image": "fail", "batch": 32, "grad_accum": 1, "kimg": 4800.0, "seed": 0,
  "precision": "f32", "tick_kimg": 1.0, "snap": 10, "keep": 3
})";

TEST(ConfigJson, AFileOfTheFirstVersionIsTheAnnotatedModel) {
  const absl::StatusOr<TrainConfig> old = TrainConfigFromJson(kFirstVersion);
  ASSERT_TRUE(old.ok()) << old.status();
  TrainConfig want = *PresetConfig("annotated");
  want.data = "photos";
  want.mirror = true;
  want.loss.mixing_min_block = 2;
  EXPECT_EQ(ToJson(*old), ToJson(want));
}

TEST(ConfigJson, AFileOfTheFirstVersionIsReadAsStrictly) {
  Json json = Json::parse(kFirstVersion);
  json["model"].erase("noise");
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"noise\" is missing"));
  // A later field says that the version is only forgotten.
  for (const char* place : {"/model/strided_conv", "/loss/pl_times_interval", "/optimizer/separate_regularizers"}) {
    json = Json::parse(kFirstVersion);
    const Json::json_pointer path(place);
    json[path] = false;
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("unknown field \"" + path.back() + "\""));
  }
}

TEST(ConfigJson, AVersionThatIsNotKnownIsAnError) {
  for (const int version : {-1, 0, 1, kFieldsVersion + 1, 100}) {
    Json json = Json::parse(ToJson(Unusual()));
    json["version"] = version;
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("version is " + std::to_string(version)));
  }
  Json json = Json::parse(ToJson(Unusual()));
  json["version"] = "2";
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"version\" has the wrong type"));
}

TEST(ConfigJson, EveryFieldIsRequired) {
  const Json flat = Json::parse(ToJson(Unusual())).flatten();
  for (const auto& item : flat.items()) {
    if (item.key() == "/version") continue;
    Json json = Json::parse(ToJson(Unusual()));
    const Json::json_pointer path(item.key());
    json[path.parent_pointer()].erase(path.back());
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"" + path.back() + "\" is missing"));
  }
  Json json = Json::parse(ToJson(Unusual()));
  json.erase("loss");
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("field \"loss\" is missing"));
}

// An object that searches all of its members for each new one needs more than a minute.
TEST(ConfigJson, AMegabyteOfUnknownFieldsTakesLittleTime) {
  std::string json = "{";
  for (int i = 0; json.size() < (1 << 20) - 20; ++i) json += "\"" + std::to_string(i) + "\":0,";
  json += "\"z\":0}";
  const std::clock_t start = std::clock();
  EXPECT_THAT(ErrorOf(json), HasSubstr("is missing"));
  EXPECT_LT(std::clock() - start, 3 * CLOCKS_PER_SEC);
}

TEST(ConfigJson, UnknownFieldsAreErrors) {
  for (const char* place : {"/extra", "/model/extra", "/loss/extra", "/optimizer/extra"}) {
    Json json = Json::parse(ToJson(Unusual()));
    json[Json::json_pointer(place)] = 1;
    EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("unknown field \"extra\"")) << place;
  }
}

TEST(ConfigJson, AFieldThatIsThereTwiceIsAnError) {
  for (const std::string field : {"batch", "r1_gamma", "model"}) {
    std::string json = ToJson(TrainConfig());
    json.insert(json.find("\"" + field + "\""), "\"" + field + "\": 8, ");
    EXPECT_THAT(ErrorOf(json), HasSubstr("field \"" + field + "\" is there twice"));
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

TEST(ConfigJson, ChoicesThatDoNotExistAreErrors) {
  const struct {
    const char* place;
    const char* value;
    const char* message;
  } mistakes[] = {
      {"/model/latent_norm", "l2", "latent_norm is \"l2\", must be \"unit\" or \"rms\""},
      {"/model/resample", "", "resample is \"\", must be \"bilinear\" or \"fir\""},
      {"/model/image_range", "[0,255]", "image_range is \"[0,255]\", must be \"[0,1]\" or \"[-1,1]\""},
      {"/loss/loss", "wasserstein", "loss is \"wasserstein\", must be \"hinge\", \"logistic\" or \"relativistic\""},
      {"/on_bad_image", "ignore", "on_bad_image is \"ignore\", must be \"fail\" or \"skip\""},
      {"/precision", "f16", "precision is \"f16\", must be \"f32\" or \"bf16\""},
  };
  for (const auto& mistake : mistakes) {
    Json json = Json::parse(ToJson(Unusual()));
    json[Json::json_pointer(mistake.place)] = mistake.value;
    EXPECT_EQ(ErrorOf(json.dump()), mistake.message);
  }
}

TEST(ConfigJson, ValuesOutsideTheirRangeAreErrors) {
  Json json = Json::parse(ToJson(Unusual()));
  json["model"]["resolution"] = 100;
  EXPECT_THAT(ErrorOf(json.dump()), HasSubstr("resolution (--res) is 100, must be a power of two; the nearest is 128"));
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
