#include "engine/io/weight_file_kind.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/input_file.h"

namespace sg::io {
namespace {

constexpr int64_t kStartBytes = 262;  // up to the end of tar's signature
constexpr size_t kTarAt = 257;
constexpr size_t kJsonAt = 8;  // of safetensors, behind the length of its header

// The first pickle of the old format: protocol 2, and its magic number.
constexpr absl::string_view kLegacyStart("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);

struct Signature {
  absl::string_view bytes;
  const char* name;
};
constexpr Signature kOthers[] = {
    {absl::string_view("7z\xbc\xaf\x27\x1c", 6), "a 7z archive; unpack it first"},
    {absl::string_view("\x1f\x8b", 2), "a gzip archive; unpack it first"},
    {absl::string_view("Rar!", 4), "a RAR archive; unpack it first"},
    {absl::string_view("\x89HDF", 4), "an HDF5 file, which cannot be read"},
    {absl::string_view("GGUF", 4), "a GGUF file, which cannot be read"},
    {absl::string_view("\x93NUMPY", 6), "an .npy file, which holds no network"},
    {absl::string_view("(dp", 3), "a pickle of protocol 0; save it again with protocol 4"},
    {absl::string_view("(lp", 3), "a pickle of protocol 0; save it again with protocol 4"},
    {absl::string_view("}q", 2), "a pickle of protocol 1; save it again with protocol 4"},
    {absl::string_view("]q", 2), "a pickle of protocol 1; save it again with protocol 4"},
};

// The length of the header comes first in a safetensors file. In the other kinds it would be larger than the file.
bool IsSafetensors(absl::string_view start, int64_t file_bytes) {
  if (start.size() <= kJsonAt || start[kJsonAt] != '{') return false;
  uint64_t header_bytes = 0;
  for (size_t i = kJsonAt; i > 0; --i) header_bytes = header_bytes << 8 | static_cast<uint8_t>(start[i - 1]);
  return header_bytes <= static_cast<uint64_t>(file_bytes) - kJsonAt;
}

}  // namespace

absl::StatusOr<WeightFileKind> FindWeightFileKind(const std::string& path) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  std::string start(static_cast<size_t>(std::min(file->size(), kStartBytes)), '\0');
  const absl::Status read = file->ReadAt(0, start.data(), static_cast<int64_t>(start.size()));
  if (!read.ok()) return read;

  const auto other = [&path](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": this is ", what));
  };
  if (start.empty()) return absl::DataLossError(absl::StrCat(path, ": the file is empty"));
  if (IsSafetensors(start, file->size())) return WeightFileKind::kSafetensors;
  if (absl::StartsWith(start, "PK\x03\x04")) return WeightFileKind::kZip;
  if (absl::StartsWith(start, kLegacyStart)) return WeightFileKind::kLegacyTorch;
  if (static_cast<uint8_t>(start[0]) == 0x80 && start.size() > 1 && start[1] >= 2 && start[1] <= 5) {
    return WeightFileKind::kPickle;
  }
  for (const Signature& signature : kOthers) {
    if (absl::StartsWith(start, signature.bytes)) return other(signature.name);
  }
  if (absl::string_view(start).substr(std::min(start.size(), kTarAt)) == "ustar") {
    return other("a tar archive, as PyTorch wrote before version 0.2; save it again with a newer one");
  }
  if (start.size() > kJsonAt && start[kJsonAt] == '{') return WeightFileKind::kSafetensors;
  return other("no file of weights: neither safetensors nor PyTorch's format nor a pickle of protocol 2 to 5");
}

}  // namespace sg::io
