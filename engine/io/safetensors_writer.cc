#include "engine/io/safetensors_writer.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/io/atomic_file.h"
#include "engine/io/crc32c.h"
#include "engine/io/safetensors_format.h"
#include "engine/io/safetensors_header.h"

namespace sg::io {
namespace {

constexpr size_t kHeaderAlignment = 8;

// The file or the memory that receives the bytes.
struct Output {
  std::function<absl::Status(absl::string_view)> append;
  std::function<absl::Status(int64_t offset, absl::string_view)> overwrite;  // replaces bytes that were appended before
};

struct Placed {
  SafetensorsEntry entry;
  const SafetensorsDType* dtype;
  int64_t bytes;
  uint32_t crc = 0;  // known once written
};

std::string JsonString(absl::string_view text) {
  std::string json = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&json, "\\u%04x", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  return json + "\"";
}

// Checks the entries one by one and sorts them in the order of the file.
absl::StatusOr<std::vector<Placed>> Place(std::vector<SafetensorsEntry> entries) {
  std::vector<Placed> placed;
  placed.reserve(entries.size());
  absl::flat_hash_set<std::string> names;
  for (SafetensorsEntry& entry : entries) {
    const SafetensorsDType* dtype = FindSafetensorsDType(entry.dtype);
    if (dtype == nullptr || !dtype->is_supported) {
      return absl::InvalidArgumentError(absl::StrCat("tensor ", QuotedName(entry.name), " has the dtype ",
                                                     QuotedName(entry.dtype), ", which cannot be written"));
    }
    if (!names.insert(entry.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("two tensors are named ", QuotedName(entry.name)));
    }
    if (entry.name == "__metadata__") return absl::InvalidArgumentError("no tensor can be named \"__metadata__\"");
    const std::optional<int64_t> bytes = SafetensorsBytes(*dtype, entry.shape);
    if (!bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", QuotedName(entry.name), " ", entry.dtype, ToString(entry.shape), " is too large"));
    }
    placed.push_back({std::move(entry), dtype, *bytes});
  }
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return a.dtype->order != b.dtype->order ? a.dtype->order > b.dtype->order : a.entry.name < b.entry.name;
  });
  return placed;
}

// The N bytes of the header. Their number does not depend on the checksums.
std::string HeaderText(const std::vector<Placed>& placed, const std::map<std::string, std::string>& metadata) {
  std::string text = absl::StrCat("{\"__metadata__\":{\"", kHeaderChecksumKey, "\":\"", ChecksumText(0), "\",\"",
                                  kTensorCountKey, "\":\"", placed.size(), "\"");
  for (const Placed& tensor : placed) {
    absl::StrAppend(&text, ",", JsonString(absl::StrCat(kTensorChecksumPrefix, tensor.entry.name)), ":\"",
                    ChecksumText(tensor.crc), "\"");
  }
  for (const auto& [key, value] : metadata) absl::StrAppend(&text, ",", JsonString(key), ":", JsonString(value));
  text += "}";
  int64_t offset = 0;
  for (const Placed& tensor : placed) {
    absl::StrAppend(&text, ",", JsonString(tensor.entry.name), ":{\"dtype\":\"", tensor.dtype->name, "\",\"shape\":[",
                    absl::StrJoin(tensor.entry.shape, ","), "],\"data_offsets\":[", offset, ",", offset + tensor.bytes,
                    "]}");
    offset += tensor.bytes;
  }
  text += "}";
  text.append((kHeaderAlignment - text.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  const size_t position = FindHeaderChecksum(text);
  text.replace(position, ChecksumText(0).size(), ChecksumText(HeaderChecksum(text, position)));
  return text;
}

// Refuses a header that our reader would refuse: names that are not UTF-8, too many or too large tensors.
absl::Status CheckReadable(const std::string& text, int64_t data_bytes) {
  if (static_cast<int64_t>(text.size()) > kSafetensorsMaxHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("its header of ", text.size(), " bytes would exceed the limit of ", kSafetensorsMaxHeaderBytes));
  }
  return ParseSafetensorsHeader(text, data_bytes).status();
}

absl::Status WriteData(Placed& tensor, const Output& output) {
  int64_t written = 0;
  absl::Status sink_status;
  const SafetensorsSink sink = [&](absl::string_view piece) {
    if (!sink_status.ok()) return sink_status;
    if (static_cast<int64_t>(piece.size()) > tensor.bytes - written) {
      sink_status = absl::InternalError(
          absl::StrCat("tensor ", QuotedName(tensor.entry.name), " was given more than its ", tensor.bytes, " bytes"));
      return sink_status;
    }
    written += static_cast<int64_t>(piece.size());
    tensor.crc = ExtendCrc32c(tensor.crc, piece.data(), piece.size());
    sink_status = output.append(piece);
    return sink_status;
  };
  const absl::Status status = tensor.entry.write(sink);
  if (!sink_status.ok()) return sink_status;
  if (!status.ok()) {
    return absl::Status(
        status.code(), absl::StrCat("tensor ", QuotedName(tensor.entry.name), " is not available: ", status.message()));
  }
  if (written != tensor.bytes) {
    return absl::InternalError(absl::StrCat("tensor ", QuotedName(tensor.entry.name), " was given ", written,
                                            " instead of its ", tensor.bytes, " bytes"));
  }
  return absl::OkStatus();
}

// The tensors in the order of the file, and the sum of their bytes.
struct Document {
  std::vector<Placed> tensors;
  std::map<std::string, std::string> metadata;
  int64_t data_bytes = 0;

  std::string Header() const { return HeaderText(tensors, metadata); }
};

// Refuses entries that no reader would take, before anything is written.
absl::StatusOr<Document> Prepare(std::vector<SafetensorsEntry> entries,
                                 const std::map<std::string, std::string>& metadata) {
  for (const auto& [key, value] : metadata) {
    if (absl::StartsWith(key, kChecksumPrefix)) {
      return absl::InvalidArgumentError(absl::StrCat("metadata key ", QuotedName(key), " is reserved"));
    }
  }
  absl::StatusOr<std::vector<Placed>> placed = Place(std::move(entries));
  if (!placed.ok()) return placed.status();
  Document document = {*std::move(placed), metadata};
  for (const Placed& tensor : document.tensors) {
    if (__builtin_add_overflow(document.data_bytes, tensor.bytes, &document.data_bytes)) {
      return absl::InvalidArgumentError("its tensors are too large");
    }
  }
  if (absl::Status status = CheckReadable(document.Header(), document.data_bytes); !status.ok()) return status;
  return document;
}

absl::Status Write(Document& document, const Output& output) {
  // The checksums precede the data in the file but are known only after it. So their place is reserved here and filled
  // at the end.
  const std::string header = document.Header();
  const uint64_t header_bytes = header.size();
  char prefix[kSafetensorsPrefixBytes];
  std::memcpy(prefix, &header_bytes, sizeof prefix);
  absl::Status status = output.append(absl::StrCat(absl::string_view(prefix, sizeof prefix), header));
  if (!status.ok()) return status;
  for (Placed& tensor : document.tensors) {
    if (status = WriteData(tensor, output); !status.ok()) return status;
  }
  return output.overwrite(kSafetensorsPrefixBytes, document.Header());
}

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  if (status.ok() || absl::StartsWith(status.message(), absl::StrCat(path, ": "))) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": cannot write: ", status.message()));
}

}  // namespace

SafetensorsSource FromMemory(const void* data, int64_t bytes) {
  return [data, bytes](const SafetensorsSink& sink) {
    return sink(absl::string_view(static_cast<const char*>(data), static_cast<size_t>(bytes)));
  };
}

absl::Status WriteSafetensors(const std::string& path, std::vector<SafetensorsEntry> entries,
                              const std::map<std::string, std::string>& metadata) {
  absl::StatusOr<Document> document = Prepare(std::move(entries), metadata);
  if (!document.ok()) return WithPath(path, document.status());
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  const Output to_file = {[&file](absl::string_view bytes) { return file->Append(bytes); },
                          [&file](int64_t offset, absl::string_view bytes) { return file->Overwrite(offset, bytes); }};
  if (absl::Status status = Write(*document, to_file); !status.ok()) return WithPath(path, status);
  return file->Commit();
}

absl::StatusOr<std::string> SerializeSafetensors(std::vector<SafetensorsEntry> entries,
                                                 const std::map<std::string, std::string>& metadata) {
  absl::StatusOr<Document> document = Prepare(std::move(entries), metadata);
  if (!document.ok()) return document.status();
  std::string file;
  file.reserve(kSafetensorsPrefixBytes + document->Header().size() + static_cast<size_t>(document->data_bytes));
  const Output to_memory = {[&file](absl::string_view bytes) {
                              file.append(bytes.data(), bytes.size());
                              return absl::OkStatus();
                            },
                            [&file](int64_t offset, absl::string_view bytes) {
                              file.replace(static_cast<size_t>(offset), bytes.size(), bytes.data(), bytes.size());
                              return absl::OkStatus();
                            }};
  if (absl::Status status = Write(*document, to_memory); !status.ok()) return status;
  return file;
}

}  // namespace sg::io
