#include "gan/model/common/latents.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::ExpectValues;
using testing::F64;

Tensor W1() { return F64({2, 1}, {1, 2}); }
Tensor W2() { return F64({2, 1}, {-3, -4}); }

TEST(MixLatents, TakesTheFirstLatentBeforeTheCrossover) {
  const Tensor w = MixLatents(W1(), W2(), /*crossover=*/2, /*num_latents=*/3);
  EXPECT_EQ(w.shape(), Shape({3, 2, 1}));
  ExpectValues(w, {1, 2, 1, 2, -3, -4});
}

TEST(MixLatents, AtTheEndsIsOneLatent) {
  ExpectValues(MixLatents(W1(), W2(), 0, 2), {-3, -4, -3, -4});
  ExpectValues(MixLatents(W1(), W2(), 2, 2), {1, 2, 1, 2});
}

TEST(MixLatents, SharesGradientsByBlocks) {
  const Tensor w1 = W1().Track(), w2 = W2().Track();
  const Tensor w = MixLatents(w1, w2, 1, 3);
  const std::vector<Tensor> g = Grad({w}, {w1, w2}, {F64({3, 2, 1}, {1, 2, 10, 20, 100, 200})});
  ExpectValues(g[0], {1, 2});
  ExpectValues(g[1], {110, 220});
}

TEST(RepeatLatent, GivesEveryBlockTheSame) { ExpectValues(RepeatLatent(W1(), 3), {1, 2, 1, 2, 1, 2}); }

TEST(MixLatentsDeathTest, RefusesACrossoverOutside) {
  EXPECT_DEATH(MixLatents(W1(), W2(), 4, 3), "\\[MixLatents\\] crossover 4 of 3");
}

}  // namespace
}  // namespace sg::gan
