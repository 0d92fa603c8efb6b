#include "gan/interop/rosinality_names.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

const RosinalityName* Find(const std::vector<RosinalityName>& names, const std::string& theirs) {
  for (const RosinalityName& name : names) {
    if (name.theirs == theirs) return &name;
  }
  return nullptr;
}

TEST(RosinalityNames, OfAGeneratorOf16Pixels) {
  const std::vector<RosinalityName> names = RosinalityGeneratorNames(/*sizes=*/3, /*mapping_layers=*/2);
  EXPECT_EQ(Find(names, "style.1.weight")->foreign, "mapping.fc0.weight");
  EXPECT_EQ(Find(names, "conv1.conv.weight")->foreign, "synthesis.b4.conv1.weight");
  EXPECT_EQ(Find(names, "convs.0.activate.bias")->foreign, "synthesis.b8.conv0.bias");
  EXPECT_EQ(Find(names, "convs.3.conv.modulation.bias")->foreign, "synthesis.b16.conv1.affine.bias");
  EXPECT_EQ(Find(names, "to_rgbs.1.bias")->foreign, "synthesis.b16.torgb.bias");
  EXPECT_EQ(Find(names, "noises.noise_0")->foreign, "synthesis.b4.conv1.noise_const");
  EXPECT_EQ(Find(names, "noises.noise_3")->foreign, "synthesis.b16.conv0.noise_const");
  EXPECT_EQ(Find(names, "noises.noise_5"), nullptr);
  EXPECT_EQ(RosinalityGeneratorFilters(3).size(), 4u);
}

TEST(RosinalityNames, OfADiscriminatorOf16Pixels) {
  const std::vector<RosinalityName> names = RosinalityDiscriminatorNames(/*sizes=*/3);
  EXPECT_EQ(Find(names, "convs.0.0.weight")->foreign, "b16.fromrgb.weight");
  EXPECT_EQ(Find(names, "convs.1.conv1.0.weight")->foreign, "b16.conv0.weight");
  EXPECT_EQ(Find(names, "convs.2.conv2.2.bias")->foreign, "b8.conv1.bias");
  EXPECT_EQ(Find(names, "convs.2.skip.1.weight")->foreign, "b8.skip.weight");
  EXPECT_EQ(Find(names, "final_linear.1.bias")->foreign, "b4.out.bias");
  EXPECT_EQ(RosinalityDiscriminatorFilters(3).size(), 4u);
}

TEST(RosinalityNames, NoNameTwice) {
  for (const auto& names : {RosinalityGeneratorNames(9, 8), RosinalityDiscriminatorNames(9)}) {
    std::set<std::string> theirs, foreign;
    for (const RosinalityName& name : names) {
      EXPECT_TRUE(theirs.insert(name.theirs).second) << name.theirs;
      EXPECT_TRUE(foreign.insert(name.foreign).second) << name.foreign;
    }
  }
}

TEST(RosinalityNames, ShapesThereAndBack) {
  using Wrap = RosinalityWrap;
  struct Case {
    Wrap wrap;
    Shape here, there;
  };
  for (const Case& c : {Case{Wrap::kSame, {2, 3}, {2, 3}},
                        {Wrap::kLeadingOne, {5, 4, 3, 3}, {1, 5, 4, 3, 3}},
                        {Wrap::kOneElement, {}, {1}},
                        {Wrap::kImageBias, {3}, {1, 3, 1, 1}},
                        {Wrap::kNoiseMap, {8, 8}, {1, 1, 8, 8}}}) {
    EXPECT_EQ(WrappedShape(c.wrap, c.here), c.there);
    EXPECT_EQ(UnwrappedShape(c.wrap, c.there), c.here);
  }
  EXPECT_FALSE(UnwrappedShape(Wrap::kLeadingOne, {2, 5, 4, 3, 3}).has_value());
  EXPECT_FALSE(UnwrappedShape(Wrap::kLeadingOne, {}).has_value());
  EXPECT_FALSE(UnwrappedShape(Wrap::kOneElement, {}).has_value());
  EXPECT_FALSE(UnwrappedShape(Wrap::kImageBias, {3}).has_value());
  EXPECT_FALSE(UnwrappedShape(Wrap::kImageBias, {1, 3, 1, 2}).has_value());
  EXPECT_FALSE(UnwrappedShape(Wrap::kNoiseMap, {8, 8}).has_value());
}

}  // namespace
}  // namespace sg::gan
