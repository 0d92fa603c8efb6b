// Writes zip archives without compression, entry by entry.
//
//   absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open("w.npz");
//   ZipWriter zip(&*file);
//   absl::Status status = zip.Add("w.npy", bytes);
//   if (status.ok()) status = zip.Finish();
//   return status.ok() ? file->Commit() : status;
#ifndef ENGINE_IO_ZIP_WRITER_H_
#define ENGINE_IO_ZIP_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"

namespace sg::io {

class ZipWriter {
 public:
  // `file` is empty, and must outlive this object.
  explicit ZipWriter(AtomicFileWriter* file) : file_(*file) {}

  // The data starts at a multiple of 64 bytes, which lets readers map the file. Unimplemented for an archive of more
  // than 4 GiB or 65535 entries; other errors are those of the file.
  absl::Status Add(absl::string_view name, absl::string_view data);
  // Writes the directory. To be called once, after all entries.
  absl::Status Finish();

 private:
  AtomicFileWriter& file_;
  std::string directory_;
  uint64_t entries_ = 0;
};

}  // namespace sg::io

#endif  // ENGINE_IO_ZIP_WRITER_H_
