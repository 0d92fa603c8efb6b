// Decodes every image of a data set, to find all bad ones at once.
#ifndef TOOLS_CHECK_IMAGES_H_
#define TOOLS_CHECK_IMAGES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gan/data/dataset.h"

namespace sg::cli {

// One sentence for every image that cannot be used, in the order of the set: "faces/7.png: PNG is truncated".
// `threads` decode, 0 for one per core. `on_progress`, if not empty, is called on the caller's thread now and then with
// the number of images done, and at the end.
std::vector<std::string> BadImages(gan::Dataset* dataset, int threads,
                                   const std::function<void(int64_t done)>& on_progress);

}  // namespace sg::cli

#endif  // TOOLS_CHECK_IMAGES_H_
