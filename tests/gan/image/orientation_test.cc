#include "gan/image/orientation.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

TEST(ExifOrientation, BothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(ExifOrientation(OrientationTiff(orientation, true)), orientation);
    EXPECT_EQ(ExifOrientation(OrientationTiff(orientation, false)), orientation);
  }
}

TEST(ExifOrientation, AnyIntegerType) {
  std::string tiff = OrientationTiff(6, /*big_endian=*/true);
  tiff.replace(12, 10, std::string("\0\4\0\0\0\1\0\0\0\x08", 10));  // a LONG
  EXPECT_EQ(ExifOrientation(tiff), 8);
  tiff.replace(12, 10, std::string("\0\1\0\0\0\1\3\0\0\0", 10));  // a BYTE
  EXPECT_EQ(ExifOrientation(tiff), 3);
  tiff[13] = 2;  // a string
  EXPECT_EQ(ExifOrientation(tiff), 1);
  tiff[13] = 99;
  EXPECT_EQ(ExifOrientation(tiff), 1);
}

TEST(ExifOrientation, PrefixIsOptional) {
  EXPECT_EQ(ExifOrientation(std::string("Exif\0\0", 6) + OrientationTiff(5, true)), 5);
}

TEST(ExifOrientation, Malformed) {
  EXPECT_EQ(ExifOrientation(""), std::nullopt);
  EXPECT_EQ(ExifOrientation("II"), std::nullopt);
  EXPECT_EQ(ExifOrientation("not a TIFF block"), std::nullopt);
  EXPECT_EQ(ExifOrientation(OrientationTiff(0, true)), 1);
  EXPECT_EQ(ExifOrientation(OrientationTiff(9, true)), 1);
  const std::string whole = OrientationTiff(6, false);
  for (size_t length = 0; length < 20; ++length) {
    EXPECT_EQ(ExifOrientation(whole.substr(0, length)).value_or(1), 1) << length;
  }
  std::string far_directory = whole;
  far_directory.replace(4, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(ExifOrientation(far_directory), std::nullopt);
  std::string many_entries = whole;
  many_entries.replace(8, 2, "\xff\xff");
  EXPECT_EQ(ExifOrientation(many_entries), 6);
}

TEST(XmpOrientation, AttributeOrElement) {
  EXPECT_EQ(XmpOrientation("<rdf:Description tiff:Orientation=\"6\"/>"), 6);
  EXPECT_EQ(XmpOrientation("<rdf:Description tiff:Orientation = '8' x=\"1\"/>"), 8);
  EXPECT_EQ(XmpOrientation("<tiff:Orientation>3</tiff:Orientation>"), 3);
  EXPECT_EQ(XmpOrientation("<tiff:Orientation>\n 2\n</tiff:Orientation>"), 2);
}

TEST(XmpOrientation, Malformed) {
  for (const char* xmp : {"", "<x/>", "tiff:Orientation", "tiff:Orientation=", "tiff:Orientation=\"",
                          "tiff:Orientation=6", "tiff:Orientation=\"0\"", "tiff:Orientation=\"9\"",
                          "tiff:Orientation=\"12\"", "tiff:Orientation=\"x\"", "tiff:Orientation>"}) {
    EXPECT_EQ(XmpOrientation(xmp), std::nullopt) << xmp;
  }
}

// The numbers are those that Pillow's ImageOps.exif_transpose goes by.
TEST(XmpOrientation, TheFirstPlaceWithANumberDecides) {
  EXPECT_EQ(XmpOrientation("<!-- tiff:Orientation is below --><x tiff:Orientation=\"6\" tiff:Orientation=\"3\"/>"), 6);
  EXPECT_EQ(XmpOrientation("<x tiff:Orientation=\"\"/><tiff:Orientation>8</tiff:Orientation>"), 8);
  EXPECT_EQ(XmpOrientation("tiff:Orientation=\"x\" tiff:Orientation tiff:Orientation>3<"), 3);
  EXPECT_EQ(XmpOrientation("<x tiff:Orientation=\"0\"/><tiff:Orientation>8</tiff:Orientation>"), std::nullopt);
  EXPECT_EQ(XmpOrientation("<x tiff:Orientation=\"12\"/><tiff:Orientation>8</tiff:Orientation>"), std::nullopt);
}

// The EXIF standard defines each orientation by the sides to which row 0 and column 0 of the stored image belong.
TEST(ApplyOrientation, AllEight) {
  const Image stored{3, 2, 1, {'a', 'b', 'c', 'd', 'e', 'f'}};
  const std::vector<std::vector<std::string>> upright = {{"abc", "def"},     {"cba", "fed"},     {"fed", "cba"},
                                                         {"def", "abc"},     {"ad", "be", "cf"}, {"da", "eb", "fc"},
                                                         {"fc", "eb", "da"}, {"cf", "be", "ad"}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image image = ApplyOrientation(stored, orientation);
    const std::vector<std::string>& rows = upright[orientation - 1];
    ASSERT_EQ(image.height, static_cast<int>(rows.size()));
    ASSERT_EQ(image.width, static_cast<int>(rows[0].size()));
    std::string all;
    for (const std::string& row : rows) all += row;
    EXPECT_EQ(std::string(image.pixels.begin(), image.pixels.end()), all) << orientation;
  }
}

TEST(BeforeOrientation, TransposesTheAspectOfTurnedPictures) {
  const DecodedForm form = {/*alpha=*/true, {4, 3}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const DecodedForm before = BeforeOrientation(form, orientation);
    EXPECT_TRUE(before.alpha);
    EXPECT_EQ(before.aspect.width, orientation >= 5 ? 3 : 4) << orientation;
    EXPECT_EQ(before.aspect.height, orientation >= 5 ? 4 : 3) << orientation;
  }
}

}  // namespace
}  // namespace sg::gan
