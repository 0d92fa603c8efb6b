// The pictures of a data set one after the other, whatever file format holds them. Memory does not depend on their
// number, except for the names of files.
//
//   absl::StatusOr<std::unique_ptr<PictureStream>> stream = OpenStream(options);
//   for (int64_t i = 0; i < (*stream)->size(); ++i) absl::StatusOr<Picture> picture = (*stream)->Next();
#ifndef GAN_DATA_STREAMS_PICTURE_STREAM_H_
#define GAN_DATA_STREAMS_PICTURE_STREAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/image/image.h"

namespace sg::gan {

// The label of one picture: a class, or numbers, or neither.
struct PictureLabel {
  int32_t class_number = -1;   // from 0 on
  std::vector<float> numbers;  // of all pictures as many

  bool empty() const { return class_number < 0 && numbers.empty(); }
};

struct Picture {
  std::string name;     // for messages, safe to print
  std::string bytes;    // a PNG, JPEG or WebP file; empty if `image` has the pixels
  Image image;          // 1 or 3 channels
  PictureLabel label;   // empty if the stream has no labels
  absl::Status status;  // why this picture cannot be read, without its name; the others can
};

class PictureStream {
 public:
  virtual ~PictureStream() = default;

  virtual int64_t size() const = 0;           // pictures
  virtual bool has_labels() const = 0;        // of all pictures
  virtual int channels() const { return 3; }  // 1 for pictures that are gray by their format
  // The name of each class, any text; empty if the classes have none.
  virtual std::vector<std::string> class_names() const { return {}; }
  // What the user should know of the source, one sentence each.
  virtual std::vector<std::string> notes() const { return {}; }

  // The next picture, to be called size() times. An error, a sentence with the path, means that no more can be read.
  virtual absl::StatusOr<Picture> Next() = 0;
};

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_PICTURE_STREAM_H_
