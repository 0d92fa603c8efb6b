#include "gan/train/random_streams.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

std::vector<RandomStream*> All(RandomStreams* s) {
  return {&s->init, &s->latents, &s->mixing, &s->noise, &s->path_length};
}

TEST(RandomStreamsTest, EveryPurposeAndEverySeedHasASequenceOfItsOwn) {
  std::set<std::vector<float>> seen;
  for (int64_t seed : {0, 1, -1}) {
    RandomStreams streams(seed);
    for (RandomStream* stream : All(&streams)) {
      seen.insert(RandomNormal({8}, DType::kF32, Device::Cpu(), stream).ToHost<float>());
    }
  }
  EXPECT_EQ(seen.size(), 15u);
}

TEST(RandomStreamsTest, LoadGoesOnWhereSaveWas) {
  RandomStreams streams(7);
  int64_t count = 4;
  for (RandomStream* stream : All(&streams)) {  // a different position in each
    RandomNormal({count}, DType::kF32, Device::Cpu(), stream);
    count += 12;
  }
  std::map<std::string, std::string> saved;
  streams.Save(&saved);
  RandomStreams other(7);
  ASSERT_TRUE(other.Load(saved).ok());
  const std::vector<RandomStream*> a = All(&streams), b = All(&other);
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_GT(a[i]->offset, 0u) << i;
    EXPECT_EQ(a[i]->offset, b[i]->offset) << i;
    EXPECT_EQ(RandomNormal({8}, DType::kF32, Device::Cpu(), a[i]).ToHost<float>(),
              RandomNormal({8}, DType::kF32, Device::Cpu(), b[i]).ToHost<float>())
        << i;
  }
}

TEST(RandomStreamsTest, AMissingOrBrokenPositionIsNamedAndChangesNothing) {
  RandomStreams streams(7);
  streams.latents.offset = 5;
  std::map<std::string, std::string> good;
  RandomStreams(7).Save(&good);
  for (const auto& [key, value] : good) {
    std::map<std::string, std::string> missing = good, broken = good;
    missing.erase(key);
    broken[key] = "-3";
    for (const auto& metadata : {missing, broken}) {
      const absl::Status status = streams.Load(metadata);
      ASSERT_FALSE(status.ok()) << key;
      EXPECT_THAT(std::string(status.message()), HasSubstr(key));
      EXPECT_EQ(streams.latents.offset, 5u);
    }
  }
}

}  // namespace
}  // namespace sg::gan
