// A hash of images that tells whether two sets, or two images, have the same pixels. No protection against an attacker.
//
//   PixelHash hash;
//   hash.Add(image);
//   uint64_t value = hash.value();
#ifndef GAN_IMAGE_PIXEL_HASH_H_
#define GAN_IMAGE_PIXEL_HASH_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gan/image/image.h"

namespace sg::gan {

// Mixes 8 bytes at a time. Each step is a bijection of the state, so images that differ in one place have different
// hashes.
class PixelHash {
 public:
  void Add(uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 32;
  }
  void Add(const Image& image) {
    Add(static_cast<uint64_t>(image.width));
    Add(static_cast<uint64_t>(image.height));
    const std::vector<uint8_t>& bytes = image.pixels;
    for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, std::min(sizeof word, bytes.size() - i));
      Add(word);
    }
  }

  uint64_t value() const { return state_; }
  std::string Text() const { return absl::StrFormat("%016x", state_); }

 private:
  uint64_t state_ = 0x51ed270b9f3c8d21u;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_PIXEL_HASH_H_
