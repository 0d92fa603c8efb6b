#include "gan/data/convert/convert_pictures.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/data/image_source.h"
#include "gan/image/decode_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/data/convert/fake_stream.h"
#include "tests/gan/image/test_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConvertPicturesTest : public ::testing::Test {
 protected:
  // Writes <name>.zip.
  absl::StatusOr<ConvertCounts> Convert(const std::vector<Picture>& pictures, const ConvertOptions& options,
                                        const std::string& name = "a") {
    FakeStream stream(pictures);
    absl::StatusOr<std::unique_ptr<DatasetWriter>> writer =
        DatasetWriter::Open(dir_.File(name + ".zip"), stream.has_labels());
    absl::StatusOr<ConvertCounts> counts = ConvertPictures(&stream, writer->get(), options);
    if (!counts.ok()) return counts.status();
    const absl::Status finished = (*writer)->Finish();
    EXPECT_TRUE(finished.ok()) << finished;
    return counts;
  }
  // The first pixel of each image in the archive.
  std::vector<int> FirstPixels(const std::string& name = "a") {
    ImageSourceOptions options;
    options.path = dir_.File(name + ".zip");
    const auto source = ImageSource::Open(options);
    std::vector<int> pixels;
    for (int64_t i = 0; i < (*source)->size(); ++i) {
      pixels.push_back(DecodeImage(*(*source)->Read(i), DecodeLimits())->pixels[0]);
    }
    return pixels;
  }
  static std::vector<Picture> Pictures(int count) {
    std::vector<Picture> pictures;
    for (int i = 0; i < count; ++i)
      pictures.push_back(PngPicture(absl::StrCat(i, ".png"), Solid(8, 8, i, 0, 0), i % 3));
    return pictures;
  }
  static ConvertOptions Keep() {
    ConvertOptions options;
    options.fit = {FitMode::kKeep, {0, 0, 3}};
    return options;
  }

  nn::ScratchDir dir_;
};

TEST_F(ConvertPicturesTest, KeepsTheOrderForAnyNumberOfThreads) {
  std::vector<int> want;
  for (int i = 0; i < 100; ++i) want.push_back(i);
  std::string bytes;
  for (const int threads : {1, 2, 7}) {
    ConvertOptions options = Keep();
    options.threads = threads;
    int64_t progress = 0;
    options.on_progress = [&](int64_t pictures) { progress += pictures; };
    const absl::StatusOr<ConvertCounts> counts = Convert(Pictures(100), options);
    ASSERT_TRUE(counts.ok()) << counts.status();
    EXPECT_EQ(counts->written, 100);
    EXPECT_EQ(counts->spec, (ImageSpec{8, 8, 3}));
    EXPECT_EQ(progress, 100);
    EXPECT_EQ(FirstPixels(), want);
    if (bytes.empty()) bytes = dir_.Read("a.zip");
    EXPECT_EQ(dir_.Read("a.zip"), bytes) << threads << " threads";
  }
  EXPECT_THAT(bytes, HasSubstr("[\"00000/img00000004.png\", 1]"));
}

TEST_F(ConvertPicturesTest, ABadPictureStopsOrIsLeftOut) {
  std::vector<Picture> pictures = Pictures(5);
  pictures[2].bytes.resize(50);
  pictures[4] = PngPicture("4.png", Gradient(9, 8), 0);
  ConvertOptions options = Keep();
  const absl::Status status = Convert(pictures, options).status();
  EXPECT_EQ(status.message(), "2.png: PNG is truncated");
  EXPECT_THAT(dir_.Names(), IsEmpty());
  options.on_bad_image = OnBadImage::kSkip;
  const absl::StatusOr<ConvertCounts> counts = Convert(pictures, options);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->written, 3);
  EXPECT_THAT(counts->bad,
              ElementsAre("2.png: PNG is truncated", "4.png: is 9x8, and 0.png is 8x8: --res makes them of one size"));
  EXPECT_THAT(FirstPixels(), ElementsAre(0, 1, 3));
}

TEST_F(ConvertPicturesTest, TakesTheFirstImages) {
  ConvertOptions options = Keep();
  options.max_images = 37;
  const absl::StatusOr<ConvertCounts> counts = Convert(Pictures(100), options);
  EXPECT_EQ(counts->written, 37);
  EXPECT_EQ(FirstPixels().size(), 37u);
}

TEST_F(ConvertPicturesTest, SmallPicturesAreCountedOrLeftOut) {
  std::vector<Picture> pictures = Pictures(3);
  pictures[1] = PngPicture("1.png", Solid(16, 16, 77, 0, 0), 0);
  ConvertOptions options;
  options.fit = {FitMode::kCenterCrop, {16, 16, 3}};
  EXPECT_EQ(Convert(pictures, options)->enlarged, 2);
  options.skip_small = true;
  const absl::StatusOr<ConvertCounts> counts = Convert(pictures, options);
  EXPECT_EQ(counts->small, 2);
  EXPECT_EQ(counts->written, 1);
  EXPECT_THAT(FirstPixels(), ElementsAre(77));
}

TEST_F(ConvertPicturesTest, StopsOnRequest) {
  ConvertOptions options = Keep();
  int asked = 0;
  options.stop = [&] { return ++asked > 30; };
  EXPECT_TRUE(absl::IsCancelled(Convert(Pictures(100), options).status()));
  EXPECT_THAT(dir_.Names(), IsEmpty());
}

}  // namespace
}  // namespace sg::gan
