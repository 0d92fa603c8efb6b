#include "engine/io/safetensors_format.h"

#include "engine/io/crc32c.h"
#include "gtest/gtest.h"

namespace sg::io {
namespace {

TEST(SafetensorsFormat, DTypes) {
  EXPECT_EQ(FindSafetensorsDType("F32")->dtype, DType::kF32);
  EXPECT_EQ(FindSafetensorsDType("F16")->dtype, std::nullopt);
  EXPECT_TRUE(FindSafetensorsDType("F16")->is_supported);
  EXPECT_FALSE(FindSafetensorsDType("BOOL")->is_supported);
  EXPECT_EQ(FindSafetensorsDType("f32"), nullptr);
  EXPECT_EQ(FindSafetensorsDType(""), nullptr);
  for (DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kI32, DType::kU8}) {
    const SafetensorsDType* found = FindSafetensorsDType(SafetensorsName(dtype));
    ASSERT_NE(found, nullptr) << dtype;
    EXPECT_EQ(found->dtype, dtype);
    EXPECT_EQ(found->bits, SizeOf(dtype) * 8);
    EXPECT_TRUE(found->is_supported);
  }
}

TEST(SafetensorsFormat, Bytes) {
  const SafetensorsDType& f32 = *FindSafetensorsDType("F32");
  const SafetensorsDType& f4 = *FindSafetensorsDType("F4");
  EXPECT_EQ(SafetensorsBytes(f32, {}), 4);
  EXPECT_EQ(SafetensorsBytes(f32, {2, 3}), 24);
  EXPECT_EQ(SafetensorsBytes(f32, {0, 1LL << 47, 1LL << 47}), 0);
  EXPECT_EQ(SafetensorsBytes(f32, {1LL << 47, 1LL << 47, 0}), std::nullopt);
  EXPECT_EQ(SafetensorsBytes(f32, {1LL << 31, 1LL << 31}), std::nullopt);
  EXPECT_EQ(SafetensorsBytes(f4, {4}), 2);
  EXPECT_EQ(SafetensorsBytes(f4, {3}), std::nullopt);
}

TEST(SafetensorsFormat, QuotedNames) {
  EXPECT_EQ(QuotedName("a.b"), "\"a.b\"");
  EXPECT_EQ(QuotedName(absl::string_view("\n\0\"\x1b", 4)), R"("\n\x00\"\x1b")");
  EXPECT_EQ(QuotedName(std::string(1000, 'x')).size(), 105u);
}

TEST(SafetensorsFormat, ChecksumText) {
  EXPECT_EQ(ChecksumText(0xe3069283u), "e3069283");
  EXPECT_EQ(ChecksumText(0x1u), "00000001");
  EXPECT_EQ(ParseChecksumText("e3069283"), 0xe3069283u);
  for (const char* bad : {"", "e306928", "e30692830", "E3069283", "g3069283", "-3069283", " 3069283"}) {
    EXPECT_EQ(ParseChecksumText(bad), std::nullopt) << bad;
  }
}

TEST(SafetensorsFormat, HeaderChecksumSkipsItsOwnDigits) {
  const std::string zeros = R"({"__metadata__":{"sg.crc32c.header":"00000000"}})";
  const size_t position = FindHeaderChecksum(zeros);
  ASSERT_EQ(zeros.substr(position), R"(00000000"}})");
  std::string filled = zeros;
  filled.replace(position, 8, "12345678");
  EXPECT_EQ(HeaderChecksum(filled, position), Crc32c(zeros.data(), zeros.size()));
  EXPECT_EQ(FindHeaderChecksum(R"({"\"sg.crc32c.header\":\"":""})"), absl::string_view::npos);
  EXPECT_EQ(FindHeaderChecksum(R"({"__metadata__":{"sg.crc32c.header":"00)"), absl::string_view::npos);
}

}  // namespace
}  // namespace sg::io
