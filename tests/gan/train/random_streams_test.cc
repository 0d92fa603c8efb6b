#include "gan/train/random_streams.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

std::vector<RandomStream*> All(RandomStreams* s) {
  return {&s->init, &s->latents, &s->mixing, &s->noise, &s->path_length, &s->augment};
}

TEST(RandomStreamsTest, EveryPurposeAndEverySeedHasASequenceOfItsOwn) {
  std::set<std::vector<float>> seen;
  for (int64_t seed : {0, 1, -1}) {
    RandomStreams streams(seed);
    for (RandomStream* stream : All(&streams)) {
      seen.insert(RandomNormal({8}, DType::kF32, Device::Cpu(), stream).ToHost<float>());
    }
  }
  EXPECT_EQ(seen.size(), 18u);
}

TEST(RandomStreamsTest, VisitNamesEveryStreamOnce) {
  RandomStreams streams(7);
  std::set<std::string> names;
  std::set<RandomStream*> visited;
  streams.Visit([&](int since, const char* name, RandomStream& stream) {
    EXPECT_GE(since, 1) << name;
    names.insert(name);
    visited.insert(&stream);
  });
  EXPECT_EQ(names.size(), All(&streams).size());
  EXPECT_EQ(visited.size(), All(&streams).size());
}

}  // namespace
}  // namespace sg::gan
