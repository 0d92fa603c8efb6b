#include "gan/data/streams/idx_stream.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_tar.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

std::string Header(const std::vector<int>& extents, char type = 8) {
  std::string header{'\0', '\0', type, static_cast<char>(extents.size())};
  for (const int extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<char>(extent >> shift));
  }
  return header;
}

class IdxStreamTest : public ::testing::Test {
 protected:
  std::string Said(const std::string& name) {
    absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenIdx(folder_.File(name));
    if (!stream.ok()) return std::string(stream.status().message());
    for (int64_t i = 0; i < (*stream)->size(); ++i) {
      const absl::StatusOr<Picture> picture = (*stream)->Next();
      if (!picture.ok()) return std::string(picture.status().message());
    }
    return "it was accepted";
  }

  nn::ScratchDir folder_;
};

TEST_F(IdxStreamTest, PicturesOfMnistGetABorder) {
  std::string pixels;
  for (int i = 0; i < 3; ++i) pixels += std::string(784, static_cast<char>(100 + i));
  folder_.Write("train-images-idx3-ubyte.gz", io::Gzip(Header({3, 28, 28}) + pixels));
  folder_.Write("train-labels-idx1-ubyte.gz", io::Gzip(Header({3}) + std::string("\x05\0\x04", 3)));
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenIdx(folder_.File("train-images-idx3-ubyte.gz"));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->size(), 3);
  EXPECT_EQ((*stream)->channels(), 1);
  EXPECT_TRUE((*stream)->has_labels());
  const int labels[] = {5, 0, 4};
  for (int i = 0; i < 3; ++i) {
    const absl::StatusOr<Picture> picture = (*stream)->Next();
    ASSERT_TRUE(picture.ok()) << picture.status();
    const Image& image = picture->image;
    ASSERT_EQ(image.width, 32);
    ASSERT_EQ(image.height, 32);
    ASSERT_EQ(image.channels, 1);
    for (int at = 0; at < 1024; ++at) {
      const int y = at / 32, x = at % 32;
      const bool inside = y >= 2 && y < 30 && x >= 2 && x < 30;
      ASSERT_EQ(image.pixels[at], inside ? 100 + i : 0) << x << " " << y;
    }
    EXPECT_EQ(picture->label.class_number, labels[i]);
  }
}

TEST_F(IdxStreamTest, LabelsMayBeUnpackedOrMissing) {
  const std::string images = Header({1, 2, 3}) + "abcdef";
  folder_.Write("a-images.idx3-ubyte", images);
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenIdx(folder_.File("a-images.idx3-ubyte"));
  EXPECT_FALSE((*stream)->has_labels());
  const absl::StatusOr<Picture> picture = (*stream)->Next();
  EXPECT_TRUE(picture->label.empty());
  EXPECT_EQ(picture->image.width, 3);
  EXPECT_EQ(std::string(picture->image.pixels.begin(), picture->image.pixels.end()), "abcdef");
  folder_.Write("a-labels.idx1-ubyte.gz", io::Gzip(Header({1}) + "x"));
  stream = OpenIdx(folder_.File("a-images.idx3-ubyte"));
  EXPECT_TRUE((*stream)->has_labels());
}

TEST_F(IdxStreamTest, RefusesOtherFiles) {
  folder_.Write("a-images", Header({2, 2, 2}) + "1234567");
  EXPECT_THAT(Said("a-images"), HasSubstr("ends 1 bytes too early"));
  folder_.Write("b-images", Header({2, 2, 2}).substr(0, 9));
  EXPECT_THAT(Said("b-images"), HasSubstr("too early"));
  folder_.Write("c-labels", Header({2}) + "12");
  EXPECT_THAT(Said("c-labels"), HasSubstr("has labels: give the file with the images"));
  folder_.Write("d-images", Header({2, 2, 2}, 0xd) + "12345678");
  EXPECT_THAT(Said("d-images"), HasSubstr("no idx file of bytes"));
  for (const std::vector<int>& extents :
       {std::vector<int>{0, 2, 2}, {2, 0, 2}, {2, 2, 5000}, {2, 2}, {2, 2, 2, 3}, {-1, -1, -1}}) {
    folder_.Write("e-images", Header(extents) + "12345678");
    EXPECT_THAT(Said("e-images"), HasSubstr("no pictures with sides of 1 to 4096")) << extents.size();
  }
  folder_.Write("f-images", Header({2, 2, 2}) + "12345678");
  folder_.Write("f-labels", Header({3}) + "123");
  EXPECT_THAT(Said("f-images"), HasSubstr("has 3 labels for 2 pictures"));
  folder_.Write("f-labels", Header({2}) + "1");
  EXPECT_THAT(Said("f-images"), HasSubstr("f-labels is damaged"));
}

TEST(IsIdx, GoesByTheFirstBytes) {
  EXPECT_TRUE(IsIdx(Header({1, 28, 28})));
  EXPECT_FALSE(IsIdx(std::string(4, '\0')));
  EXPECT_FALSE(IsIdx("PK\x03\x04"));
  EXPECT_FALSE(IsIdx(std::string("\0\0\x08", 3)));
}

}  // namespace
}  // namespace sg::gan
