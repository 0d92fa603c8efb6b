#include "gan/config/json.h"

#include <cmath>
#include <string>

#include "gan/config/config.h"
#include "gan/config/presets.h"
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
  c.model = {128,
             7,
             3,
             5,
             6,
             99,
             4096,
             LatentNorm::kRms,
             false,
             1.25,
             0.1,
             false,
             true,
             Resampling::kFir,
             true,
             true,
             ImageRange::kMinusOneToOne,
             false,
             2,
             true,
             false};
  c.loss = {AdversarialLoss::kLogistic, 0.1, 16, 2.5, 8, true, 2, int64_t{1} << 35, 0.5, true, true, 0.25, 3};
  c.optimizer = {0.002, 1e-7, 0.5, 0.9, true, 3, 20, 0.1};
  c.data = "C:\\images \"\xc3\xa9\".zip";
  c.mirror = true;
  c.on_bad_image = OnBadImage::kSkip;
  c.batch = 12;
  c.grad_accum = 3;
  c.kimg = 0.1;
  c.seed = -9'007'199'254'740'993;  // not representable in a double
  c.precision = ConvPrecision::kBf16;
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
  EXPECT_EQ(back->model.resample, Resampling::kFir);
  EXPECT_EQ(back->model.activation_gain, 1.25);
  EXPECT_FALSE(back->model.mbstd_unbiased);
  EXPECT_EQ(back->model.channel_base, 4096);
  EXPECT_EQ(back->model.image_range, ImageRange::kMinusOneToOne);
  EXPECT_TRUE(back->loss.pl_mean_includes_batch);
  EXPECT_TRUE(back->optimizer.separate_regularizers);
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
  EXPECT_EQ(unusual.size(), 1u + 21u + 13u + 8u + 12u);
  for (const auto& item : unusual.items()) {
    if (item.key() == "/version") continue;
    EXPECT_NE(item.value(), plain[item.key()]) << item.key();
  }
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
  for (const int version : {-1, 0, 1, 3, 100}) {
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

TEST(ConfigJson, ChoicesThatDoNotExistAreErrors) {
  const struct {
    const char* place;
    const char* value;
    const char* message;
  } mistakes[] = {
      {"/model/latent_norm", "l2", "latent_norm is \"l2\", must be \"unit\" or \"rms\""},
      {"/model/resample", "", "resample is \"\", must be \"bilinear\" or \"fir\""},
      {"/model/image_range", "[0,255]", "image_range is \"[0,255]\", must be \"[0,1]\" or \"[-1,1]\""},
      {"/loss/loss", "wasserstein", "loss is \"wasserstein\", must be \"hinge\" or \"logistic\""},
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
