#include "tools/report/embedded_picture.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gan/image/decode_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

gan::Image Ramp(int width, int height, int channels) {
  gan::Image image{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 3 / width));
  return image;
}

// What a browser would show.
gan::Image Shown(const EmbeddedPicture& picture) {
  absl::string_view uri = picture.uri;
  EXPECT_TRUE(absl::ConsumePrefix(&uri, "data:image/webp;base64,")) << picture.uri.substr(0, 40);
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(uri, &bytes));
  return gan::DecodeImage(bytes, gan::DecodeLimits()).value();
}

class PictureCacheTest : public ::testing::Test {
 protected:
  nn::ScratchDir folder_;
  PictureCache pictures_;
};

TEST_F(PictureCacheTest, EmbedsAPicture) {
  const std::string path = folder_.Write("a.png", gan::EncodePng(Ramp(40, 20, 3), {{"key", "value"}}).value());
  const auto picture = pictures_.Embed(path, 100);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->width, 40);
  EXPECT_EQ(picture->height, 20);
  EXPECT_THAT(picture->text, ElementsAre(Pair("key", "value")));
  const gan::Image shown = Shown(*picture), original = Ramp(40, 20, 3);
  ASSERT_EQ(shown.pixels.size(), original.pixels.size());
  for (size_t i = 0; i < shown.pixels.size(); ++i) EXPECT_NEAR(shown.pixels[i], original.pixels[i], 24);
}

TEST_F(PictureCacheTest, ShrinksALargeOne) {
  const std::string path = folder_.Write("a.png", gan::EncodePng(Ramp(300, 150, 1)).value());
  const auto picture = pictures_.Embed(path, 100);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->width, 100);
  EXPECT_EQ(picture->height, 50);
  EXPECT_EQ(Shown(*picture).width, 100);
  const auto thin = pictures_.Embed(folder_.Write("b.png", gan::EncodePng(Ramp(300, 1, 4)).value()), 100);
  ASSERT_TRUE(thin.ok()) << thin.status();
  EXPECT_EQ(thin->height, 1);
}

TEST_F(PictureCacheTest, FollowsTheFile) {
  const std::string path = folder_.Write("a.png", gan::EncodePng(Ramp(8, 8, 3)).value());
  const std::string first = pictures_.Embed(path, 100)->uri;
  EXPECT_EQ(pictures_.Embed(path, 100)->uri, first);
  // Other bytes of the same size and time are not looked at.
  const auto time = std::filesystem::last_write_time(path);
  const std::string bytes = folder_.Read("a.png");
  folder_.Write("a.png", std::string(bytes.size(), 'x'));
  std::filesystem::last_write_time(path, time);
  EXPECT_EQ(pictures_.Embed(path, 100)->uri, first);
  std::filesystem::last_write_time(path, time + std::chrono::seconds(1));
  EXPECT_FALSE(pictures_.Embed(path, 100).ok());
  folder_.Write("a.png", gan::EncodePng(Ramp(16, 8, 3)).value());
  EXPECT_EQ(pictures_.Embed(path, 100)->width, 16);
  pictures_.ForgetUnused();
  pictures_.ForgetUnused();
  EXPECT_EQ(pictures_.Embed(path, 100)->width, 16);
}

TEST_F(PictureCacheTest, NamesAFileThatIsNoPicture) {
  const std::string path = folder_.Write("a.png", "<script>alert(1)</script>");
  EXPECT_THAT(pictures_.Embed(path, 100).status().message(), HasSubstr(path));
  EXPECT_THAT(pictures_.Embed(folder_.File("none.png"), 100).status().message(), HasSubstr("none.png"));
}

}  // namespace
}  // namespace sg::report
