#include "gan/data/convert/examine_pictures.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/data/convert/fake_stream.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Picture> Good() {
  return {PngPicture("a.png", Solid(8, 8, 1, 0, 0)), PngPicture("b.png", Solid(8, 8, 2, 0, 0)),
          PngPicture("c.png", Solid(8, 8, 3, 0, 0))};
}

TEST(ExaminePictures, FindsNothingInAGoodSet) {
  FakeStream stream(Good());
  const absl::StatusOr<Examination> found = ExaminePictures(&stream, {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->pictures, 3);
  EXPECT_THAT(found->problems, IsEmpty());
  EXPECT_EQ(found->sizes, "sizes: 8x8 3");
  EXPECT_EQ(found->modes, "pixels: RGB 3");
}

TEST(ExaminePictures, FindsAllProblemsInTheirOrder) {
  std::vector<Picture> pictures = Good();
  pictures.push_back(PngPicture("cut.png", Gradient(8, 8)));
  pictures.back().bytes.resize(60);
  pictures.push_back(PngPicture("large.png", Gradient(9, 8)));
  pictures.push_back(PngPicture("gray.png", Image{8, 8, 1, std::vector<uint8_t>(64, 100)}));
  pictures.push_back(pictures[1]);
  pictures.back().name = "again.png";
  PngSpec deep;
  deep.width = deep.height = 8;
  deep.bit_depth = 16;
  deep.rows.resize(64 * 6, 50);
  pictures.push_back(PngPicture("deep.png", Gradient(8, 8)));
  pictures.back().bytes = MakePng(deep);
  pictures.push_back(PngPicture("gone.png", Gradient(8, 8)));
  pictures.back().status = absl::DataLossError("file is empty");
  for (const int threads : {1, 3}) {
    FakeStream stream(pictures);
    ExamineOptions options;
    options.threads = threads;
    const absl::StatusOr<Examination> found = ExaminePictures(&stream, options);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(found->problems,
                ElementsAre("cut.png: PNG is truncated", "large.png: is 9x8, most are 8x8",
                            "gray.png: is gray, most are RGB", "again.png: has the same pixels as b.png",
                            "deep.png: is RGB of 16 bits, most are RGB", "gone.png: file is empty"));
    EXPECT_EQ(found->sizes, "sizes: 8x8 6, 9x8 1");
    EXPECT_EQ(found->modes, "pixels: RGB 5, RGB of 16 bits 1, gray 1");
  }
}

TEST(ExaminePictures, WithAWantedSizeOnlySmallOnesAreProblems) {
  std::vector<Picture> pictures = Good();
  pictures.push_back(PngPicture("large.png", Gradient(30, 20)));
  FakeStream stream(pictures);
  ExamineOptions options;
  options.wanted = {8, 16, 3};
  const absl::StatusOr<Examination> found = ExaminePictures(&stream, options);
  EXPECT_THAT(found->problems, ElementsAre("a.png: is 8x8, too small for 16x8", "b.png: is 8x8, too small for 16x8",
                                           "c.png: is 8x8, too small for 16x8"));
}

// Another pixel anywhere, also in the last bytes, makes another picture.
TEST(ExaminePictures, SimilarPicturesAreNotTheSame) {
  std::vector<Picture> pictures;
  for (int at = 0; at < 35; ++at) {
    Picture picture;
    picture.name = "x";
    picture.image = Image{7, 5, 1, std::vector<uint8_t>(35, 10)};
    picture.image.pixels[at] = 11;
    pictures.push_back(picture);
  }
  FakeStream stream(pictures);
  EXPECT_THAT(ExaminePictures(&stream, {})->problems, IsEmpty());
}

}  // namespace
}  // namespace sg::gan
