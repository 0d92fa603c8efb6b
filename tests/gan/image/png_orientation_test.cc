#include "gan/image/png_orientation.h"

#include <zlib.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

std::string Deflate(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  EXPECT_EQ(
      compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size()),
      Z_OK);
  out.resize(size);
  return out;
}

std::string Png() {
  const Image image = Gradient(4, 3);
  PngSpec spec;
  spec.width = 4;
  spec.height = 3;
  spec.rows = image.pixels;
  return MakePng(spec);
}

std::string With(const std::string& type, const std::string& data) {
  return InsertAfterIhdr(Png(), PngChunk(type, data));
}

std::string Xmp(int orientation) { return absl::StrCat("<x><rdf tiff:Orientation=\"", orientation, "\"/></x>"); }

// As ImageMagick writes it.
std::string RawProfile(const std::string& type, const std::string& bytes) {
  std::string text = absl::StrCat("\n", type, "\n      ", bytes.size(), "\n");
  const std::string digits = absl::BytesToHexString(bytes);
  for (size_t i = 0; i < digits.size(); i += 72) absl::StrAppend(&text, digits.substr(i, 72), "\n");
  return text;
}

std::string ZText(const std::string& keyword, const std::string& text) {
  return keyword + std::string(2, '\0') + Deflate(text);
}

const char kXmpKeyword[] = "XML:com.adobe.xmp";

TEST(PngOrientation, EveryPlace) {
  EXPECT_EQ(PngOrientation(Png()), 1);
  EXPECT_EQ(PngOrientation(With("eXIf", OrientationTiff(6, true))), 6);
  EXPECT_EQ(PngOrientation(With("iTXt", kXmpKeyword + std::string(5, '\0') + Xmp(8))), 8);
  EXPECT_EQ(PngOrientation(With("iTXt", kXmpKeyword + std::string("\0\1\0en\0XMP\0", 10) + Deflate(Xmp(3)))), 3);
  EXPECT_EQ(PngOrientation(With("tEXt", kXmpKeyword + std::string(1, '\0') + Xmp(5))), 5);
  const std::string exif = std::string("Exif\0\0", 6) + OrientationTiff(7, false);
  EXPECT_EQ(PngOrientation(With("zTXt", ZText("Raw profile type exif", RawProfile("exif", exif)))), 7);
  EXPECT_EQ(PngOrientation(With("zTXt", ZText("Raw profile type APP1", RawProfile("generic profile", exif)))), 7);
  EXPECT_EQ(PngOrientation(With("tEXt", "Raw profile type exif" + std::string(1, '\0') + RawProfile("exif", exif))), 7);
  EXPECT_EQ(PngOrientation(With("zTXt", ZText("Raw profile type xmp", RawProfile("xmp", Xmp(2))))), 2);
  EXPECT_EQ(PngOrientation(With("tEXt", "Comment" + std::string(1, '\0') + Xmp(2))), 1);
}

TEST(PngOrientation, AlsoBehindThePixels) {
  std::string png = Png();
  png.insert(png.size() - 12, PngChunk("eXIf", OrientationTiff(4, true)));
  EXPECT_EQ(PngOrientation(png), 4);
}

TEST(PngOrientation, ExifPrecedesXmp) {
  const std::string xmp = PngChunk("iTXt", kXmpKeyword + std::string(5, '\0') + Xmp(8));
  const std::string raw =
      PngChunk("zTXt", ZText("Raw profile type exif", RawProfile("exif", OrientationTiff(7, true))));
  const std::string exif = PngChunk("eXIf", OrientationTiff(6, true));
  EXPECT_EQ(PngOrientation(InsertAfterIhdr(Png(), xmp + raw + exif)), 6);
  EXPECT_EQ(PngOrientation(InsertAfterIhdr(Png(), xmp + raw)), 7);
  std::string no_tag = OrientationTiff(6, true);
  no_tag[11] = 0x13;  // another tag
  EXPECT_EQ(PngOrientation(InsertAfterIhdr(Png(), xmp + PngChunk("eXIf", no_tag))), 8);
}

TEST(PngOrientation, DamagedAndHugeTextsDoNotCount) {
  std::string bad_crc = With("eXIf", OrientationTiff(6, true));
  bad_crc[bad_crc.find("eXIf") + 4 + OrientationTiff(6, true).size()] ^= 1;
  EXPECT_EQ(PngOrientation(bad_crc), 1);
  EXPECT_EQ(PngOrientation(With("zTXt", ZText(kXmpKeyword, std::string(size_t{8} << 20, ' ') + Xmp(6)))), 1);
  EXPECT_EQ(PngOrientation(With("iTXt", kXmpKeyword)), 1);
  EXPECT_EQ(PngOrientation(With("iTXt", kXmpKeyword + std::string("\0\1", 2))), 1);
  EXPECT_EQ(PngOrientation(With("zTXt", "Raw profile type exif")), 1);
  EXPECT_EQ(PngOrientation(With("tEXt", "Raw profile type exif" + std::string(1, '\0') + "\nexif\n 3\nabc")), 1);
  EXPECT_EQ(PngOrientation(With("eXIf", "MM")), 1);
  EXPECT_EQ(PngOrientation(""), 1);
}

TEST(PngOrientation, RandomDamageNeverCrashes) {
  std::mt19937 random(1);
  int seen = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = RawProfile("exif", OrientationTiff(7, true));
    for (int flips = random() % 3; flips > 0; --flips) text[random() % text.size()] = static_cast<char>(random());
    const int orientation = PngOrientation(With("zTXt", ZText("Raw profile type exif", text)));
    EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    seen += orientation == 7 ? 1 : 0;
  }
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, 3000);
}

}  // namespace
}  // namespace sg::gan
