// fakes_nearest.png: pictures of a generator, each with the training image nearest to it on its right, and in a text of
// the PNG file the numbers that belong to it. gan/metrics/nearest_images.h says what they mean.
//
//   const gan::PngText text = NearestText(sheet);
//   std::optional<NearestSheet> read = ReadNearestSheet({text});
#ifndef TOOLS_NEAREST_SHEET_H_
#define TOOLS_NEAREST_SHEET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gan/image/encode_png.h"

namespace sg::cli {

inline constexpr char kNearestSheetName[] = "fakes_nearest.png";

struct NearestSheet {
  struct Pair {
    int64_t seed = 0;
    double ratio = 0;
    std::string name;  // of the training image
  };

  double kimg = 0;                      // that the generator had learned from
  int columns = 1;                      // pairs in a row
  int gap = 0;                          // pixels between pairs
  int tile_width = 0, tile_height = 0;  // of each picture
  int64_t pictures = 0;                 // that were compared; the nearest ones are shown
  int64_t images = 0, of = 0;           // training images that they were compared with, and all
  std::string protocol;                 // "pixels at 16x16"
  double median_ratio = 0, close_ratio = 0;
  int64_t suspicious = 0;
  std::vector<Pair> pairs;  // shown, the nearest first
};

gan::PngText NearestText(const NearestSheet& sheet);
// nullopt if none of the texts of a file is one that NearestText makes.
std::optional<NearestSheet> ReadNearestSheet(absl::Span<const gan::PngText> text);

// One sentence for the log.
std::string NearestSentence(const NearestSheet& sheet);

}  // namespace sg::cli

#endif  // TOOLS_NEAREST_SHEET_H_
