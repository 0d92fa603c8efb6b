// Batches of training images. Threads decode them ahead of the trainer, in an order that depends only on (seed,
// position).
//
//   LoaderOptions options;
//   options.batch = 32;
//   BatchLoader loader(dataset.get(), options);
//   loader.Seek(checkpoint.position);
//   absl::StatusOr<Batch> batch = loader.Next();   // batch->pixels: [32,H,W,3]
#ifndef GAN_DATA_BATCH_LOADER_H_
#define GAN_DATA_BATCH_LOADER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/data/batch.h"
#include "gan/data/dataset.h"

namespace sg::gan {

struct LoaderOptions {
  int64_t batch = 1;
  uint64_t seed = 0;
  int workers = 0;   // threads; 0 means one per core, at most 8
  int prefetch = 2;  // batches decoded ahead of the requested one
  // Called on the thread of Next, before Next returns, once per skipped image, with a message such as "faces/7.png: PNG
  // is truncated". May call the loader, whose position is then already past the batch.
  std::function<void(absl::string_view message)> on_bad_image;
};

// Epoch e is the permutation EpochOrder(seed, e, dataset->size()). A batch may span two epochs, so no image is dropped.
// With OnBadImage::kSkip, the next good image in the order replaces a bad one, and also appears at its regular place.
// The batch at a position therefore depends only on the position, and so do the labels for fakes. Only one thread at a
// time may call the methods. The dataset must outlive the loader.
class BatchLoader {
 public:
  BatchLoader(Dataset* dataset, LoaderOptions options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  // Returns options.batch images of dataset->image_spec() with their labels. Errors: with OnBadImage::kFail, the error
  // of the first bad image; with kSkip, only that every image is bad; Unavailable if there was no memory for decoding.
  // An error leaves the position unchanged.
  absl::StatusOr<Batch> Next();

  // The number of images consumed since the start of the order.
  int64_t position() const { return position_; }

  // Continues as if `position` >= 0 images had been consumed.
  void Seek(int64_t position);

 private:
  struct Slot {
    bool done = false;
    absl::Status status;
    int64_t item = 0;                   // of the dataset
    std::vector<absl::Status> skipped;  // bad images found before the good one
  };

  // Next without the callback. Appends the messages for the callback to `bad`.
  absl::StatusOr<Batch> TakeBatch(std::vector<std::string>* bad);
  // The labels for the fakes of the batch at position_.
  std::vector<float> DrawFakeLabels() const;
  void StopThreads();
  void Work();
  void Fill(int64_t position, uint8_t* pixels, Slot* slot);
  int64_t ItemAt(int64_t position);

  Dataset* const dataset_;
  const LoaderOptions options_;
  const int64_t image_bytes_;
  const int64_t window_;         // number of positions in memory: [position_, position_ + window_)
  std::vector<uint8_t> pixels_;  // indexed by position % window_, like slots_

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable ready_;
  std::vector<Slot> slots_;
  int64_t position_ = 0;
  int64_t next_ = 0;  // the first position not yet taken by a worker
  int busy_ = 0;      // number of workers that are decoding
  bool paused_ = false;
  std::atomic<bool> stop_{false};  // written under mutex_

  std::mutex orders_mutex_;
  std::map<int64_t, std::vector<int64_t>> orders_;  // the epochs in use

  std::set<std::string> reported_;  // messages passed to on_bad_image
  std::vector<std::thread> threads_;
};

}  // namespace sg::gan

#endif  // GAN_DATA_BATCH_LOADER_H_
