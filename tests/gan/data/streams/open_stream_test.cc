#include "gan/data/streams/open_stream.h"

#include <filesystem>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/golden_lmdb.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/gan/data/streams/cifar_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

class OpenStreamTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<PictureStream>> Open(const std::string& name,
                                                      StreamLabels labels = StreamLabels::kFile) {
    StreamOptions options;
    options.files.path = folder_.File(name);
    options.labels = labels;
    return OpenStream(options);
  }
  int64_t Size(const std::string& name) {
    const absl::StatusOr<std::unique_ptr<PictureStream>> stream = Open(name);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? (*stream)->size() : -1;
  }
  std::string Said(const std::string& name, StreamLabels labels = StreamLabels::kFile) {
    return std::string(Open(name, labels).status().message());
  }

  nn::ScratchDir folder_;
};

TEST_F(OpenStreamTest, KnowsEachFormatByItsBytes) {
  folder_.Write("cifar", io::Gzip(io::RawTar({{"x/data_batch_1", CifarPickle({3, 4}, 10, "labels")}})));
  EXPECT_EQ(Size("cifar"), 2);
  folder_.Write("cifar.bin", CifarBinary({3, 4, 5}, 10));
  EXPECT_EQ(Size("cifar.bin"), 3);
  folder_.Write("mnist", io::Gzip(std::string("\0\0\x08\x03\0\0\0\x05\0\0\0\x01\0\0\0\x01", 16) + "12345"));
  EXPECT_EQ(Size("mnist"), 5);
  folder_.Write("lmdb", io::GoldenLmdb("pictures"));
  EXPECT_EQ(Size("lmdb"), 7);
  for (const char* folder : {"set_lmdb", "batches", "images", "images/train", "images/test"}) {
    std::filesystem::create_directory(folder_.File(folder));
  }
  folder_.Write("set_lmdb/data.mdb", io::GoldenLmdb("deep"));
  EXPECT_EQ(Size("set_lmdb"), 700);
  folder_.Write("batches/data_batch_1.bin", CifarBinary({3}, 10));
  EXPECT_EQ(Size("batches"), 1);
  folder_.Write("images/train/1.png", "x");
  folder_.Write("images/test/1.png", "x");
  EXPECT_EQ(Size("images"), 2);
}

TEST_F(OpenStreamTest, TellsWhatIsWrong) {
  EXPECT_THAT(Said("nowhere"), HasSubstr("does not exist"));
  folder_.Write("text", "text");
  EXPECT_THAT(Said("text"), HasSubstr("neither a folder nor a zip archive"));
  folder_.Write("odd.bin", "text");
  EXPECT_THAT(Said("odd.bin"), HasSubstr("neither a folder nor a zip archive"));
  folder_.Write("text.gz", io::Gzip("text"));
  EXPECT_THAT(Said("text.gz"), HasSubstr("is packed with gzip, and is neither a tar archive nor an idx file"));
  folder_.Write("images.tar", io::RawTar({{"a.png", "x"}}));
  EXPECT_THAT(Said("images.tar"), HasSubstr("unpack it and give the folder"));
  folder_.Write("cifar.bin", CifarBinary({3}, 10));
  EXPECT_THAT(Said("cifar.bin", StreamLabels::kFolders), HasSubstr("has no folders that could be classes"));
}

}  // namespace
}  // namespace sg::gan
