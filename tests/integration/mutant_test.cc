// Damaged checkpoints: every tool that reads one says so, and none crashes, hangs or makes a file.
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"
#include "tests/support/nightly.h"

namespace sg::integration {
namespace {

using ::testing::StartsWith;

// One of the ways in which files are damaged. The result differs from `bytes`.
std::string Damaged(const std::string& bytes, std::mt19937* random) {
  const auto below = [random](size_t n) { return static_cast<size_t>((*random)()) % n; };
  uint64_t header = 0;
  std::copy_n(bytes.data(), sizeof(header), reinterpret_cast<char*>(&header));
  std::string damaged = bytes;
  while (damaged == bytes) {
    switch (below(7)) {
      case 0:  // a bit, anywhere
        damaged[below(damaged.size())] ^= static_cast<char>(1 << below(8));
        break;
      case 1:  // a byte of the header
        damaged[below(8 + header)] = static_cast<char>(below(256));
        break;
      case 2:  // the end is missing
        damaged.resize(below(damaged.size()));
        break;
      case 3:  // more behind the end
        damaged.append(1 + below(64), static_cast<char>(below(256)));
        break;
      case 4: {  // a digit of the header
        const size_t at = damaged.find_first_of("0123456789", 8 + below(header - 8));
        if (at < 8 + header) damaged[at] = static_cast<char>('0' + below(10));
        break;
      }
      case 5: {  // a page of zeros, as after a crash of a file system
        const size_t at = below(damaged.size());
        std::fill_n(damaged.begin() + at, std::min<size_t>(4096, damaged.size() - at), '\0');
        break;
      }
      default: {  // bytes swapped with others
        const size_t count = 1 + below(64), from = below(damaged.size() - count), to = below(damaged.size() - count);
        std::swap_ranges(damaged.begin() + from,
                         damaged.begin() + from + std::min(count, std::max(from, to) - std::min(from, to)),
                         damaged.begin() + to);
        break;
      }
    }
  }
  return damaged;
}

TEST_F(SmallTraining, DamagedCheckpointsAreRefusedByEveryTool) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string good = ReadFile(Checkpoint(RunFolder(), 1));
  folder_.Write("damaged.safetensors", good);
  ASSERT_EQ(
      RunTool("generate", {"--network=damaged.safetensors", "--seeds=0", "--outdir=good"}, folder_.path()).exit_code,
      0);
  const std::string picture = ReadFile(File("good/seed0000.png"));
  const std::vector<std::pair<std::string, std::vector<std::string>>> readers = {
      {"inspect", {"--network=damaged.safetensors"}},
      {"generate", {"--network=damaged.safetensors", "--seeds=0", "--outdir=pictures"}},
      {"train", {"--resume=damaged.safetensors", "--kimg=2", "--outdir=resumed"}}};
  std::mt19937 random(5);
  int harmless = 0;
  const int mutants = Nightly(90, 10000);
  for (int i = 0; i < mutants; ++i) {
    folder_.Write("damaged.safetensors", Damaged(good, &random));
    const auto& [tool, arguments] = readers[i % readers.size()];
    const Outcome outcome = RunTool(tool, arguments, folder_.path());
    if (tool == "generate" && outcome.exit_code == 0) {  // It does not read the discriminator.
      ASSERT_TRUE(ReadFile(File("pictures/seed0000.png")) == picture) << "mutant " << i;
      std::filesystem::remove_all(File("pictures"));
      ++harmless;
      continue;
    }
    ASSERT_EQ(outcome.exit_code, 4) << tool << ", mutant " << i << ": " << outcome;
    ASSERT_THAT(outcome.err, StartsWith(tool + ": ")) << i;
    ASSERT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome;
    ASSERT_FALSE(Exists(File("pictures")) || Exists(File("resumed"))) << tool << ", mutant " << i;
  }
  EXPECT_LT(harmless, mutants / 4);
  RecordProperty("mutants", mutants);
}

}  // namespace
}  // namespace sg::integration
