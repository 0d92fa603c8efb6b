#include "gan/image/own_picture.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "gan/image/decode_png.h"

namespace sg::gan {

bool IsOwnPicture(absl::string_view start) {
  // The signature, and IHDR with its length, its type and its checksum. The next chunk begins with its length.
  constexpr size_t kFirstText = 8 + 12 + 13 + 4;
  constexpr absl::string_view kText("tEXtsoftware\0stylegan2.cpp ", 27);
  return IsPng(start) && absl::StartsWith(start.substr(std::min(start.size(), kFirstText)), kText);
}

}  // namespace sg::gan
