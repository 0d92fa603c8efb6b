// Decoding an image of 108 Mpx, as phones take them, must not take the memory of 108 Mpx.
#include <sys/resource.h>

#include <string>

#include "gan/image/decode_image.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

constexpr int kWidth = 12000, kHeight = 9000;
// The result has 4500x4500 pixels of 3 bytes: 58 MiB. The whole image would take 309 MiB.
constexpr int64_t kMaxMiB = 100;

int64_t PeakMiB() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

void ExpectLittleMemory(const std::string& bytes) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer multiplies the memory";
#endif
  const int64_t before = PeakMiB();
  const absl::StatusOr<Image> image = DecodeImage(bytes, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 4500);
  EXPECT_EQ(image->height, 4500);
  EXPECT_LT(PeakMiB() - before, kMaxMiB);
}

TEST(DecodeMemory, Png) {
  PngSpec spec;
  spec.width = kWidth;
  spec.height = kHeight;
  spec.color_type = 0;
  spec.bit_depth = 1;
  spec.rows.assign(size_t{kWidth} / 8 * kHeight, 0xaa);
  ExpectLittleMemory(MakePng(spec));
}

// A gray JPEG whose blocks all have the code of "no change" and "end of block", 00 1010 in the standard tables.
TEST(DecodeMemory, Jpeg) {
  JpegSpec spec;
  spec.width = 16;
  spec.height = 16;
  spec.color = JpegColor::kGray;
  spec.pixels.assign(256, 128);
  std::string jpeg = MakeJpeg(spec);
  const size_t frame = jpeg.find("\xff\xc0");
  const auto set = [&](size_t at, int value) {
    jpeg[at] = static_cast<char>(value >> 8);
    jpeg[at + 1] = static_cast<char>(value);
  };
  set(frame + 5, kHeight);
  set(frame + 7, kWidth);
  const size_t scan = jpeg.find("\xff\xda");
  jpeg.resize(scan + 2 + 8);  // the header of a scan of one component has 8 bytes
  const int blocks = kWidth / 8 * (kHeight / 8);
  for (int i = 0; i < blocks / 4; ++i) jpeg += "\x28\xa2\x8a";
  jpeg += "\xff\xd9";
  ExpectLittleMemory(jpeg);
}

// A few bytes that claim a single row of 300 Mpx. libpng would take 2.4 GB for it, twice, and clear one of them.
TEST(DecodeMemory, ARowThatCannotBeThere) {
  PngSpec spec;
  spec.width = 1;
  spec.height = 1;
  spec.color_type = 6;
  spec.bit_depth = 16;
  spec.rows.assign(8, 0);
  const std::string png = MakePng(spec);
  std::string ihdr = FindPngChunk(png, "IHDR");
  for (int i = 0; i < 4; ++i) ihdr[i] = static_cast<char>(300000000u >> (24 - 8 * i));
  const std::string header = PngChunk("IHDR", ihdr);
  for (const bool whole : {false, true}) {
    std::string wide = png;
    wide.replace(8, header.size(), header);
    DecodeLimits limits;
    limits.max_side = limits.max_pixels;  // otherwise it is refused by its size
    if (whole) limits.max_whole_pixels = limits.max_pixels;
    const int64_t before = PeakMiB();
    EXPECT_EQ(DecodeImage(wide, limits).status().message(), "PNG is truncated");
    EXPECT_LT(PeakMiB() - before, 10);
  }
}

// eXIf is the one chunk for which libpng takes as much memory as the file claims, up to 2 GiB.
TEST(DecodeMemory, AChunkThatIsNotThere) {
  PngSpec spec;
  spec.width = 4;
  spec.height = 4;
  spec.rows.assign(48, 7);
  const std::string png = MakePng(spec);
  for (const char* type : {"eXIf", "iCCP", "sPLT", "tRNS", "sBIT", "prVt"}) {
    std::string claims = InsertAfterIhdr(png, PngChunk(type, "MM"));
    claims.replace(claims.find(type) - 4, 4, "\x7f\xff\xff\xff");
    const int64_t before = PeakMiB();
    EXPECT_FALSE(DecodeImage(claims, DecodeLimits()).ok()) << type;
    EXPECT_LT(PeakMiB() - before, 10) << type;
  }
}

}  // namespace
}  // namespace sg::gan
