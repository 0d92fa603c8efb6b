// Memory that runs out while an image is decoded or encoded: the right image, or an error that does not blame it.
//
// WebP is not among them. libwebp 1.2.4 calls some failures of malloc a damage of the file, and crashes after others.
#include "tests/support/allocation_failures.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gan/image/decode_image.h"
#include "gan/image/encode_png.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

void ExpectDecoded(const std::string& bytes, const DecodeLimits& limits = DecodeLimits()) {
  const Image right = DecodeImage(bytes, limits).value();
  Image image;
  WithAllocationsFailing(
      [&] {
        absl::StatusOr<Image> decoded = DecodeImage(bytes, limits);
        if (!decoded.ok()) return decoded.status();
        image = *std::move(decoded);
        return absl::OkStatus();
      },
      [&](const absl::Status& status) {
        ExpectNoMemory(status);
        if (status.ok()) {
          EXPECT_EQ(image.pixels, right.pixels);
        }
      });
}

TEST(DecodeWithoutMemory, Png) {
  PngSpec spec;
  spec.width = 40;
  spec.height = 30;
  spec.color_type = 6;
  for (const bool interlaced : {false, true}) {
    spec.interlaced = interlaced;
    spec.rows.resize(size_t{4} * spec.width * spec.height);
    for (size_t i = 0; i < spec.rows.size(); ++i) spec.rows[i] = static_cast<uint8_t>(i * i);
    ExpectDecoded(MakePng(spec));
    DecodeLimits small;
    small.max_whole_pixels = 100;
    ExpectDecoded(MakePng(spec), small);
  }
}

TEST(DecodeWithoutMemory, Jpeg) {
  JpegSpec spec;
  spec.width = 40;
  spec.height = 30;
  spec.pixels = Gradient(40, 30).pixels;
  for (const bool progressive : {false, true}) {
    spec.progressive = progressive;
    ExpectDecoded(MakeJpeg(spec));
  }
}

TEST(EncodeWithoutMemory, Png) {
  const Image image = Gradient(40, 30);
  const std::vector<PngText> text = {{"seed", "85"}};
  const std::string right = EncodePng(image, text).value();
  std::string bytes;
  WithAllocationsFailing(
      [&] {
        absl::StatusOr<std::string> encoded = EncodePng(image, text);
        if (!encoded.ok()) return encoded.status();
        bytes = *std::move(encoded);
        return absl::OkStatus();
      },
      [&](const absl::Status& status) {
        // libpng has no code for a lack of memory.
        if (status.ok()) {
          EXPECT_EQ(bytes, right);
        }
      });
}

}  // namespace
}  // namespace sg::gan
