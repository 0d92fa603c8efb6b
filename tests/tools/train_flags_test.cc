#include "tools/train_flags.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gan/config/config.h"
#include "gan/config/fields.h"
#include "gan/config/json.h"
#include "gan/config/nvidia_cfg.h"
#include "gan/config/presets.h"
#include "gan/train/resume.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/gan/config/change_field.h"
#include "tools/cli/cli.h"

namespace sg::cli {
namespace {

using ::testing::StartsWith;

gan::TrainConfig Quick() { return *gan::PresetConfig("quick"); }

ParseResult Parsed(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"train"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ParseResult parsed = Parse(TrainProgram(), static_cast<int>(argv.size()), argv.data());
  EXPECT_FALSE(parsed.exit_code.has_value());
  return parsed;
}

struct FlagOfField {
  std::string field, flag;
  bool fixed;
};

std::vector<FlagOfField> FlagsOfFields() {
  std::vector<FlagOfField> flags;
  const gan::TrainConfig config;
  gan::ForEachField(config, [&](const auto&, const gan::Field& field) {
    if (!field.flag()) return;
    const std::string flag = absl::StrCat("--", absl::StrReplaceAll(field.flag()->name, {{"_", "-"}}));
    flags.push_back({field.name(), flag, field.fixed_on_resume()});
  });
  return flags;
}

// "--batch=16", for the value that the field has in `config`.
std::string Argument(const FlagOfField& flag, const gan::TrainConfig& config) {
  using Json = nlohmann::ordered_json;
  const Json json = Json::parse(gan::ToJson(config)).flatten();
  for (const auto& item : json.items()) {
    if (Json::json_pointer(item.key()).back() != flag.field) continue;
    return absl::StrCat(flag.flag, "=",
                        item.value().is_string() ? item.value().get<std::string>() : item.value().dump());
  }
  ADD_FAILURE() << flag.field;
  return "";
}

TEST(TrainFlags, AFlagSetsItsFieldAndNoOther) {
  for (const FlagOfField& flag : FlagsOfFields()) {
    const gan::TrainConfig changed = gan::ChangeField(Quick(), flag.field);
    const std::string argument = Argument(flag, changed);
    const absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(Parsed({argument}));
    ASSERT_TRUE(config.ok()) << argument << ": " << config.status();
    EXPECT_EQ(gan::ToJson(*config), gan::ToJson(changed)) << argument;
  }
}

TEST(TrainFlags, WithoutFlagsItIsThePresetQuick) {
  const absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(Parsed({}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(gan::ToJson(*config), gan::ToJson(Quick()));
}

TEST(TrainFlags, ACfgIsNvidiasConfigurationAtTheResolution) {
  absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(Parsed({"--cfg=auto", "--res=64", "--gamma=3"}));
  ASSERT_TRUE(config.ok()) << config.status();
  gan::TrainConfig want = *gan::NvidiaConfig("auto", 64);
  EXPECT_EQ(want.batch, 32);
  want.loss.r1_gamma = 3;
  EXPECT_EQ(gan::ToJson(*config), gan::ToJson(want));
  config = NewConfigFromFlags(Parsed({"--cfg=paper512"}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(gan::ToJson(*config), gan::ToJson(*gan::NvidiaConfig("paper512", 0)));
}

TEST(TrainFlags, TheLearningRateOfACfgIsThatOfItsMappingNetworkToo) {
  absl::StatusOr<gan::TrainConfig> config = NewConfigFromFlags(Parsed({"--cfg=auto", "--lr=0.001"}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->optimizer.mapping_lr, 0.001);
  config = NewConfigFromFlags(Parsed({"--cfg=auto", "--lr=0.001", "--map-lr=0.002"}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->optimizer.mapping_lr, 0.002);
}

TEST(TrainFlags, TheRelativisticLossBringsWhatBelongsToIt) {
  absl::StatusOr<gan::TrainConfig> config =
      NewConfigFromFlags(Parsed({"--cfg=auto", "--loss=relativistic", "--gamma=2"}));
  ASSERT_TRUE(config.ok()) << config.status();
  gan::TrainConfig want = *gan::NvidiaConfig("auto", 0);
  want.loss.loss = gan::AdversarialLoss::kRelativistic;
  want.loss.r1_gamma = want.loss.r2_gamma = 2;
  want.loss.r1_interval = 1;
  want.loss.pl_weight = want.loss.mixing_prob = 0;
  want.optimizer.separate_regularizers = want.optimizer.generator_first = false;
  EXPECT_EQ(gan::ToJson(*config), gan::ToJson(want));
  config =
      NewConfigFromFlags(Parsed({"--loss=relativistic", "--r2-gamma=0.5", "--r1-interval=4", "--mixing-prob=0.9"}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->loss.r2_gamma, 0.5);
  EXPECT_EQ(config->loss.r1_interval, 4);
  EXPECT_EQ(config->loss.mixing_prob, 0.9);
}

TEST(TrainFlags, OnlyOneFlagSaysWhereToStartFrom) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--cfg=auto", "--preset=quick"},
                                                {"--cfg=auto", "--options=x.json"},
                                                {"--preset=quick", "--options=x.json"}}) {
    EXPECT_EQ(NewConfigFromFlags(Parsed(flags)).status().message(),
              "--preset, --cfg and --options all say where to start from; give one of them");
  }
  EXPECT_THAT(std::string(NewConfigFromFlags(Parsed({"--cfg=paper128"})).status().message()),
              StartsWith("no cfg \"paper128\"; there are \"auto\""));
}

// The defaults in --help.
TEST(TrainFlags, TheDefaultOfAFlagSetsWhatIsThere) {
  for (const ListedFlag& flag : TrainProgram().flags) {
    if (flag.name == "data") continue;  // an empty text is a mistake
    const absl::StatusOr<gan::TrainConfig> config =
        NewConfigFromFlags(Parsed({absl::StrCat("--", flag.name, "=", flag.default_value)}));
    ASSERT_TRUE(config.ok()) << flag.name << ": " << config.status();
    EXPECT_EQ(gan::ToJson(*config), gan::ToJson(Quick())) << flag.name;
  }
}

TEST(TrainFlags, EveryFlagOfAFieldIsInOneGroup) {
  for (const ListedFlag& flag : TrainProgram().flags) {
    int found = 0;
    for (const FlagGroup& group : TrainProgram().groups) {
      for (const std::string& name : group.flags) found += name == flag.name;
    }
    EXPECT_EQ(found, 1) << flag.name;
  }
}

const std::string kRun = "training-runs/00000-quick";

TEST(TrainFlags, AResumedRunRefusesToChangeFixedFields) {
  for (const FlagOfField& flag : FlagsOfFields()) {
    const std::string argument = Argument(flag, gan::ChangeField(Quick(), flag.field));
    const absl::StatusOr<gan::TrainConfig> changed = ResumedConfigFromFlags(Parsed({argument}), kRun, Quick());
    ASSERT_TRUE(changed.ok()) << argument << ": " << changed.status();
    const absl::Status status = gan::CheckResumable(Quick(), *changed);
    if (flag.fixed) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << argument;
      EXPECT_THAT(std::string(status.message()), StartsWith(flag.flag + " cannot change in a run that is resumed"));
    } else {
      EXPECT_TRUE(status.ok()) << argument << ": " << status;
    }
  }
}

TEST(TrainFlags, AResumedRunMayBeGivenTheValueThatItHas) {
  for (const FlagOfField& flag : FlagsOfFields()) {
    if (flag.flag == "--data") continue;  // the bundled images have no name that could be given
    const std::string argument = Argument(flag, Quick());
    const absl::StatusOr<gan::TrainConfig> same = ResumedConfigFromFlags(Parsed({argument}), kRun, Quick());
    ASSERT_TRUE(same.ok()) << argument << ": " << same.status();
    EXPECT_EQ(gan::ToJson(*same), gan::ToJson(Quick())) << argument;
  }
}

// The flags of a run's folder and preset have their defaults here: "training-runs", "" and "quick".
TEST(TrainFlags, AResumedRunRefusesToBecomeAnother) {
  const auto refusal = [](const char* flag, const std::string& run, const gan::TrainConfig& saved) {
    ParseResult parsed;
    parsed.given = {flag};
    return std::string(ResumedConfigFromFlags(parsed, run, saved).status().message());
  };
  gan::TrainConfig official = Quick();
  official.preset = "official";
  EXPECT_EQ(refusal("preset", "training-runs/00000-x", official),
            "--preset cannot change in a run that is resumed: it is official, not quick");
  EXPECT_EQ(refusal("outdir", "/runs/00000-x", Quick()),
            "--outdir cannot change in a run that is resumed: it is /runs, not training-runs");
}

TEST(TrainFlags, AResumedRunTakesTheFileOfOptionsBeforeTheFlags) {
  const std::string file = absl::StrCat(testing::TempDir(), "/options.json");
  gan::TrainConfig saved = Quick();
  saved.cond = true;
  saved.model.label_dim = 3;
  gan::TrainConfig wanted = saved;
  wanted.snap = 7;
  wanted.kimg = 5;
  gan::TrainConfig start = wanted;
  start.model.label_dim = 0;  // before the data are known
  std::ofstream(file) << gan::ToJson(start);
  wanted.kimg = 6;
  const absl::StatusOr<gan::TrainConfig> config =
      ResumedConfigFromFlags(Parsed({"--options=" + file, "--kimg=6"}), kRun, saved);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(gan::ToJson(*config), gan::ToJson(wanted));
  const absl::Status missing = ResumedConfigFromFlags(Parsed({"--options=/nowhere.json"}), kRun, saved).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(missing.message()), StartsWith("--options=/nowhere.json: "));
}

TEST(TrainFlags, AResumedRunMayBeGivenWhatItIs) {
  std::filesystem::create_directory("training-runs");
  for (const char* run : {"training-runs/00000-x", "./training-runs/00000-x/"}) {
    ParseResult parsed;
    parsed.given = {"preset", "outdir", "desc"};
    const absl::StatusOr<gan::TrainConfig> config = ResumedConfigFromFlags(parsed, run, Quick());
    EXPECT_TRUE(config.ok()) << config.status();
  }
  std::filesystem::remove("training-runs");
}

TEST(TrainFlags, ANewRunFromACheckpointTakesTheFolderThatItIsGiven) {
  ParseResult parsed;
  parsed.given = {"outdir", "desc"};
  EXPECT_TRUE(ResumedConfigFromFlags(parsed, std::nullopt, Quick()).ok());
}

TEST(TrainFlags, ANameThatAnEnumLacksIsAnError) {
  for (const char* argument : {"--loss=wgan", "--on-bad-image=wgan", "--precision=wgan"}) {
    const absl::Status status = NewConfigFromFlags(Parsed({argument})).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << argument;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("is \"wgan\", must be \""));
  }
}

}  // namespace
}  // namespace sg::cli
