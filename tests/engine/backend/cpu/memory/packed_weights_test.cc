#include "engine/backend/cpu/memory/packed_weights.h"

#include "gtest/gtest.h"

namespace sg::cpu {
namespace {

constexpr int64_t kElements = 16;

class PackedWeightsTest : public testing::Test {
 protected:
  TensorView Weights(ContentId content) { return {values_, DType::kF32, {kElements}, content}; }
  // Whether Get calls the packing function.
  bool Packs(const TensorView& weights, size_t bytes = 64, const char* layout = "layout") {
    bool packed = false;
    held_ = weights_.Get(weights, layout, bytes, [&](void*) { packed = true; });
    return packed;
  }

  float values_[kElements] = {};
  PackedWeights weights_;
  PackedWeights::Buffer held_;
};

TEST_F(PackedWeightsTest, PackEachContentAndLayoutOnce) {
  EXPECT_TRUE(Packs(Weights({1, 0})));
  EXPECT_FALSE(Packs(Weights({1, 0})));
  EXPECT_TRUE(Packs(Weights({1, 0}), 64, "another layout"));
  EXPECT_TRUE(Packs(Weights({1, 1})));
  EXPECT_TRUE(Packs(Weights({1, 0}))) << "a new version drops what was kept of the old one";
  EXPECT_TRUE(Packs(Weights({2, 0})));
}

TEST_F(PackedWeightsTest, PackUnknownContentsInEveryCall) {
  EXPECT_TRUE(Packs(Weights({})));
  EXPECT_TRUE(Packs(Weights({})));
}

TEST_F(PackedWeightsTest, ForgetWhatIsFreed) {
  EXPECT_TRUE(Packs(Weights({1, 0})));
  weights_.Forget(values_ + 1);
  EXPECT_FALSE(Packs(Weights({1, 0})));
  weights_.Forget(values_);
  EXPECT_TRUE(Packs(Weights({1, 0})));
}

TEST_F(PackedWeightsTest, StayBelowTheirCapacity) {
  EXPECT_TRUE(Packs(Weights({1, 0})));
  EXPECT_TRUE(Packs(Weights({1, 0}), PackedWeights::kCapacity + 1, "too large"));
  EXPECT_TRUE(Packs(Weights({1, 0}), PackedWeights::kCapacity + 1, "too large")) << "one that fits nowhere is not kept";
  EXPECT_FALSE(Packs(Weights({1, 0}))) << "and drives nothing out";
  EXPECT_TRUE(Packs(Weights({1, 0}), PackedWeights::kCapacity, "large"));
  EXPECT_TRUE(Packs(Weights({1, 0}))) << "the one used longest ago made room";
}

}  // namespace
}  // namespace sg::cpu
