// train: messages and behavior if the command or the data is wrong.
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TrainErrorsTest : public SmallTraining {
 protected:
  // The message about a bad dataset or checkpoint. Checks for exit code 4, one sentence on stderr, and no run folder.
  std::string BadInput(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = StartArguments(1);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Complaint(arguments, 4);
  }

  std::string Complaint(const std::vector<std::string>& arguments, int exit_code) {
    const std::vector<std::string> before = folder_.Names();
    const Outcome outcome = RunTool("train", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_EQ(folder_.Names(), before) << "nothing may be written";
    EXPECT_THAT(outcome.err, AllOf(StartsWith("train: "), EndsWith("\n")));
    return outcome.err;
  }
};

constexpr std::array<const char*, 2> kImageNames = {"a.png", "b.jpg"};

uint32_t Crc32(const std::string& bytes) {
  uint32_t crc = ~uint32_t{0};
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

// A PNG whose valid header claims a side of 100,000 pixels.
std::string HugePng() {
  std::string png = gan::EncodePng({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3)}).value();
  png.replace(16, 8, BigEndian(100000) + BigEndian(100000));
  png.replace(29, 4, BigEndian(Crc32(png.substr(12, 17))));
  return png;
}

int Lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

// The first step does not fit: what is saved is the state before it.
TEST_F(TrainErrorsTest, MemoryThatIsTooSmall) {
  std::vector<std::string> arguments = StartArguments(1);
  arguments.insert(arguments.end(), {"--batch=400", "--memory-cap=4"});
  const Outcome outcome = RunTool("train", arguments, folder_.path());
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("[Pool] out of memory: "));
  EXPECT_THAT(outcome.err, HasSubstr(", capped at 4 MiB"));
  EXPECT_THAT(outcome.err, HasSubstr("Saved the state of step 0: "));
  EXPECT_THAT(outcome.err, HasSubstr("--grad-accum"));
  const std::string run = "runs/00000-quick-images-batch400-gamma1";
  EXPECT_TRUE(Exists(Checkpoint(File(run), 0)));
  const Outcome resumed = RunTool("train", {"--resume=" + run, "--grad-accum=10"}, folder_.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed;
}

TEST_F(TrainErrorsTest, DataThatCannotBeUsed) {
  std::filesystem::create_directory(File("empty"));
  std::filesystem::create_directory(File("texts"));
  folder_.Write("texts/a.txt", "text");
  folder_.Write("texts/b.txt", "text");
  folder_.Write("corrupt.zip", "PK\x03\x04 and then nothing that a zip has");
  folder_.Write("plain.txt", "neither a folder nor a zip");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"missing", "missing does not exist"},
      {"empty", "no PNG, JPEG or WebP images under empty (0 other files)"},
      {"texts", "no PNG, JPEG or WebP images under texts (2 other files: .txt 2)"},
      {"corrupt.zip", "corrupt.zip"},
      {"plain.txt", "plain.txt is neither a folder nor a zip archive"},
  };
  for (const auto& [data, sentence] : cases) {
    const std::string complaint = BadInput({"--data=" + data});
    EXPECT_THAT(complaint, HasSubstr(sentence));
    EXPECT_EQ(Lines(complaint), 1) << complaint;
  }
}

TEST_F(TrainErrorsTest, ImagesThatCannotBeUsed) {
  const std::string good = gan::EncodePng({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3)}).value();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {HugePng(), "100000x100000"}, {good.substr(0, good.size() - 20), "truncated"}, {"text", "a.png"}, {"", "a.png"}};
  std::filesystem::create_directory(File("bad"));
  for (const auto& [bytes, word] : cases) {
    for (const char* name : kImageNames) folder_.Write(std::string("bad/") + name, bytes);
    for (const char* policy : {"fail", "skip"}) {
      const std::string complaint = BadInput({"--data=bad", std::string("--on-bad-image=") + policy});
      EXPECT_THAT(complaint, HasSubstr(word)) << policy;
      EXPECT_EQ(Lines(complaint), 1) << complaint;
    }
  }
}

TEST_F(TrainErrorsTest, ABadImageAmongGoodOnes) {
  folder_.Write("images/3.png", HugePng());
  const Outcome failed = RunTool("train", StartArguments(1), folder_.path());
  EXPECT_EQ(failed.exit_code, 4) << failed;
  EXPECT_THAT(failed.err, HasSubstr("train: images/3.png: image is 100000x100000"));
  EXPECT_THAT(failed.err, HasSubstr("; --on-bad-image=skip leaves such images out, and --dry-run lists all of them\n"));

  std::vector<std::string> arguments = StartArguments(1, "skipping");
  arguments.push_back("--on-bad-image=skip");
  const Outcome skipped = RunTool("train", arguments, folder_.path());
  EXPECT_EQ(skipped.exit_code, 0) << skipped;
  EXPECT_THAT(ReadFile(RunFolder("skipping") + "/log.txt"),
              HasSubstr("warning: skipped 3.png: image is 100000x100000"));
}

TEST_F(TrainErrorsTest, NothingToResume) {
  std::filesystem::create_directory(File("no-checkpoint"));
  folder_.Write("garbage.safetensors", "this is not one");
  for (const auto& [resume, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"missing", "--resume=missing: no such file or folder"},
           {"no-checkpoint", "--resume=no-checkpoint: no checkpoint in this folder"},
           {"garbage.safetensors", "garbage.safetensors: "},
           {"latest", "--resume=latest: no run with a checkpoint in training-runs"}}) {
    const std::string complaint = Complaint({"--resume=" + resume}, 4);
    EXPECT_THAT(complaint, HasSubstr(sentence));
    EXPECT_EQ(Lines(complaint), 1) << complaint;
  }
}

TEST_F(TrainErrorsTest, OptionsThatCannotBeUsed) {
  folder_.Write("empty.json", "");
  folder_.Write("text.json", "not JSON");
  folder_.Write("broken.json", "{\"preset\": \"quick\"}");
  folder_.Write("large.json", "");
  folder_.Truncate("large.json", size_t{1} << 32);  // a sparse file without blocks on the disk
  options_["batch"] = 0;
  folder_.Write("invalid.json", options_.dump());
  for (const auto& [file, sentence] :
       std::vector<std::pair<std::string, std::string>>{{"missing.json", ": cannot open: No such file or directory"},
                                                        {"images", ": not a regular file"},
                                                        {"empty.json", ": configuration: not a JSON object"},
                                                        {"text.json", ": configuration: not a JSON object"},
                                                        {"broken.json", ": configuration: field \"model\" is missing"},
                                                        {"large.json", ": is 4294967296 bytes, more than 1048576"},
                                                        {"invalid.json", ": batch is 0"}}) {
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--dry-run"}, {"--batch=16"}}) {
      std::vector<std::string> arguments = {"--options=" + file};
      arguments.insert(arguments.end(), more.begin(), more.end());
      const std::string complaint = Complaint(arguments, 4);
      EXPECT_THAT(complaint, StartsWith("train: --options=" + file + sentence));
      EXPECT_EQ(Lines(complaint), 1) << complaint;
    }
  }
}

TEST_F(TrainErrorsTest, MistakesOnTheCommandLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--bacth=16"}, "unknown flag --bacth; did you mean --batch?"},
      {{"--batch=many"}, "--batch: \"many\" is not allowed"},
      {{"--batch=30"}, "30"},
      {{"--batch=0"}, "batch is 0"},
      {{"--batch=32", "--grad-accum=3"}, "batch is 32, which does not divide into grad_accum = 3 parts"},
      {{"--res=48"}, "resolution (--res) is 48, must be a power of two; the nearest is 32"},
      {{"--res=4"}, "resolution (--res) is 4"},
      {{"--kimg=nan"}, "--kimg"},
      {{"--kimg=-1"}, "kimg is -1"},
      {{"--loss=wgan"}, "loss is \"wgan\""},
      {{"--gamma=-1"}, "r1_gamma (--gamma) is -1, must be from 0 to 1e+06"},
      {{"--label-smoothing=0.6"}, "label_smoothing is 0.6, must be from 0 to 0.5"},
      {{"--label-smoothing=0.1", "--loss=hinge"},
       "--label-smoothing=0.1 smooths probabilities, of which --loss=hinge has none; add --loss=logistic"},
      {{"--loss=relativistic", "--aug=ada"}, "only the differences of scores mean anything; --aug=fixed --p=0.3"},
      {{"--r2-gamma=-1"}, "r2_gamma is -1"},
      {{"--schedule-kimg=-1"}, "schedule_kimg is -1"},
      {{"--on-divergence=retry"}, "on_divergence is \"retry\", must be \"stop\" or \"rollback\""},
      {{"--max-rollbacks=0"}, "max_rollbacks is 0, must be from 1 to 100"},
      {{"--latent-dim=0"}, "latent_dim is 0"},
      {{"--mapping-layers=0"}, "mapping_layers is 0"},
      {{"--g-features=0"}, "g_features is 0"},
      {{"--d-features=-4"}, "d_features is -4"},
      {{"--max-features=5000"}, "max_features is 5000"},
      {{"--channel-base=16"}, "channel_base is 16, must be 0 or at least resolution = 32"},
      {{"--preset=official", "--g-features=8"}, "--g-features and --d-features mean nothing"},
      {{"--preset=official", "--batch=4"}, "does not divide into groups of mbstd_group = 8"},
      {{"--pl-batch-shrink=0"}, "pl_batch_shrink is 0"},
      {{"--mbstd-group=1"}, "mbstd_group is 1"},
      {{"--batch=8", "--mbstd-group=3"}, "does not divide into groups of mbstd_group = 3"},
      {{"--r1-interval=-1"}, "r1_interval is -1"},
      {{"--pl-interval=0"}, "pl_interval is 0"},
      {{"--pl-start=-1"}, "pl_start is -1"},
      {{"--pl-decay=1"}, "pl_decay is 1"},
      {{"--beta1=1"}, "beta1 is 1"},
      {{"--beta2=-0.5"}, "beta2 is -0.5"},
      {{"--clip-norm=-1"}, "clip_norm is -1"},
      {{"--ema-rampup=-1"}, "ema_rampup is -1"},
      {{"--precision=f16"}, "precision is \"f16\""},
      {{"--on-bad-image=ignore"}, "on_bad_image is \"ignore\""},
      {{"--data="}, "--data is empty; leave it out"},
      {{"--max-mpx=0"}, "max_mpx is 0"},
      {{"--preset=huge"}, "no preset \"huge\""},
      {{"--preset=quick", "--options=options.json"}, "--preset, --cfg and --options"},
      {{"--cfg=paper128"}, "no cfg \"paper128\"; there are \"auto\", "},
      {{"--options=options.json", "--batch=30"}, "a micro-batch is 30 images"},
      {{"--device=gpu"}, "--device is \"gpu\""},
      {{"--threads=-1"}, "--threads is -1"},
      {{"--workers=-1"}, "--workers is -1"},
      {{"--workers=1000000"}, "--workers is 1000000"},
      {{"--device=cpu", "--cuda-graphs"}, "--cuda-graphs is for a GPU, and the device is cpu"},
      {{"images"}, "unexpected argument \"images\"; did you mean --data=images?"},
  };
  for (const auto& [arguments, sentence] : cases) {
    const std::string complaint = Complaint(arguments, 2);
    EXPECT_THAT(complaint, HasSubstr(sentence));
    EXPECT_THAT(complaint, HasSubstr("train --help"));
  }
}

TEST_F(TrainErrorsTest, AnOutputFolderThatCannotBe) {
  const std::string complaint = Complaint({"--options=options.json", "--outdir=options.json"}, 1);
  EXPECT_THAT(complaint, HasSubstr("options.json: cannot make the folder"));
}

TEST_F(TrainErrorsTest, AProfileThatCannotBeWritten) {
  const std::string complaint =
      Complaint({"--options=options.json", "--outdir=runs", "--profile=missing/trace.json"}, 1);
  EXPECT_THAT(complaint, HasSubstr("--profile=missing/trace.json: cannot write: No such file or directory"));
}

TEST_F(TrainErrorsTest, AFullDiskIsNotTheFaultOfTheData) {
  rlimit unlimited;
  getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit limit = {16 << 10, unlimited.rlim_max};  // bytes per file, less than a checkpoint
  setrlimit(RLIMIT_FSIZE, &limit);
  const Outcome outcome = RunTool("train", StartArguments(1), folder_.path());
  setrlimit(RLIMIT_FSIZE, &unlimited);
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err,
              HasSubstr("train: " + std::filesystem::relative(Checkpoint(RunFolder(), 1), folder_.path()).string() +
                        ": cannot write"));
  EXPECT_FALSE(Exists(Checkpoint(RunFolder(), 1)));
}

}  // namespace
}  // namespace sg::integration
