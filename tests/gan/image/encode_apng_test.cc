#include "gan/image/encode_apng.h"

#include <zlib.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gan/image/decode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

Image Picture(int shift) {
  Image image{40, 30, 3, {}};
  for (int i = 0; i < 40 * 30 * 3; ++i) image.pixels.push_back(static_cast<uint8_t>(i * i / 7 + shift));
  return image;
}

uint32_t BigEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

std::string Bytes(uint32_t value) {
  std::string out;
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(value >> shift));
  return out;
}

struct Chunk {
  std::string type, data;
};

std::string Packed(const Chunk& chunk) {
  const std::string covered = chunk.type + chunk.data;
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
  return Bytes(static_cast<uint32_t>(chunk.data.size())) + covered + Bytes(static_cast<uint32_t>(crc));
}

// Checks every length and CRC.
std::vector<Chunk> ChunksOf(absl::string_view png) {
  std::vector<Chunk> chunks;
  for (png.remove_prefix(8); png.size() >= 12;) {
    const size_t length = BigEndian(png);
    chunks.push_back({std::string(png.substr(4, 4)), std::string(png.substr(8, length))});
    EXPECT_EQ(Packed(chunks.back()), png.substr(0, 12 + length)) << chunks.back().type;
    png.remove_prefix(12 + length);
  }
  EXPECT_TRUE(png.empty());
  return chunks;
}

std::string Encoded(const std::vector<Image>& frames, const std::vector<PngText>& text) {
  absl::StatusOr<ApngEncoder> encoder = ApngEncoder::Start({static_cast<int64_t>(frames.size()), /*fps=*/25}, text);
  EXPECT_TRUE(encoder.ok()) << encoder.status();
  std::string bytes;
  for (const Image& frame : frames) bytes += encoder->Add(frame).value();
  return bytes + encoder->Finish();
}

TEST(EncodeApngTest, HoldsEveryFrame) {
  const std::vector<Image> frames = {Picture(0), Picture(90), Picture(17)};
  const std::string bytes = Encoded(frames, {{"software", "test"}});
  const std::vector<Chunk> chunks = ChunksOf(bytes);
  ASSERT_GT(chunks.size(), 4u);
  EXPECT_EQ(chunks[0].type, "IHDR");
  EXPECT_EQ(chunks[1].type, "acTL");
  EXPECT_EQ(chunks[1].data, Bytes(3) + Bytes(0)) << "three frames, for ever";
  EXPECT_EQ(chunks[2].type, "tEXt");
  EXPECT_EQ(chunks.back().type, "IEND");

  // A PNG of each frame: the data of its chunks, without sequence numbers.
  std::vector<std::string> packed;
  std::vector<uint32_t> sequence;
  for (const Chunk& chunk : chunks) {
    if (chunk.type == "fcTL" || chunk.type == "fdAT") sequence.push_back(BigEndian(chunk.data));
    if (chunk.type == "fcTL") {
      packed.emplace_back();
      EXPECT_EQ(chunk.data.substr(4),
                Bytes(40) + Bytes(30) + Bytes(0) + Bytes(0) + Bytes(1 << 16 | 25) + std::string(2, '\0'));
    }
    if (chunk.type == "IDAT") packed.back() += Packed(chunk);
    if (chunk.type == "fdAT") packed.back() += Packed({"IDAT", chunk.data.substr(4)});
  }
  ASSERT_EQ(packed.size(), 3u);
  for (size_t i = 0; i < sequence.size(); ++i) EXPECT_EQ(sequence[i], i);
  for (size_t i = 0; i < packed.size(); ++i) {
    const std::string png = bytes.substr(0, 8) + Packed(chunks[0]) + packed[i] + Packed({"IEND", ""});
    const absl::StatusOr<Image> image = DecodePng(png, DecodeLimits());
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->pixels, frames[i].pixels) << i;
  }
}

TEST(EncodeApngTest, OtherProgramsSeeTheFirstFrameAndTheText) {
  const std::string bytes = Encoded({Picture(1), Picture(2)}, {{"software", "test"}});
  const absl::StatusOr<Image> image = DecodePng(bytes, DecodeLimits());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, Picture(1).pixels);
  EXPECT_THAT(ReadPngText(bytes).value(), ElementsAre(PngText("software", "test")));
}

TEST(EncodeApngTest, NumbersOfFramesThatTheFormatDoesNotHave) {
  EXPECT_TRUE(absl::IsInvalidArgument(ApngEncoder::Start({0, 30}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ApngEncoder::Start({int64_t{1} << 31, 30}).status()));
}

}  // namespace
}  // namespace sg::gan
