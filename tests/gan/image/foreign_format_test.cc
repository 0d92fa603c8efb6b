#include "gan/image/foreign_format.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::StartsWith;

TEST(DescribeForeignFile, NamesTheFormatAndWhatToDo) {
  EXPECT_EQ(DescribeForeignFile("GIF89a"), "a GIF image, which is not read: convert it to PNG, JPEG or WebP");
  EXPECT_EQ(DescribeForeignFile("\x1f\x8b\x08"), "a gzip archive, which is not read: unpack it and give the folder");
  EXPECT_EQ(DescribeForeignFile("version https://git-lfs.github.com/spec/v1"),
            "a placeholder of Git LFS, which is not read: fetch the file with \"git lfs pull\"");
  EXPECT_THAT(DescribeForeignFile("\n <!DOCTYPE HTML><title>404"), StartsWith("a web page"));
  EXPECT_THAT(DescribeForeignFile("<?xml version='1.0'?><svg>"), StartsWith("an SVG image"));
  EXPECT_THAT(DescribeForeignFile(std::string("\0\0\0\x18"
                                              "ftypheic",
                                              12)),
              StartsWith("a HEIC image"));
  EXPECT_THAT(DescribeForeignFile(std::string("\0\0\0\x18"
                                              "ftypavif",
                                              12)),
              StartsWith("an AVIF image"));
  EXPECT_THAT(DescribeForeignFile(std::string("BM\x36\x0c\0\0\0\0\0\0", 10)), StartsWith("a BMP image"));
  EXPECT_THAT(DescribeForeignFile(std::string("II*\0\x08", 5)), StartsWith("a TIFF or raw image"));
  EXPECT_THAT(DescribeForeignFile("\x80\x04\x95"), StartsWith("a Python pickle"));
  EXPECT_THAT(DescribeForeignFile("P6\n3 4\n255\n"), StartsWith("a PNM image"));
  EXPECT_THAT(DescribeForeignFile(std::string(257, 'x') + "ustar"), StartsWith("a tar archive"));
}

TEST(DescribeForeignFile, EmptyForOtherFiles) {
  for (const char* bytes : {"", "B", "BM", "BMX is a bike", "P", "hello", "\x80", "/etc/passwd"}) {
    EXPECT_EQ(DescribeForeignFile(bytes), "") << bytes;
  }
  EXPECT_EQ(DescribeForeignFile(MakeJpeg(Gradient(8, 8))), "");
  EXPECT_EQ(DescribeForeignFile(std::string(511, 'x') + "<svg"), "") << "only the beginning counts";
}

}  // namespace
}  // namespace sg::gan
