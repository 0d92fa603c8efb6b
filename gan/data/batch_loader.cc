#include "gan/data/batch_loader.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/device_failure.h"
#include "engine/base/philox.h"
#include "gan/data/epoch_order.h"

namespace sg::gan {
namespace {

constexpr int kMaxDefaultWorkers = 8;
constexpr size_t kOrdersKept = 4;
// Keeps the stream separate from all others of the same seed.
constexpr uint64_t kFakeLabelStream = uint64_t{0x1abe1} << 40;

LoaderOptions Checked(LoaderOptions options) {
  SG_CHECK(options.batch > 0 && options.workers >= 0 && options.prefetch >= 0)
      << "[BatchLoader] batch " << options.batch << ", workers " << options.workers << ", prefetch "
      << options.prefetch;
  if (options.workers == 0) {
    options.workers = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxDefaultWorkers);
  }
  return options;
}

const absl::Status& NoMemory() {
  static const absl::Status* const status = new absl::Status(absl::UnavailableError("no memory to decode an image"));
  return *status;
}

}  // namespace

BatchLoader::BatchLoader(Dataset* dataset, LoaderOptions options)
    : dataset_(dataset),
      options_(Checked(std::move(options))),
      image_bytes_(dataset->image_spec().NumValues()),
      window_(options_.batch * (1 + options_.prefetch)),
      pixels_(window_ * image_bytes_),
      slots_(window_) {
  NoMemory();  // makes it
  const absl::Status started = CatchDeviceFailure([this] {
    threads_.reserve(options_.workers);
    for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { Work(); });
  });
  if (started.ok()) return;
  StopThreads();  // those that could be started
  DeviceFailure failure;
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.recoverable = true;
  failure.message = absl::StrCat("[BatchLoader] ", options_.workers, " decoding threads: ", started.message());
  FailDevice(failure);
}

BatchLoader::~BatchLoader() { StopThreads(); }

void BatchLoader::StopThreads() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<Batch> BatchLoader::Next() {
  std::vector<std::string> bad;
  absl::StatusOr<Batch> batch = TakeBatch(&bad);
  // The lock is released and the position is final. Workers can continue decoding, and the callback may call this
  // loader.
  if (options_.on_bad_image != nullptr) {
    for (const std::string& message : bad) options_.on_bad_image(message);
  }
  return batch;
}

absl::StatusOr<Batch> BatchLoader::TakeBatch(std::vector<std::string>* bad) {
  std::unique_lock<std::mutex> lock(mutex_);
  Batch batch;
  const int64_t label_dim = dataset_->label_dim();
  batch.pixels.resize(options_.batch * image_bytes_);
  batch.labels.resize(options_.batch * label_dim);
  for (int64_t i = 0; i < options_.batch; ++i) {
    const int64_t at = (position_ + i) % window_;
    Slot& slot = slots_[at];
    ready_.wait(lock, [&] { return slot.done; });
    for (const absl::Status& skipped : slot.skipped) {
      const auto [message, is_new] = reported_.emplace(skipped.message());
      if (is_new) bad->push_back(*message);
    }
    if (!slot.status.ok()) return slot.status;
    std::memcpy(&batch.pixels[i * image_bytes_], &pixels_[at * image_bytes_], image_bytes_);
    if (label_dim > 0) dataset_->WriteLabel(slot.item, &batch.labels[i * label_dim]);
  }
  batch.fake_labels = DrawFakeLabels();
  for (int64_t i = 0; i < options_.batch; ++i) slots_[(position_ + i) % window_] = Slot();
  position_ += options_.batch;
  work_.notify_all();
  return batch;
}

std::vector<float> BatchLoader::DrawFakeLabels() const {
  const int64_t label_dim = dataset_->label_dim(), count = label_dim > 0 ? kFakeSets * options_.batch : 0;
  std::vector<float> labels(count * label_dim);
  for (int64_t i = 0; i < count; ++i) {
    const PhiloxBlock block = PhiloxAt(options_.seed, kFakeLabelStream, kFakeSets * position_ + i);
    const uint64_t bits = uint64_t{block.v[0]} << 32 | block.v[1];
    const auto item = static_cast<int64_t>(static_cast<unsigned __int128>(bits) * dataset_->size() >> 64);
    dataset_->WriteLabel(item, &labels[i * label_dim]);
  }
  return labels;
}

void BatchLoader::Seek(int64_t position) {
  SG_CHECK(position >= 0) << "[BatchLoader] position " << position;
  std::unique_lock<std::mutex> lock(mutex_);
  paused_ = true;
  ready_.wait(lock, [&] { return busy_ == 0; });
  std::fill(slots_.begin(), slots_.end(), Slot());
  position_ = position;
  next_ = position;
  paused_ = false;
  work_.notify_all();
}

void BatchLoader::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stop_ || (!paused_ && next_ < position_ + window_); });
    if (stop_) return;
    const int64_t position = next_++;
    const int64_t at = position % window_;
    ++busy_;
    lock.unlock();
    Slot slot;
    const auto fill = [&] { Fill(position, &pixels_[at * image_bytes_], &slot); };
    // By reference: a copy in a std::function would take memory.
    if (!CatchDeviceFailure(std::ref(fill)).ok()) {
      slot = Slot();
      slot.done = true;
      slot.status = NoMemory();
    }
    lock.lock();
    slots_[at] = std::move(slot);
    --busy_;
    ready_.notify_all();
  }
}

void BatchLoader::Fill(int64_t position, uint8_t* pixels, Slot* slot) {
  slot->done = true;
  const bool skip = dataset_->options().on_bad_image == OnBadImage::kSkip;
  // Any range of two epochs' length contains a whole epoch, hence every image.
  const int64_t attempts = skip ? 2 * dataset_->size() : 1;
  for (int64_t i = 0; i < attempts && !stop_; ++i) {
    slot->item = ItemAt(position + i);
    absl::StatusOr<Image> image = dataset_->Get(slot->item);
    if (image.ok()) {
      std::memcpy(pixels, image->pixels.data(), image_bytes_);
      slot->status = absl::OkStatus();
      return;
    }
    slot->status = image.status();
    if (absl::IsUnavailable(image.status())) return;  // no memory: that is not the image's fault
    if (skip) slot->skipped.push_back(image.status());
  }
  if (!skip || stop_) return;
  slot->status = absl::DataLossError(absl::StrCat("every image under ", dataset_->options().path,
                                                  " is bad, for example ", slot->skipped.front().message()));
}

int64_t BatchLoader::ItemAt(int64_t position) {
  const int64_t epoch = position / dataset_->size();
  std::lock_guard<std::mutex> lock(orders_mutex_);
  auto order = orders_.find(epoch);
  if (order == orders_.end()) {
    if (orders_.size() == kOrdersKept) orders_.erase(orders_.begin());
    order = orders_.emplace(epoch, EpochOrder(options_.seed, epoch, dataset_->size())).first;
  }
  return order->second[position % dataset_->size()];
}

}  // namespace sg::gan
