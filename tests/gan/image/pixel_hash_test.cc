#include "gan/image/pixel_hash.h"

#include <set>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

uint64_t HashOf(const Image& image) {
  PixelHash hash;
  hash.Add(image);
  return hash.value();
}

TEST(PixelHash, DependsOnEveryByteAndOnTheSides) {
  Image image{3, 5, 3, std::vector<uint8_t>(45, 7)};
  std::set<uint64_t> hashes = {HashOf(image), HashOf({5, 3, 3, image.pixels})};
  for (uint8_t& byte : image.pixels) {
    byte ^= 1;
    hashes.insert(HashOf(image));
    byte ^= 1;
  }
  EXPECT_EQ(hashes.size(), 2u + 45u);
}

TEST(PixelHash, TextIsTheValueInHexadecimal) {
  PixelHash hash;
  EXPECT_EQ(hash.Text(), "51ed270b9f3c8d21");  // of nothing
  hash.Add(1);
  EXPECT_EQ(hash.Text(), absl::StrFormat("%016x", hash.value()));
}

}  // namespace
}  // namespace sg::gan
