#include "tools/run_name.h"

#include <string>

#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gtest/gtest.h"

namespace sg::cli {
namespace {

std::string NameWithData(const std::string& data) {
  gan::TrainConfig config = *gan::PresetConfig("quick");
  config.data = data;
  return RunName(config, "");
}

TEST(RunName, HasPresetDataBatchAndGamma) {
  EXPECT_EQ(NameWithData(""), "quick-emoji-batch8-gamma0.3");
  EXPECT_EQ(NameWithData("/data/photos.zip"), "quick-photos-batch8-gamma0.3");
  EXPECT_EQ(NameWithData("photos/"), "quick-photos-batch8-gamma0.3");
  EXPECT_EQ(NameWithData("my photos.v2.zip"), "quick-my-photos-v2-batch8-gamma0.3");
  EXPECT_EQ(NameWithData(std::string(50, 'x')), "quick-" + std::string(40, 'x') + "-batch8-gamma0.3");
}

// The file of --options names the preset.
TEST(RunName, IsOneFolderWhateverThePreset) {
  gan::TrainConfig config = *gan::PresetConfig("quick");
  config.preset = "../" + std::string(50, 'x');
  EXPECT_EQ(RunName(config, ""), "..-" + std::string(37, 'x') + "-emoji-batch8-gamma0.3");
}

TEST(RunName, EndsWithTheDescription) {
  const gan::TrainConfig config = *gan::PresetConfig("official");
  EXPECT_EQ(RunName(config, "a/b lr0.002"), "official-emoji-batch64-gamma1-a-b-lr0.002");
}

TEST(RunNameEnding, IsWhatTheDescriptionAdds) {
  EXPECT_EQ(RunNameEnding(""), "");
  EXPECT_EQ(RunNameEnding("a/b lr0.002"), "-a-b-lr0.002");
}

}  // namespace
}  // namespace sg::cli
