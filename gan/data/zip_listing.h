// Lists the files of a zip archive as a folder walk would: without hidden ones and training runs, links followed.
//
//   FileListing listing = ListZip(*archive);
//   absl::StatusOr<std::string> bytes = archive->Read(listing.files[0].index, /*max_bytes=*/1 << 20);
#ifndef GAN_DATA_ZIP_LISTING_H_
#define GAN_DATA_ZIP_LISTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/io/zip_archive.h"

namespace sg::gan {

struct ZipFile {
  std::string path;  // the entry's name
  int64_t index;     // of the entry with the bytes, which differs from the named one for a link
};

struct ZipListing {
  std::vector<ZipFile> files;  // each path once, in byte order
  int64_t repeated_names = 0;  // names that several entries have; the last entry counts, as when unpacking
  int64_t broken_links = 0;    // links left out because they do not lead to a file of the archive
  int64_t run_folders = 0;     // folders left out because they hold a training_options.json
};

// Names are separated at '/' and '\', as Windows programs write both. They are only compared with other names of the
// archive. The archive's top level is never taken for a run.
ZipListing ListZip(const io::ZipArchive& archive);

}  // namespace sg::gan

#endif  // GAN_DATA_ZIP_LISTING_H_
