// generate: its memory does not depend on the number of pictures, and an interruption leaves whole files.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/image/decode_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

// A picture has 48 KiB as floats and 12 KiB in 8 bits: 1,800 more of them would take 84 or 21 MiB.
constexpr int kSide = 64;
constexpr int kFew = 200, kMany = 2000;
constexpr int64_t kMaxGrowthKib = 8 << 10;

class GenerateMemoryTest : public SmallTraining {
 protected:
  void SetUp() override {
    SmallTraining::SetUp();
    options_["model"]["resolution"] = kSide;
    WriteOptions();
    const Outcome trained = RunTool("train", StartArguments(0), folder_.path());
    ASSERT_EQ(trained.exit_code, 0) << trained;
  }

  int64_t PeakKib(int count, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--network=" + RunFolder(), absl::StrCat("--seeds=0-", count - 1)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = RunTool("generate", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_GT(outcome.max_resident_kib, 0);
    return outcome.max_resident_kib;
  }

  void ExpectNoGrowth(const std::vector<std::string>& more) {
    const int64_t few = PeakKib(kFew, more), many = PeakKib(kMany, more);
    EXPECT_LT(many - few, kMaxGrowthKib) << few << " KiB for " << kFew << " pictures, " << many << " for " << kMany;
    RecordProperty("few", absl::StrCat(few));
    RecordProperty("many", absl::StrCat(many));
  }
};

TEST_F(GenerateMemoryTest, Files) {
  ExpectNoGrowth({"--outdir=out"});
  EXPECT_TRUE(Exists(File(absl::StrCat("out/seed", kMany - 1, ".png"))));
}

TEST_F(GenerateMemoryTest, Sheet) {
  ExpectNoGrowth({"--grid=sheet.png"});
  const absl::StatusOr<gan::Image> sheet = gan::DecodeImage(ReadFile(File("sheet.png")), gan::DecodeLimits());
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  EXPECT_EQ(sheet->width, 45 * kSide);
  EXPECT_EQ(sheet->height, 45 * kSide);
  // 45 times 45 places for 2000 pictures: the last 25 are white.
  const uint8_t* const last_row = &sheet->pixels[size_t{3} * sheet->width * (sheet->height - 1)];
  const auto is_white = [](uint8_t byte) { return byte == 255; };
  EXPECT_TRUE(std::all_of(last_row + size_t{3} * 20 * kSide, last_row + size_t{3} * 45 * kSide, is_white));
  EXPECT_FALSE(std::all_of(last_row, last_row + size_t{3} * 20 * kSide, is_white));
}

TEST_F(GenerateMemoryTest, Raw) {
  ExpectNoGrowth({"--raw=raw.npy", "--grid=sheet.png"});
  EXPECT_GT(std::filesystem::file_size(File("raw.npy")), size_t{kMany} * kSide * kSide * 3 * 4);
}

TEST_F(GenerateMemoryTest, AnInterruptionLeavesWholeFiles) {
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    const std::string outdir = absl::StrCat("out", signal);
    Process process("generate", {"--network=" + RunFolder(), "--seeds=0-99999", "--outdir=" + outdir}, folder_.path());
    ASSERT_TRUE(process.WaitUntil([&] { return Exists(File(outdir + "/seed0040.png")); })) << process.Wait();
    process.Signal(signal);
    EXPECT_EQ(process.Wait().signal, signal);
    int pictures = 0;
    for (const auto& entry : std::filesystem::directory_iterator(File(outdir))) {
      if (entry.path().extension() != ".png") continue;
      ++pictures;
      const absl::StatusOr<gan::Image> image = gan::DecodeImage(ReadFile(entry.path()), gan::DecodeLimits());
      ASSERT_TRUE(image.ok()) << entry.path() << ": " << image.status();
      EXPECT_EQ(image->width, kSide);
    }
    EXPECT_GT(pictures, 40);
  }
}

}  // namespace
}  // namespace sg::integration
