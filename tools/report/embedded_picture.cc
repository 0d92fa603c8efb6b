#include "tools/report/embedded_picture.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/io/input_file.h"
#include "gan/image/decode_image.h"
#include "gan/image/decode_limits.h"
#include "gan/image/decoded_form.h"
#include "gan/image/encode_webp.h"
#include "gan/image/resize.h"

namespace sg::report {
namespace {

// Of WebP: a sheet of 384x384 pixels takes some 40 KB, and looks as the file does.
constexpr int kQuality = 85;

absl::Status WithPath(const std::string& path, const absl::Status& error) {
  return absl::Status(error.code(), absl::StrCat(path, ": ", error.message()));
}

int Shrunk(int side, int longest, int max_side) {
  return std::max(1, static_cast<int>(int64_t{side} * max_side / longest));
}

}  // namespace

absl::StatusOr<EmbeddedPicture> PictureCache::Embed(const std::string& path, int max_side) {
  // Before the file is read: if it is replaced meanwhile, the next call reads it again.
  std::error_code no_size, no_time;
  const auto version =
      std::make_pair(std::filesystem::file_size(path, no_size), std::filesystem::last_write_time(path, no_time));
  Entry& entry = entries_[{path, max_side}];
  entry.used = true;
  if (!no_size && !no_time && !entry.picture.uri.empty() && entry.version == version) return entry.picture;
  entry.picture = {};
  const absl::StatusOr<std::string> bytes = io::ReadFile(path, kMaxFile);
  if (!bytes.ok()) return bytes.status();
  gan::DecodedForm form;
  form.alpha = true;
  absl::StatusOr<gan::Image> image = gan::DecodeImage(*bytes, gan::DecodeLimits(), form);
  if (!image.ok()) return WithPath(path, image.status());
  const int longest = std::max(image->width, image->height);
  if (longest > max_side) {
    *image =
        gan::ResizeLanczos(*image, Shrunk(image->width, longest, max_side), Shrunk(image->height, longest, max_side));
  }
  const absl::StatusOr<std::string> webp = gan::EncodeWebp(*image, kQuality);
  if (!webp.ok()) return WithPath(path, webp.status());
  EmbeddedPicture picture;
  picture.uri = absl::StrCat("data:image/webp;base64,", absl::Base64Escape(*webp));
  picture.width = image->width;
  picture.height = image->height;
  const absl::StatusOr<std::vector<gan::PngText>> text = gan::ReadPngText(*bytes);
  if (text.ok()) picture.text = *text;  // other formats have none
  entry.version = version;
  return entry.picture = std::move(picture);
}

void PictureCache::ForgetUnused() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry = entry->second.used ? std::next(entry) : entries_.erase(entry);
  }
  for (auto& [key, entry] : entries_) entry.used = false;
}

}  // namespace sg::report
