#include "gan/data/streams/cifar_stream.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/gan/data/streams/cifar_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

class CifarStreamTest : public ::testing::Test {
 protected:
  // Expects the pictures `first`, `first` + 1, ... with these labels.
  void ExpectPictures(const std::string& name, CifarSplit split, int first, const std::vector<int>& labels) {
    SCOPED_TRACE(name);
    absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenCifar(folder_.File(name), split);
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_EQ((*stream)->size(), static_cast<int64_t>(labels.size()));
    EXPECT_TRUE((*stream)->has_labels());
    for (size_t i = 0; i < labels.size(); ++i) {
      const absl::StatusOr<Picture> picture = (*stream)->Next();
      ASSERT_TRUE(picture.ok()) << picture.status();
      ExpectCifarPicture(*picture, first + static_cast<int>(i), labels[i]);
    }
  }
  std::string Said(const std::string& name, CifarSplit split = CifarSplit::kTrain) {
    absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenCifar(folder_.File(name), split);
    if (!stream.ok()) return std::string(stream.status().message());
    for (int64_t i = 0; i < (*stream)->size(); ++i) {
      const absl::StatusOr<Picture> picture = (*stream)->Next();
      if (!picture.ok()) return std::string(picture.status().message());
    }
    return "it was accepted";
  }

  nn::ScratchDir folder_;
};

// As in the archive that is downloaded, the batches are not in their order.
TEST_F(CifarStreamTest, Cifar10) {
  const std::vector<io::RawTarEntry> python = {{"cifar-10-batches-py/", "", '5'},
                                               {"cifar-10-batches-py/data_batch_2", CifarPickle({5}, 12, "labels")},
                                               {"cifar-10-batches-py/readme.html", "<a>"},
                                               {"cifar-10-batches-py/test_batch", CifarPickle({9}, 70, "labels")},
                                               {"cifar-10-batches-py/batches.meta", "pickle"},
                                               {"cifar-10-batches-py/data_batch_1", CifarPickle({3, 4}, 10, "labels")}};
  const std::vector<io::RawTarEntry> binary = {{"x/data_batch_2.bin", CifarBinary({5}, 12)},
                                               {"x/batches.meta.txt", "airplane"},
                                               {"x/data_batch_1.bin", CifarBinary({3, 4}, 10)},
                                               {"x/test_batch.bin", CifarBinary({9}, 70)}};
  int folders = 0;
  for (const auto& entries : {python, binary}) {
    folder_.Write("a.tar", io::RawTar(entries));
    folder_.Write("a.tar.gz", io::Gzip(io::RawTar(entries)));
    const std::string unpacked = "folder" + std::to_string(folders++);
    std::filesystem::create_directory(folder_.File(unpacked));
    for (const io::RawTarEntry& entry : entries) {
      if (entry.type != '5') folder_.Write(unpacked + entry.name.substr(entry.name.find('/')), entry.data);
    }
    for (const std::string& name : {std::string("a.tar"), std::string("a.tar.gz"), unpacked}) {
      ExpectPictures(name, CifarSplit::kTrain, 10, {3, 4, 5});
      ExpectPictures(name, CifarSplit::kTest, 70, {9});
    }
  }
}

TEST_F(CifarStreamTest, Cifar100HasFineLabels) {
  folder_.Write("python.tar", io::RawTar({{"cifar-100-python/train", CifarPickle({77, 99}, 1, "fine_labels")},
                                          {"cifar-100-python/test", CifarPickle({50}, 5, "fine_labels")}}));
  folder_.Write("binary.tar", io::RawTar({{"cifar-100-binary/test.bin", CifarBinary({50}, 5, true)},
                                          {"cifar-100-binary/train.bin", CifarBinary({77, 99}, 1, true)}}));
  for (const char* name : {"python.tar", "binary.tar"}) {
    ExpectPictures(name, CifarSplit::kTrain, 1, {77, 99});
    ExpectPictures(name, CifarSplit::kTest, 5, {50});
  }
}

TEST_F(CifarStreamTest, OneBinaryFile) {
  folder_.Write("ten.bin", CifarBinary({7, 8}, 20));
  folder_.Write("hundred.bin", CifarBinary({7, 8}, 20, true));
  ExpectPictures("ten.bin", CifarSplit::kTrain, 20, {7, 8});
  ExpectPictures("hundred.bin", CifarSplit::kTrain, 20, {7, 8});
}

TEST_F(CifarStreamTest, RefusesDamage) {
  folder_.Write("cut.tar", io::RawTar({{"data_batch_1.bin", CifarBinary({1}, 0).substr(0, 3000)}}));
  EXPECT_THAT(Said("cut.tar"), HasSubstr("data_batch_1.bin: is 3000 bytes, no multiple of the 3073 of a picture"));
  folder_.Write("other.tar", io::RawTar({{"a", "b"}}));
  EXPECT_THAT(Said("other.tar"), HasSubstr("has no pictures of the wanted part"));
  folder_.Write("twice.tar",
                io::RawTar({{"a/data_batch_1.bin", CifarBinary({1}, 0)}, {"b/data_batch_1.bin", CifarBinary({1}, 0)}}));
  EXPECT_THAT(Said("twice.tar"), HasSubstr("twice"));
  folder_.Write("bad.tar", io::RawTar({{"data_batch_1", "no pickle"}}));
  EXPECT_THAT(Said("bad.tar"), HasSubstr("bad.tar: data_batch_1: not a pickle"));
  const std::string whole = io::Gzip(io::RawTar({{"data_batch_1", CifarPickle({1, 2}, 0, "labels")}}));
  folder_.Write("cut.tar.gz", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(Said("cut.tar.gz"), HasSubstr("ends too early"));
}

TEST(HasCifarNames, KnowsTheFilesOfEachForm) {
  EXPECT_TRUE(HasCifarNames({"x", "cifar-10-batches-py/data_batch_1"}));
  EXPECT_TRUE(HasCifarNames({"train.bin"}));
  EXPECT_FALSE(HasCifarNames({"data_batch", "training", "train/1.png"}));
}

}  // namespace
}  // namespace sg::gan
