// dataset: from each format to a set that `train` reads, and the report of --check.
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/golden_lmdb.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/gan/data/streams/cifar_files.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class DatasetTest : public SmallTraining {
 protected:
  Outcome Dataset(const std::vector<std::string>& arguments) { return RunTool("dataset", arguments, folder_.path()); }

  // A file of MNIST's format.
  void WriteIdx(const std::string& name, int pictures, int side = 28) {
    std::string bytes("\0\0\x08\x03", 4);
    for (const int extent : {pictures, side, side}) {
      for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(extent >> shift));
    }
    for (int i = 0; i < pictures; ++i) bytes += std::string(static_cast<size_t>(side) * side, static_cast<char>(i));
    folder_.Write(name, bytes);
  }
  // Everything but what was there at the beginning.
  std::vector<std::string> NewNames() {
    std::vector<std::string> names;
    for (const std::string& name : folder_.Names()) {
      if (name != "images" && name != "options.json") names.push_back(name);
    }
    return names;
  }
};

TEST_F(DatasetTest, TrainReadsWhatItWrites) {
  for (const char* dest : {"set.zip", "set"}) {
    const Outcome made = Dataset({"--source=images", absl::StrCat("--dest=", dest)});
    ASSERT_EQ(made.exit_code, 0) << made;
    EXPECT_EQ(made.out, absl::StrCat(dest, "\n"));
    EXPECT_THAT(made.err, HasSubstr("11 images of 8x8 with 3 channels and no labels"));
    std::vector<std::string> arguments = StartArguments(1, absl::StrCat("runs-", dest));
    arguments.push_back(absl::StrCat("--data=", dest));
    const Outcome trained = RunTool("train", arguments, folder_.path());
    EXPECT_EQ(trained.exit_code, 0) << trained;
    const Outcome checked = Dataset({absl::StrCat("--source=", dest), "--check"});
    EXPECT_EQ(checked.exit_code, 0) << checked;
    EXPECT_EQ(checked.out, "11 pictures\nsizes: 8x8 11\npixels: RGB 11\nno problems\n");
  }
}

TEST_F(DatasetTest, TheSameInputGivesTheSameBytes) {
  ASSERT_EQ(Dataset({"--source=images", "--dest=a.zip", "--res=16", "--threads=1"}).exit_code, 0);
  ASSERT_EQ(Dataset({"--source=images", "--dest=b.zip", "--res=16", "--threads=3"}).exit_code, 0);
  EXPECT_EQ(folder_.Read("a.zip"), folder_.Read("b.zip"));
}

TEST_F(DatasetTest, CifarKeepsItsClasses) {
  folder_.Write("cifar-10-python.tar.gz",
                io::Gzip(io::RawTar({{"x/data_batch_1", gan::CifarPickle({3, 9, 0, 9}, 0, "labels")}})));
  const Outcome made = Dataset({"--source=cifar-10-python.tar.gz", "--dest=cifar10.zip"});
  ASSERT_EQ(made.exit_code, 0) << made;
  EXPECT_THAT(made.err, HasSubstr("4 images of 32x32 with 3 channels and labels"));
  const Outcome trained = RunTool("train", {"--data=cifar10.zip", "--cond", "--res=32", "--dry-run"}, folder_.path());
  ASSERT_EQ(trained.exit_code, 0) << trained;
  EXPECT_EQ(nlohmann::json::parse(trained.out)["model"]["label_dim"], 10);
  // Once more through the tool: the labels stay.
  ASSERT_EQ(Dataset({"--source=cifar10.zip", "--dest=again"}).exit_code, 0);
  EXPECT_THAT(folder_.Read("again/dataset.json"), HasSubstr("[\"00000/img00000001.png\", 9]"));
  ASSERT_EQ(Dataset({"--source=cifar10.zip", "--dest=none", "--labels=none"}).exit_code, 0);
  EXPECT_EQ(folder_.Read("none/dataset.json"), "{\"labels\": null}\n");
}

TEST_F(DatasetTest, FoldersBecomeClassesWithTheirNames) {
  for (const char* name : {"animals", "animals/cat", "animals/dog"}) std::filesystem::create_directory(File(name));
  for (int i = 0; i < 4; ++i) WriteImage(absl::StrCat("animals/", i < 3 ? "dog/" : "cat/", i, ".png"), i);
  const Outcome plain = Dataset({"--source=animals", "--dest=plain.zip"});
  EXPECT_THAT(plain.err, HasSubstr("the images lie in 2 folders, and --labels=folders makes classes of them"));
  ASSERT_EQ(Dataset({"--source=animals", "--dest=set.zip", "--labels=folders"}).exit_code, 0);
  std::vector<std::string> arguments = StartArguments(0.04);
  arguments.insert(arguments.end(), {"--data=set.zip", "--cond"});
  const Outcome trained = RunTool("train", arguments, folder_.path());
  EXPECT_EQ(trained.exit_code, 0) << trained;
  EXPECT_THAT(trained.out + trained.err, HasSubstr("dog"));
}

TEST_F(DatasetTest, LsunAndMnist) {
  std::filesystem::create_directory(File("church_lmdb"));
  folder_.Write("church_lmdb/data.mdb", io::GoldenLmdb("pictures"));
  const Outcome refused = Dataset({"--source=church_lmdb", "--dest=church.zip", "--res=8"});
  EXPECT_EQ(refused.exit_code, 4) << refused;
  EXPECT_THAT(refused.err, HasSubstr("--on-bad-image=skip leaves pictures out that cannot be used"));
  const Outcome made = Dataset({"--source=church_lmdb", "--dest=church.zip", "--res=8", "--on-bad-image=skip"});
  ASSERT_EQ(made.exit_code, 0) << made;
  EXPECT_THAT(made.err, HasSubstr("left out: "));
  EXPECT_THAT(made.err, HasSubstr("6 images of 8x8 with 3 channels"));
  WriteIdx("t10k-images-idx3-ubyte", 5);
  const Outcome gray = Dataset({"--source=t10k-images-idx3-ubyte", "--dest=mnist.zip", "--max-images=4"});
  ASSERT_EQ(gray.exit_code, 0) << gray;
  EXPECT_THAT(gray.err, HasSubstr("4 images of 32x32 with 1 channel and no labels"));
}

TEST_F(DatasetTest, TransformsAndSmallPictures) {
  const Outcome wide = Dataset({"--source=images", "--dest=wide.zip", "--res=16x12", "--transform=center-crop-wide"});
  ASSERT_EQ(wide.exit_code, 0) << wide;
  EXPECT_THAT(wide.err,
              HasSubstr("11 pictures were smaller than --res and enlarged; --skip-small leaves such pictures"));
  EXPECT_THAT(wide.err, HasSubstr("11 images of 16x16"));
  const Outcome crop = Dataset({"--source=images", "--dest=crop.zip", "--res=16x12"});
  EXPECT_THAT(crop.err, HasSubstr("11 images of 16x12"));
  EXPECT_THAT(crop.err, HasSubstr("NVIDIA's programs need squares"));
  const Outcome none = Dataset({"--source=images", "--dest=none.zip", "--res=16", "--skip-small"});
  EXPECT_EQ(none.exit_code, 4) << none;
  EXPECT_THAT(none.err, HasSubstr("images: no picture can be used"));
  EXPECT_FALSE(Exists(File("none.zip")));
}

TEST_F(DatasetTest, CheckListsEverythingAtOnce) {
  folder_.Write("images/bad.png", "text");
  folder_.Write("images/again.png", folder_.Read("images/3.png"));
  folder_.Write("images/large.png", gan::EncodePng({9, 8, 3, std::vector<uint8_t>(216, 7)}).value());
  folder_.Write("images/gray.png", gan::EncodePng({8, 8, 1, std::vector<uint8_t>(64, 7)}).value());
  folder_.Write("images/dataset.json", R"({"labels": [["0.png", 1], ["gone.png", 2]]})");
  const std::vector<std::string> before = folder_.Names();
  const Outcome checked = Dataset({"--source=images", "--check"});
  EXPECT_EQ(checked.exit_code, 4) << checked;
  for (const char* said :
       {"15 pictures\n", "\nsizes: 8x8 13, 9x8 1\n", "\npixels: RGB 13, gray 1\n", "\nbad.png: file is not a PNG",
        "\nagain.png: has the same pixels as 3.png\n", "\nlarge.png: is 9x8, most are 8x8\n",
        "\ngray.png: is gray, most are RGB\n", "\ndataset.json: no label of 1.png\n",
        "\ndataset.json: a label of gone.png, which is not there\n"}) {
    EXPECT_THAT(checked.out, HasSubstr(said));
  }
  EXPECT_EQ(folder_.Names(), before);
  const Outcome small = Dataset({"--source=images", "--check", "--res=16"});
  EXPECT_EQ(small.exit_code, 4) << small;
  EXPECT_THAT(small.out, HasSubstr("0.png: is 8x8, too small for 16x16"));
}

TEST_F(DatasetTest, WhatIsStoppedOrKilledLeavesNothing) {
  WriteIdx("images-idx3-ubyte", 20000);
  for (const int signal : {SIGINT, SIGKILL}) {
    for (const char* dest : {"set.zip", "set"}) {
      Process process("dataset", {"--source=images-idx3-ubyte", absl::StrCat("--dest=", dest), "--res=128"},
                      folder_.path());
      ASSERT_TRUE(process.WaitUntil([&] { return IsWriting(process); }));
      // The folder has a name while it is written, and only who is asked to stop can remove it.
      const bool remains = signal == SIGKILL && HasTemporaryFile();
      process.Signal(signal);
      const Outcome outcome = process.Wait();
      EXPECT_EQ(outcome.signal, signal) << outcome;
      EXPECT_THAT(outcome.out, IsEmpty());
      EXPECT_FALSE(Exists(File(dest)));
      EXPECT_EQ(HasTemporaryFile(), remains) << dest;
    }
  }
}

TEST_F(DatasetTest, AFullDiskLeavesNothing) {
  const Outcome outcome =
      RunToolUnder({"prlimit", "--fsize=2000"}, "dataset", {"--source=images", "--dest=set.zip"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, StartsWith("dataset: set.zip: cannot write"));
  EXPECT_THAT(NewNames(), Each(Not(HasSubstr("set"))));
}

// The pictures are not kept: 1 KiB each as they are, and 49 KiB as they are written.
TEST_F(DatasetTest, MemoryDoesNotGrowWithTheNumberOfPictures) {
  WriteIdx("few", 200);
  WriteIdx("many", 3200);
  int64_t kib[2];
  for (const int i : {0, 1}) {
    const Outcome outcome =
        Dataset({i == 0 ? "--source=few" : "--source=many", "--dest=set.zip", "--res=128", "--channels=3"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    kib[i] = outcome.max_resident_kib;
  }
  EXPECT_LT(kib[1] - kib[0], 3000) << "3000 more pictures may take 1 KiB each, for their names and labels";
}

TEST_F(DatasetTest, HelpNamesEveryFlag) {
  const Outcome outcome = Dataset({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--source=", "--labels=", "--split=", "--max-images=", "--on-bad-image=", "--max-mpx=",
                           "--res=", "--transform=", "--channels=", "--dest=", "--threads="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
