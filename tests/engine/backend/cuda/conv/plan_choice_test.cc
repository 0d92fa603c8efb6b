#include "engine/backend/cuda/conv/plan_choice.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/backend/cuda/conv/conv_problem.h"
#include "engine/base/conv_geometry.h"
#include "engine/base/dtype.h"
#include "gtest/gtest.h"

namespace sg::cuda {
namespace {

constexpr int64_t kMiB = 1 << 20, kRefused = -1;

// An engine and the workspace that its plan needs; kRefused: cuDNN makes none.
struct Engine {
  PlanCandidate candidate;
  int64_t workspace_bytes;
};

PlanCandidate TensorCores(int64_t engine) {
  PlanCandidate c;
  c.engine = engine;
  c.tensor_cores = true;
  return c;
}
PlanCandidate Compiled(int64_t engine) {
  PlanCandidate c = TensorCores(engine);
  c.compiled = true;
  return c;
}
PlanCandidate Plain(int64_t engine) {
  PlanCandidate c;
  c.engine = engine;
  return c;
}
PlanCandidate Transformed(PlanCandidate c) {
  c.transformed = true;
  return c;
}
PlanCandidate NotDeterministic(PlanCandidate c) {
  c.deterministic = false;
  return c;
}

PlanRules Rules() {
  PlanRules rules;
  rules.workspace_limit = 1024 * kMiB;
  return rules;
}

class PlanChoiceTest : public ::testing::Test {
 protected:
  // The chosen engine, or -1. built_ lists those of which plans were made.
  int64_t Choose(const std::vector<Engine>& engines, const PlanRules& rules) {
    built_.clear();
    std::vector<PlanCandidate> candidates;
    for (const Engine& e : engines) candidates.push_back(e.candidate);
    const std::optional<PlanChoice> choice = ChoosePlan(candidates, rules, [&](size_t i) -> std::optional<int64_t> {
      built_.push_back(engines[i].candidate.engine);
      if (engines[i].workspace_bytes == kRefused) return std::nullopt;
      return engines[i].workspace_bytes;
    });
    if (!choice) return -1;
    EXPECT_EQ(choice->workspace_bytes, engines[choice->index].workspace_bytes);
    return engines[choice->index].candidate.engine;
  }

  std::vector<int64_t> built_;
};

TEST_F(PlanChoiceTest, TakesTheFirstWithTensorCoresAndASmallWorkspace) {
  EXPECT_EQ(
      Choose({{Plain(1), 0}, {TensorCores(2), 65 * kMiB}, {TensorCores(3), 64 * kMiB}, {TensorCores(4), 0}}, Rules()),
      3);
  EXPECT_EQ(built_, (std::vector<int64_t>{2, 3}));
}

TEST_F(PlanChoiceTest, CompilesRatherThanTakeALargeWorkspace) {
  EXPECT_EQ(Choose({{TensorCores(1), 512 * kMiB}, {Plain(2), 0}, {Compiled(3), 0}}, Rules()), 3);
  EXPECT_EQ(Choose({{TensorCores(1), 512 * kMiB}, {Plain(2), 0}, {Compiled(3), kRefused}}, Rules()), 1);
  EXPECT_EQ(Choose({{TensorCores(1), 8 * kMiB}, {Compiled(2), 0}}, Rules()), 1);
  EXPECT_EQ(built_, (std::vector<int64_t>{1})) << "a kernel was compiled for nothing";
}

TEST_F(PlanChoiceTest, TakesALargeWorkspaceRatherThanDoWithoutTensorCores) {
  EXPECT_EQ(Choose({{Plain(1), 0}, {TensorCores(2), 1024 * kMiB}}, Rules()), 2);
  EXPECT_EQ(Choose({{Plain(1), 0}, {TensorCores(2), 1025 * kMiB}}, Rules()), 1);
}

TEST_F(PlanChoiceTest, BuildsNothingTwiceAndCompilesAFewOnly) {
  std::vector<Engine> engines;
  for (int i = 0; i < 10; ++i) engines.push_back({Compiled(i), kRefused});
  engines.push_back({TensorCores(20), 100 * kMiB});
  EXPECT_EQ(Choose(engines, Rules()), 20);
  EXPECT_EQ(built_, (std::vector<int64_t>{20, 0, 1, 2, 3}));
}

TEST_F(PlanChoiceTest, InFullF32NothingIsRoundedOrTransformed) {
  PlanRules rules = Rules();
  rules.full_f32 = true;
  rules.tensor_cores = false;
  EXPECT_EQ(Choose({{Transformed(Plain(1)), 0}, {TensorCores(2), 0}, {Compiled(3), 0}, {Plain(4), 0}}, rules), 4);
  EXPECT_EQ(built_, (std::vector<int64_t>{4}));
  EXPECT_EQ(Choose({{Plain(1), 100 * kMiB}, {Plain(2), 0}}, rules), 2);
  EXPECT_EQ(Choose({{Plain(1), 100 * kMiB}}, rules), 1);
  EXPECT_EQ(Choose({{TensorCores(1), 0}}, rules), -1);
}

TEST_F(PlanChoiceTest, WhereThereAreNoTensorCoresTheHeuristicsDecide) {
  PlanRules rules = Rules();
  rules.tensor_cores = false;
  EXPECT_EQ(Choose({{Transformed(Plain(1)), 0}, {Plain(2), 0}}, rules), 1);
}

TEST_F(PlanChoiceTest, AnEpilogueGivesUpNeitherTensorCoresNorMemory) {
  ConvProblem problem = {ConvKind::kForward, DType::kF32, {1, 8, 8, 8}, {8, 3, 3, 8}, {1, 8, 8, 8}, {}, true, false};
  const int64_t gpu_bytes = int64_t{80} << 30;
  EXPECT_FALSE(RulesFor(problem, 80, gpu_bytes).only_those);
  problem.epilogue.bias = true;
  const PlanRules rules = RulesFor(problem, 80, gpu_bytes);
  EXPECT_EQ(Choose({{Plain(1), 0}, {Compiled(2), 65 * kMiB}}, rules), -1);
  EXPECT_EQ(Choose({{Plain(1), 0}, {Compiled(2), 64 * kMiB}}, rules), 2);
  EXPECT_EQ(Choose({{Plain(1), 0}}, RulesFor(problem, 75, gpu_bytes)), -1);
}

TEST(EpilogueTest, PaysForLargeResults) {
  ConvProblem problem = {
      ConvKind::kForward, DType::kF32, {1, 256, 256, 8}, {64, 3, 3, 8}, {1, 256, 256, 64}, {}, true, false};
  EXPECT_TRUE(PaysToCompileEpilogue(problem));
  problem.y = {1, 256, 256, 63};
  EXPECT_FALSE(PaysToCompileEpilogue(problem));
}

TEST_F(PlanChoiceTest, NeverRoundsToLessThanTf32) {
  PlanCandidate half = TensorCores(1);
  half.less_than_f32 = true;
  EXPECT_EQ(Choose({{half, 0}, {Transformed(TensorCores(2)), 0}, {Plain(3), 0}}, Rules()), 3);
}

TEST_F(PlanChoiceTest, DeterministicTakesOnlyWhatIs) {
  PlanRules rules = Rules();
  rules.deterministic = true;
  EXPECT_EQ(Choose({{NotDeterministic(TensorCores(1)), 0}, {NotDeterministic(Plain(2)), 0}, {Plain(3), 0}}, rules), 3);
  EXPECT_EQ(Choose({{NotDeterministic(TensorCores(1)), 0}}, rules), -1);
}

TEST_F(PlanChoiceTest, TakesNothingWithoutTensorCoresWhereThereIsABetterWay) {
  PlanRules rules = Rules();
  rules.only_those = true;
  EXPECT_EQ(Choose({{Plain(1), 0}}, rules), -1);
  EXPECT_TRUE(built_.empty());
}

TEST_F(PlanChoiceTest, NothingIsChosenFromNothing) { EXPECT_EQ(Choose({}, Rules()), -1); }

TEST(PlanRulesTest, FollowFromTheProblemAndTheGpu) {
  constexpr int64_t kGiB = int64_t{1} << 30;
  ConvProblem problem = {ConvKind::kForward,      DType::kF32,   {1, 4, 4, 8},           {8, 3, 3, 8}, {1, 4, 4, 8},
                         ConvGeometry::Padded(1), /*tf32=*/true, /*deterministic=*/false};
  EXPECT_TRUE(RulesFor(problem, 80, 80 * kGiB).tensor_cores);
  EXPECT_FALSE(RulesFor(problem, 80, 80 * kGiB).full_f32);
  EXPECT_FALSE(RulesFor(problem, 75, 16 * kGiB).tensor_cores);
  EXPECT_EQ(RulesFor(problem, 75, 16 * kGiB).workspace_limit, 2 * kGiB);
  EXPECT_EQ(RulesFor(problem, 80, 80 * kGiB).workspace_limit, 4 * kGiB);
  problem.tf32 = false;
  EXPECT_TRUE(RulesFor(problem, 80, 80 * kGiB).full_f32);
  EXPECT_FALSE(RulesFor(problem, 80, 80 * kGiB).tensor_cores);
  problem.type = DType::kBF16;
  problem.deterministic = true;
  EXPECT_FALSE(RulesFor(problem, 80, 80 * kGiB).full_f32);
  EXPECT_TRUE(RulesFor(problem, 80, 80 * kGiB).only_those);
  EXPECT_TRUE(RulesFor(problem, 80, 80 * kGiB).deterministic);
}

}  // namespace
}  // namespace sg::cuda
