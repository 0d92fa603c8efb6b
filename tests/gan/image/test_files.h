// Image files, zip archives and folders for the tests of gan/data and gan/image. They are written here with libpng,
// libjpeg and libzip, in forms that the library's own encoder never produces.
#ifndef TESTS_GAN_IMAGE_TEST_FILES_H_
#define TESTS_GAN_IMAGE_TEST_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gan/image/image.h"

namespace sg::gan {

// A smooth RGB picture that JPEG preserves well, and a picture of one color.
Image Gradient(int width, int height);
Image Solid(int width, int height, uint8_t r, uint8_t g, uint8_t b);

struct PngSpec {
  int width = 0;
  int height = 0;
  int bit_depth = 8;
  int color_type = 2;  // as in IHDR: 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA
  bool interlaced = false;
  std::vector<uint8_t> rows;           // packed as in the file, without filter bytes
  std::vector<uint8_t> palette;        // r, g, b, ...
  std::vector<uint8_t> palette_alpha;  // tRNS of a palette
  std::vector<uint16_t> transparent;   // tRNS of gray (1 value) or RGB (3)
  std::string zeros_text;              // compressed into a zTXt chunk
};
std::string MakePng(const PngSpec& spec);

// These build a chunk with length and CRC, insert a chunk after IHDR, and find the data of the first chunk of a type.
std::string PngChunk(absl::string_view type, absl::string_view data);
std::string InsertAfterIhdr(absl::string_view png, absl::string_view chunk);
std::string FindPngChunk(absl::string_view png, absl::string_view type);

enum class JpegColor { kGray, kYcc420, kRgb, kCmyk, kYcck };
struct JpegSpec {
  int width = 0;
  int height = 0;
  JpegColor color = JpegColor::kYcc420;
  bool progressive = false;
  bool separate_scans = false;  // one per component, not progressive
  bool arithmetic = false;
  std::vector<uint8_t> pixels;  // 1, 3 or 4 (CMYK, stored as given) channels
  std::string exif;             // TIFF block
  std::string xmp;
};
std::string MakeJpeg(const JpegSpec& spec);
std::string MakeJpeg(const Image& rgb);

// A gray progressive JPEG that repeats its DC scan `scans` times.
std::string MakeManyScanJpeg(int scans);

// The shortest TIFF block that contains an orientation.
std::string OrientationTiff(int orientation, bool big_endian);

struct ZipItem {
  std::string name;
  std::string bytes;
  bool deflate = false;
  bool encrypt = false;
};
void WriteZip(const std::string& path, const std::vector<ZipItem>& items);

// A temporary folder for one test, removed at the end of its life.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file, creates its parent folders, and returns its path.
  std::string Write(const std::string& name, absl::string_view bytes) const;

 private:
  std::string path_;
};

}  // namespace sg::gan

#endif  // TESTS_GAN_IMAGE_TEST_FILES_H_
