#include "engine/io/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::io {
namespace {

uint32_t Crc(const std::string& bytes) { return Crc32c(bytes.data(), bytes.size()); }

TEST(Crc32c, KnownVectors) {
  EXPECT_EQ(Crc(""), 0u);
  EXPECT_EQ(Crc("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, PortableAgreesAtEveryLengthAndAlignment) {
  std::string bytes(100, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i * 31 + i * 7 + 5);
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t size = 0; begin + size <= bytes.size(); ++size) {
      ASSERT_EQ(internal::ExtendCrc32cPortable(0x12345678u, bytes.data() + begin, size),
                ExtendCrc32c(0x12345678u, bytes.data() + begin, size))
          << "begin " << begin << " size " << size;
    }
  }
  EXPECT_EQ(internal::ExtendCrc32cPortable(0, "123456789", 9), 0xe3069283u);
}

TEST(Crc32c, ExtendIsConcatenation) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(ExtendCrc32c(Crc(text.substr(0, cut)), text.data() + cut, text.size() - cut), Crc(text)) << cut;
  }
}

}  // namespace
}  // namespace sg::io
