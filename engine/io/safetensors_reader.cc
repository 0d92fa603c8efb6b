#include "engine/io/safetensors_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bfloat16.h"
#include "engine/base/float16.h"
#include "engine/io/crc32c.h"
#include "engine/io/safetensors_header.h"

namespace sg::io {
namespace {

constexpr int64_t kPieceBytes = int64_t{1} << 20;

// The elements of a tensor of dtype Element, each converted to float.
template <typename Element>
std::vector<float> ToFloats(const std::vector<char>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(Element));
  for (size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    values[i] = static_cast<float>(element);
  }
  return values;
}

}  // namespace

absl::StatusOr<SafetensorsReader> SafetensorsReader::Open(const std::string& path,
                                                          const SafetensorsReaderOptions& options) {
  absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  SafetensorsReader reader(*std::move(file));
  if (absl::Status status = reader.LoadHeader(options); !status.ok()) return status;
  return reader;
}

absl::Status SafetensorsReader::Error(absl::StatusCode code, absl::string_view sentence) const {
  return absl::Status(code, absl::StrCat(path(), ": ", sentence));
}

absl::Status SafetensorsReader::LoadHeader(const SafetensorsReaderOptions& options) {
  if (file_.size() < kSafetensorsPrefixBytes) {
    return Error(absl::StatusCode::kDataLoss,
                 absl::StrCat("not a safetensors file: it has ", file_.size(), " bytes and needs at least 8"));
  }
  uint64_t header_bytes;
  if (absl::Status status = file_.ReadAt(0, &header_bytes, sizeof header_bytes); !status.ok()) return status;
  const int64_t rest = file_.size() - kSafetensorsPrefixBytes;
  if (header_bytes > static_cast<uint64_t>(rest)) {
    return Error(absl::StatusCode::kDataLoss,
                 absl::StrCat("not a safetensors file, or truncated: it announces a header of ", header_bytes,
                              " bytes, but has only ", rest, " bytes after that number"));
  }
  const int64_t limit = std::min(options.max_header_bytes, kSafetensorsMaxHeaderBytes);
  if (static_cast<int64_t>(header_bytes) > limit) {
    return Error(absl::StatusCode::kResourceExhausted,
                 absl::StrCat("its header of ", header_bytes, " bytes exceeds the limit of ", limit));
  }
  std::string text(header_bytes, '\0');
  if (absl::Status status = file_.ReadAt(kSafetensorsPrefixBytes, &text[0], text.size()); !status.ok()) return status;
  data_begin_ = kSafetensorsPrefixBytes + static_cast<int64_t>(header_bytes);

  absl::StatusOr<SafetensorsHeader> header = ParseSafetensorsHeader(text, file_.size() - data_begin_);
  if (!header.ok()) return Error(header.status().code(), header.status().message());
  tensors_ = std::move(header->tensors);
  metadata_ = std::move(header->metadata);
  index_.reserve(tensors_.size());
  for (size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
  return TakeChecksums(text, options.verify_checksums);
}

absl::Status SafetensorsReader::TakeChecksums(absl::string_view header, bool verify) {
  std::map<std::string, std::string> entries;
  for (auto it = metadata_.lower_bound(kChecksumPrefix);
       it != metadata_.end() && absl::StartsWith(it->first, kChecksumPrefix);) {
    entries.insert(metadata_.extract(it++));
  }
  if (!verify || entries.empty()) return absl::OkStatus();

  const auto stored = entries.find(kHeaderChecksumKey);
  const size_t position = FindHeaderChecksum(header);
  if (stored == entries.end() || position == absl::string_view::npos ||
      ParseChecksumText(stored->second) != HeaderChecksum(header, position)) {
    return Error(absl::StatusCode::kDataLoss,
                 "its header does not match its checksum: it is damaged, or another tool rewrote the file");
  }
  std::vector<uint32_t> checksums;
  checksums.reserve(tensors_.size());
  for (const TensorInfo& tensor : tensors_) {
    const auto entry = entries.find(absl::StrCat(kTensorChecksumPrefix, tensor.name));
    const std::optional<uint32_t> crc = entry == entries.end() ? std::nullopt : ParseChecksumText(entry->second);
    if (!crc) {
      return Error(absl::StatusCode::kDataLoss,
                   absl::StrCat("tensor ", QuotedName(tensor.name), " has no checksum, though the file has checksums"));
    }
    checksums.push_back(*crc);
  }
  checksums_ = std::move(checksums);
  return absl::OkStatus();
}

const TensorInfo* SafetensorsReader::Find(absl::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

absl::StatusOr<const TensorInfo*> SafetensorsReader::FindReadable(absl::string_view name) const {
  const TensorInfo* tensor = Find(name);
  if (tensor == nullptr) {
    return Error(absl::StatusCode::kNotFound, absl::StrCat("has no tensor ", QuotedName(name)));
  }
  const SafetensorsDType* dtype = FindSafetensorsDType(tensor->dtype_name);
  if (dtype == nullptr || !dtype->is_supported) {
    return Error(absl::StatusCode::kUnimplemented, absl::StrCat("tensor ", QuotedName(name), " has the dtype ",
                                                                tensor->dtype_name, ", which cannot be read"));
  }
  return tensor;
}

absl::Status SafetensorsReader::CheckChecksum(const TensorInfo& tensor, uint32_t crc) const {
  if (!has_checksums()) return absl::OkStatus();
  const uint32_t expected = checksums_[static_cast<size_t>(&tensor - tensors_.data())];
  if (crc == expected) return absl::OkStatus();
  const int64_t begin = data_begin_ + tensor.offset;
  return Error(absl::StatusCode::kDataLoss, absl::StrCat("tensor ", QuotedName(tensor.name), " (file bytes ", begin,
                                                         " to ", begin + tensor.bytes, ") is damaged: its checksum is ",
                                                         ChecksumText(crc), " instead of ", ChecksumText(expected)));
}

absl::Status SafetensorsReader::Read(absl::string_view name, void* out, int64_t size) const {
  absl::StatusOr<const TensorInfo*> tensor = FindReadable(name);
  if (!tensor.ok()) return tensor.status();
  const TensorInfo& info = **tensor;
  if (size != info.bytes) {
    return Error(absl::StatusCode::kInvalidArgument,
                 absl::StrCat("tensor ", QuotedName(name), " ", info.dtype_name, ToString(info.shape), " has ",
                              info.bytes, " bytes, but ", size, " were expected"));
  }
  // Each piece is summed while it is in the cache.
  uint32_t crc = 0;
  for (int64_t done = 0; done < size; done += kPieceBytes) {
    const int64_t piece = std::min(kPieceBytes, size - done);
    char* const p = static_cast<char*>(out) + done;
    if (absl::Status status = file_.ReadAt(data_begin_ + info.offset + done, p, piece); !status.ok()) return status;
    if (has_checksums()) crc = ExtendCrc32c(crc, p, piece);
  }
  return CheckChecksum(info, crc);
}

absl::StatusOr<const TensorInfo*> SafetensorsReader::FindFloats(absl::string_view name) const {
  absl::StatusOr<const TensorInfo*> tensor = FindReadable(name);
  if (!tensor.ok()) return tensor;
  const std::string& dtype = (*tensor)->dtype_name;
  if (dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64") return tensor;
  return Error(absl::StatusCode::kInvalidArgument,
               absl::StrCat("tensor ", QuotedName(name), " has the dtype ", dtype, ", but floats were expected"));
}

absl::StatusOr<std::vector<float>> SafetensorsReader::ReadAsFloat(absl::string_view name) const {
  absl::StatusOr<const TensorInfo*> tensor = FindFloats(name);
  if (!tensor.ok()) return tensor.status();
  const TensorInfo& info = **tensor;
  if (info.dtype_name == "F32") {
    std::vector<float> values(info.bytes / sizeof(float));
    if (absl::Status status = Read(name, values.data(), info.bytes); !status.ok()) return status;
    return values;
  }
  std::vector<char> bytes(info.bytes);
  if (absl::Status status = Read(name, bytes.data(), info.bytes); !status.ok()) return status;
  if (info.dtype_name == "F16") return ToFloats<Float16>(bytes);
  if (info.dtype_name == "BF16") return ToFloats<BFloat16>(bytes);
  return ToFloats<double>(bytes);
}

absl::Status SafetensorsReader::Verify(const TensorInfo& tensor, std::vector<char>* piece) const {
  piece->resize(kPieceBytes);
  uint32_t crc = 0;
  for (int64_t done = 0; done < tensor.bytes; done += kPieceBytes) {
    const int64_t size = std::min(kPieceBytes, tensor.bytes - done);
    absl::Status status = file_.ReadAt(data_begin_ + tensor.offset + done, piece->data(), size);
    if (!status.ok()) return status;
    crc = ExtendCrc32c(crc, piece->data(), size);
  }
  return CheckChecksum(tensor, crc);
}

absl::Status SafetensorsReader::VerifyFloats(absl::string_view name) const {
  absl::StatusOr<const TensorInfo*> tensor = FindFloats(name);
  if (!tensor.ok()) return tensor.status();
  std::vector<char> piece;
  return Verify(**tensor, &piece);
}

absl::Status SafetensorsReader::Verify() const {
  std::vector<char> piece;
  for (const TensorInfo& tensor : tensors_) {
    if (absl::Status status = Verify(tensor, &piece); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace sg::io
