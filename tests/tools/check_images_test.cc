#include "tools/check_images.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/data/dataset.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class BadImagesTest : public ::testing::Test {
 protected:
  BadImagesTest() {
    const std::string good = gan::EncodePng({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3)}).value();
    for (int i = 10; i < 60; ++i) folder_.Write(absl::StrCat(i, ".png"), good);
  }
  std::unique_ptr<gan::Dataset> Open() {
    gan::DatasetOptions options;
    options.path = folder_.path();
    options.spec = {8, 8, 3};
    options.mirror = true;
    return *gan::Dataset::Open(options);
  }

  nn::ScratchDir folder_;
};

TEST_F(BadImagesTest, AreAllFoundInOrder) {
  for (const char* name : {"11.png", "35.png", "59.png"}) folder_.Write(name, "text");
  for (int threads : {1, 4}) {
    EXPECT_THAT(BadImages(Open().get(), threads, {}),
                ElementsAre(StartsWith("11.png: "), StartsWith("35.png: "), StartsWith("59.png: ")));
  }
}

TEST_F(BadImagesTest, ProgressEndsWithTheNumberOfImages) {
  std::vector<int64_t> done;
  EXPECT_THAT(BadImages(Open().get(), 1, [&done](int64_t images) { done.push_back(images); }), IsEmpty());
  EXPECT_EQ(done.size(), 51u);
  EXPECT_EQ(done.back(), 50) << "a mirror image is no further file";
}

}  // namespace
}  // namespace sg::cli
