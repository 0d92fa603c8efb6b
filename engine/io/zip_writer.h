// Writes zip archives without compression, entry by entry. What is beyond 4 GiB or 65535 entries is written as zip64.
//
//   absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open("w.npz");
//   ZipWriter zip(&*file);
//   absl::Status status = zip.Add("w.npy", bytes);
//   if (status.ok()) status = zip.Finish();
//   return status.ok() ? file->Commit() : status;
//
// The same entries give the same bytes: no time is stored. Source of the format: PKWARE's APPNOTE.TXT, 4.3 and 4.5.3.
#ifndef ENGINE_IO_ZIP_WRITER_H_
#define ENGINE_IO_ZIP_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"

namespace sg::io {

// From these numbers on, a field has too few digits. Tests lower them, since zip64 is allowed for any number.
struct Zip64Limits {
  uint64_t bytes = 0xffffffff;
  uint64_t entries = 0xffff;
};

class ZipWriter {
 public:
  // `file` is empty, and must outlive this object.
  explicit ZipWriter(AtomicFileWriter* file, const Zip64Limits& limits = {}) : file_(*file), limits_(limits) {}

  // The data starts at a multiple of 64 bytes, which lets readers map the file. The name has at most 65535 bytes.
  // Keeps 46 bytes and the name in memory, for the directory, and some more in zip64. Errors are those of the file.
  absl::Status Add(absl::string_view name, absl::string_view data);
  // Writes the directory. To be called once, after all entries.
  absl::Status Finish();

 private:
  AtomicFileWriter& file_;
  const Zip64Limits limits_;
  std::string directory_;
  uint64_t entries_ = 0;
};

}  // namespace sg::io

#endif  // ENGINE_IO_ZIP_WRITER_H_
