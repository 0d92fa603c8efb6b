// Tells whether two sets of images and their labels are the same, to warn when a run is resumed with others than it
// had.
//
//   const DataIdentity now = IdentifyData(*source, labels);
//   if (now != saved) std::cout << "other images";
//
// The hash covers the name and the size in bytes of every image, and the bytes of as many images, evenly spread, as
// have 64 MiB together. Sets below that size are thus compared completely, and of a larger one every change is noticed
// that adds, removes or renames an image or changes its size. Reading all of a large set would take minutes. The times
// of files do not count, because copying changes them. Names are relative to the folder, so the same images in another
// place are the same.
#ifndef GAN_DATA_DATA_IDENTITY_H_
#define GAN_DATA_DATA_IDENTITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "gan/data/image_source.h"
#include "gan/data/labels.h"

namespace sg::gan {

struct DataIdentity {
  int64_t images = 0;
  std::string hash;         // CRC-32C in hexadecimal digits
  std::string labels = "";  // that of all labels; empty without labels, and in a state that does not tell
  std::vector<std::string> class_names = {};  // see Labels; not compared, because the hash covers the folders

  bool operator==(const DataIdentity& other) const {
    return images == other.images && hash == other.hash && labels == other.labels;
  }
  bool operator!=(const DataIdentity& other) const { return !(*this == other); }
};

// A file that cannot be read counts by its name alone.
DataIdentity IdentifyData(const ImageSource& source, const Labels& labels);

}  // namespace sg::gan

#endif  // GAN_DATA_DATA_IDENTITY_H_
