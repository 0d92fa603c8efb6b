// Finds everything that is wrong with a set of pictures at once.
//
//   absl::StatusOr<Examination> found = ExaminePictures(stream.get(), ExamineOptions());
//   for (const std::string& problem : found->problems) std::printf("%s\n", problem.c_str());
#ifndef GAN_DATA_CONVERT_EXAMINE_PICTURES_H_
#define GAN_DATA_CONVERT_EXAMINE_PICTURES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/data/streams/picture_stream.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

struct ExamineOptions {
  DecodeLimits limits;
  // With a width and a height, pictures whose center part of that aspect is smaller are problems. Without, pictures are
  // that have another size than most.
  ImageSpec wanted;
  int threads = 0;                                    // 0: one per core
  std::function<void(int64_t pictures)> on_progress;  // called with the number of pictures read since the last call
  std::function<bool()> stop;                         // asked now and then
};

struct Examination {
  int64_t pictures = 0;
  // "sizes: 64x64 69998, 100x80 2" and "pixels: RGB 69999, gray 1", the most frequent first, of the readable ones.
  std::string sizes, modes;
  // A sentence each, in the order of the pictures: "a.png: PNG is truncated", "b.png: is 100x80, most are 64x64",
  // "c.png: is gray, most are RGB", "d.png: has the same pixels as a.png" (by a hash of 64 bits).
  std::vector<std::string> problems;
};

// Decodes every picture. Memory: some 150 bytes and the name of each. Errors are those of the stream, and Cancelled.
absl::StatusOr<Examination> ExaminePictures(PictureStream* stream, const ExamineOptions& options);

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_EXAMINE_PICTURES_H_
