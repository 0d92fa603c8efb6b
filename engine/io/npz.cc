#include "engine/io/npz.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "engine/io/atomic_file.h"
#include "engine/io/zip_writer.h"

namespace sg::io {
namespace {

constexpr char kEnd[] = ".npy";
constexpr int64_t kHeaderBytes = 1 << 17;  // the most that a header may take, rounded up

}  // namespace

absl::StatusOr<NpzReader> NpzReader::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(path);
  if (!archive.ok()) return archive.status();
  return NpzReader(path, *std::move(archive));
}

std::vector<std::string> NpzReader::Names() const {
  std::vector<std::string> names;
  for (const ZipEntry& entry : archive_->entries()) {
    absl::string_view name = entry.name;
    if (entry.kind == ZipEntryKind::kFile && absl::ConsumeSuffix(&name, kEnd)) names.emplace_back(name);
  }
  return names;
}

bool NpzReader::Has(const std::string& name) const {
  const std::vector<std::string> names = Names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::StatusOr<NpyArray> NpzReader::Read(const std::string& name, int64_t max_values) const {
  const std::string entry_name = absl::StrCat(name, kEnd);
  const std::vector<ZipEntry>& entries = archive_->entries();
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const ZipEntry& e) {
    return e.kind == ZipEntryKind::kFile && e.name == entry_name;
  });
  if (entry == entries.end()) return absl::NotFoundError(absl::StrCat(path_, ": holds no array \"", name, "\""));
  const std::string where = absl::StrCat(path_, ": the array \"", name, "\"");
  const int64_t max_bytes = max_values * static_cast<int64_t>(sizeof(double)) + kHeaderBytes;
  const absl::StatusOr<std::string> bytes = archive_->Read(entry - entries.begin(), max_bytes);
  if (!bytes.ok()) {
    return absl::Status(bytes.status().code(), absl::StrCat(where, " ", bytes.status().message()));
  }
  return ParseNpy(*bytes, where, max_values);
}

absl::Status WriteNpz(const std::string& path, const std::vector<NpzArray>& arrays) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  ZipWriter zip(&*file);
  absl::Status status;
  for (const NpzArray& array : arrays) {
    if (!status.ok()) break;
    status = zip.Add(absl::StrCat(array.name, kEnd), NpyBytes(array.shape, absl::MakeConstSpan(array.values)));
  }
  if (status.ok()) status = zip.Finish();
  if (status.ok()) return file->Commit();
  if (absl::StartsWith(status.message(), path)) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace sg::io
