#include "gan/data/streams/lmdb_stream.h"

#include <filesystem>
#include <memory>
#include <string>

#include "gan/image/decode_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/golden_lmdb.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;

TEST(LmdbStream, GivesThePicturesOfAFolderOrFile) {
  const nn::ScratchDir folder;
  std::filesystem::create_directory(folder.File("set_lmdb"));
  folder.Write("set_lmdb/data.mdb", io::GoldenLmdb("pictures"));
  for (const char* name : {"set_lmdb", "set_lmdb/data.mdb"}) {
    absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenLmdb(folder.File(name), 1 << 20);
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_EQ((*stream)->size(), 7);
    EXPECT_FALSE((*stream)->has_labels());
    for (int i = 0; i < 7; ++i) {
      const absl::StatusOr<Picture> picture = (*stream)->Next();
      ASSERT_TRUE(picture.ok()) << picture.status();
      EXPECT_TRUE(picture->status.ok());
      EXPECT_EQ(picture->name.size(), 40u);
      const absl::StatusOr<Image> image = DecodeImage(picture->bytes, DecodeLimits());
      ASSERT_EQ(image.ok(), i < 6) << image.status();
      if (!image.ok()) continue;
      EXPECT_EQ(image->width, 12);
      EXPECT_EQ(image->height, 8);
      EXPECT_NEAR(image->pixels[0], 10 * i, 2);  // JPEG is not exact
      EXPECT_NEAR(image->pixels[1], 100, 2);
    }
  }
}

TEST(LmdbStream, ALargeValueIsOneBadPicture) {
  const nn::ScratchDir folder;
  folder.Write("data.mdb", io::GoldenLmdb("pictures"));
  absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenLmdb(folder.File("data.mdb"), 20);
  int bad = 0;
  for (int i = 0; i < 7; ++i) {
    const absl::StatusOr<Picture> picture = (*stream)->Next();
    ASSERT_TRUE(picture.ok());
    bad += picture->status.ok() ? 0 : 1;
  }
  EXPECT_EQ(bad, 6);
}

TEST(LmdbStream, RefusesOtherFiles) {
  const nn::ScratchDir folder;
  folder.Write("text", std::string(300, 'x'));
  EXPECT_THAT(std::string(OpenLmdb(folder.File("text"), 20).status().message()), HasSubstr("no LMDB database"));
  EXPECT_TRUE(absl::IsNotFound(OpenLmdb(folder.File("nowhere"), 20).status()));
}

}  // namespace
}  // namespace sg::gan
