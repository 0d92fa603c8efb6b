// What file names tell: whether a file is an image, and what the files are that are not.
//
//   if (!HasImageName(path)) extensions.Add(path);
//   std::string text = extensions.Text();  // ".bmp 2, .gif 1"
#ifndef GAN_DATA_FILE_NAMES_H_
#define GAN_DATA_FILE_NAMES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace sg::gan {

// True if the name ends, in any case, as those of PNG, JPEG or WebP files do.
bool HasImageName(absl::string_view path);

// Counts files by their extensions. Names may be hostile: the text is short and safe to print to a terminal.
class ExtensionCount {
 public:
  void Add(absl::string_view path);
  int64_t files() const { return files_; }

  // The extensions in lower case, the most frequent first: ".bmp 2, .gif 1, without extension 1". Names at most 8.
  std::string Text() const;

 private:
  int64_t files_ = 0;
  std::map<std::string, int64_t> counts_;
};

}  // namespace sg::gan

#endif  // GAN_DATA_FILE_NAMES_H_
