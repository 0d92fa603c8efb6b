#include "gan/data/batch_loader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "gan/data/epoch_order.h"
#include "gan/image/encode_png.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr int kResolution = 4;
constexpr uint64_t kSeed = 11;

// Image i has the color (i, 255 - i, 7). The files of those in `bad` are truncated.
class BatchLoaderTest : public testing::Test {
 protected:
  std::unique_ptr<Dataset> MakeDataset(int images, const std::set<int>& bad, OnBadImage on_bad_image) {
    for (int i = 0; i < images; ++i) {
      const std::string png = *EncodePng(Solid(kResolution, kResolution, i, 255 - i, 7));
      folder_.Write(std::to_string(1000 + i) + ".png", bad.count(i) > 0 ? png.substr(0, 50) : png);
    }
    DatasetOptions options;
    options.path = folder_.path();
    options.spec = {kResolution, kResolution, 3};
    options.on_bad_image = on_bad_image;
    absl::StatusOr<std::unique_ptr<Dataset>> dataset = Dataset::Open(options);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return *std::move(dataset);
  }

  LoaderOptions Options(int64_t batch, int workers = 2) {
    LoaderOptions options;
    options.batch = batch;
    options.seed = kSeed;
    options.workers = workers;
    options.on_bad_image = [this](absl::string_view message) { messages_.emplace_back(message); };
    return options;
  }

  TempFolder folder_;
  std::vector<std::string> messages_;
};

// The images of a batch, identified by their color.
std::vector<int> Images(const absl::StatusOr<Batch>& batch) {
  EXPECT_TRUE(batch.ok()) << batch.status();
  std::vector<int> images;
  if (!batch.ok()) return images;
  for (size_t at = 0; at < batch->pixels.size(); at += 3) {
    EXPECT_EQ(batch->pixels[at] + batch->pixels[at + 1], 255);
    EXPECT_EQ(batch->pixels[at + 2], 7);
    if (at % (3 * kResolution * kResolution) == 0) images.push_back(batch->pixels[at]);
  }
  return images;
}

std::vector<int> Take(BatchLoader* loader, int batches) {
  std::vector<int> all;
  for (int i = 0; i < batches; ++i) {
    for (int image : Images(loader->Next())) all.push_back(image);
  }
  return all;
}

// The images that the contract prescribes for positions [0, count).
std::vector<int> ExpectedOrder(int images, int count, const std::set<int>& bad = {}) {
  const auto item_at = [&](int position) { return EpochOrder(kSeed, position / images, images)[position % images]; };
  std::vector<int> all;
  for (int position = 0; position < count; ++position) {
    int good = position;
    while (bad.count(item_at(good)) > 0) ++good;
    all.push_back(item_at(good));
  }
  return all;
}

TEST_F(BatchLoaderTest, FollowsTheOrderAcrossEpochs) {
  auto dataset = MakeDataset(10, {}, OnBadImage::kFail);
  for (int workers : {0, 1, 4}) {
    BatchLoader loader(dataset.get(), Options(4, workers));
    EXPECT_EQ(Take(&loader, 15), ExpectedOrder(10, 60)) << workers;
    EXPECT_EQ(loader.position(), 60);
  }
}

TEST_F(BatchLoaderTest, BatchesLargerThanTheDataset) {
  auto dataset = MakeDataset(3, {}, OnBadImage::kFail);
  BatchLoader loader(dataset.get(), Options(32, 4));
  EXPECT_EQ(Take(&loader, 4), ExpectedOrder(3, 128));
}

// Image i is of class i. Image 2 is bad.
class LabeledBatchLoaderTest : public BatchLoaderTest {
 protected:
  static constexpr int kImages = 5;

  std::unique_ptr<Dataset> Labeled(OnBadImage on_bad_image, bool mirror = false) {
    std::string entries;
    for (int i = 0; i < kImages; ++i) {
      entries += (i == 0 ? "" : ", ") + ("[\"" + std::to_string(1000 + i)) + ".png\", " + std::to_string(i) + "]";
    }
    folder_.Write("dataset.json", "{\"labels\": [" + entries + "]}");
    const std::set<int> bad = on_bad_image == OnBadImage::kSkip ? std::set<int>{2} : std::set<int>();
    MakeDataset(kImages, bad, on_bad_image);
    DatasetOptions options;
    options.path = folder_.path();
    options.spec = {kResolution, kResolution, 3};
    options.on_bad_image = on_bad_image;
    options.mirror = mirror;
    options.labels = true;
    return *Dataset::Open(options);
  }

  // The classes of labels in a row.
  static std::vector<int> Classes(const std::vector<float>& labels) {
    std::vector<int> classes;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == 1) classes.push_back(static_cast<int>(i % kImages));
    }
    EXPECT_EQ(classes.size() * kImages, labels.size());
    return classes;
  }
};

TEST_F(LabeledBatchLoaderTest, EveryImageHasItsLabel) {
  for (const OnBadImage on_bad_image : {OnBadImage::kFail, OnBadImage::kSkip}) {
    const auto dataset = Labeled(on_bad_image, /*mirror=*/on_bad_image == OnBadImage::kFail);
    BatchLoader loader(dataset.get(), Options(3));
    for (int i = 0; i < 10; ++i) {
      const absl::StatusOr<Batch> batch = loader.Next();
      EXPECT_EQ(Classes(batch->labels), Images(batch));
    }
  }
}

TEST_F(LabeledBatchLoaderTest, LabelsForFakesAreThoseOfRandomImages) {
  const auto dataset = Labeled(OnBadImage::kFail);
  BatchLoader loader(dataset.get(), Options(100));
  std::vector<int> count(kImages);
  constexpr int kBatches = 10;
  for (int i = 0; i < kBatches; ++i) {
    const std::vector<int> classes = Classes(loader.Next()->fake_labels);
    EXPECT_EQ(classes.size(), kFakeSets * 100u);
    for (const int c : classes) ++count[c];
  }
  // Five standard deviations of a binomial distribution.
  constexpr double kMean = 100.0 * kFakeSets * kBatches / kImages;
  for (const int c : count) EXPECT_NEAR(c, kMean, 5 * std::sqrt(kMean * (kImages - 1) / kImages));
}

TEST_F(LabeledBatchLoaderTest, LabelsForFakesDependOnThePositionAlone) {
  const auto dataset = Labeled(OnBadImage::kFail);
  BatchLoader loader(dataset.get(), Options(4)), later(dataset.get(), Options(4));
  const std::vector<float> first = loader.Next()->fake_labels, second = loader.Next()->fake_labels;
  EXPECT_NE(first, second);
  later.Seek(4);
  EXPECT_EQ(later.Next()->fake_labels, second);
  LoaderOptions other = Options(4);
  other.seed = kSeed + 1;
  EXPECT_NE(BatchLoader(dataset.get(), other).Next()->fake_labels, first);
}

TEST_F(BatchLoaderTest, NothingAhead) {
  auto dataset = MakeDataset(5, {}, OnBadImage::kFail);
  LoaderOptions options = Options(2, 3);
  options.prefetch = 0;
  BatchLoader loader(dataset.get(), options);
  EXPECT_EQ(Take(&loader, 10), ExpectedOrder(5, 20));
}

TEST_F(BatchLoaderTest, SeekResumesExactly) {
  auto dataset = MakeDataset(7, {}, OnBadImage::kFail);
  const std::vector<int> order = ExpectedOrder(7, 300);
  BatchLoader loader(dataset.get(), Options(3));
  for (int position : {0, 1, 20, 6, 250, 249}) {
    loader.Seek(position);
    EXPECT_EQ(loader.position(), position);
    EXPECT_EQ(Take(&loader, 5), std::vector<int>(order.begin() + position, order.begin() + position + 15)) << position;
    BatchLoader other(dataset.get(), Options(3, 1));
    other.Seek(position);
    EXPECT_EQ(Take(&other, 5), std::vector<int>(order.begin() + position, order.begin() + position + 15)) << position;
  }
}

TEST_F(BatchLoaderTest, SkippedImagesAreReplacedByTheNextGoodOne) {
  const std::set<int> bad = {2, 3, 8};
  auto dataset = MakeDataset(10, bad, OnBadImage::kSkip);
  std::vector<std::string> first_messages;
  for (int workers : {1, 4}) {
    messages_.clear();
    BatchLoader loader(dataset.get(), Options(4, workers));
    EXPECT_EQ(Take(&loader, 10), ExpectedOrder(10, 40, bad));
    EXPECT_EQ(messages_.size(), bad.size()) << "each is named once";
    if (workers == 1) first_messages = messages_;
    EXPECT_EQ(messages_, first_messages);
  }
  std::sort(messages_.begin(), messages_.end());
  EXPECT_THAT(messages_,
              ElementsAre("1002.png: PNG is truncated", "1003.png: PNG is truncated", "1008.png: PNG is truncated"));
}

TEST_F(BatchLoaderTest, TheCallbackMayCallTheLoader) {
  const std::set<int> bad = {2, 3, 8};
  auto dataset = MakeDataset(10, bad, OnBadImage::kSkip);
  BatchLoader* self = nullptr;
  LoaderOptions options = Options(10);
  int calls = 0;
  options.on_bad_image = [&](absl::string_view) {
    ++calls;
    EXPECT_EQ(self->position(), 10);
    // Called on a second thread, which would block if Next held the lock.
    std::future<void> seek = std::async(std::launch::async, [&] { self->Seek(self->position()); });
    EXPECT_EQ(seek.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  };
  BatchLoader loader(dataset.get(), options);
  self = &loader;
  EXPECT_EQ(Take(&loader, 3), ExpectedOrder(10, 30, bad));
  EXPECT_EQ(calls, 3);
}

TEST_F(BatchLoaderTest, OneGoodImageIsEnough) {
  auto dataset = MakeDataset(4, {0, 1, 3}, OnBadImage::kSkip);
  BatchLoader loader(dataset.get(), Options(8));
  EXPECT_EQ(Take(&loader, 3), std::vector<int>(24, 2));
}

TEST_F(BatchLoaderTest, FailNamesTheFile) {
  auto dataset = MakeDataset(10, {5}, OnBadImage::kFail);
  BatchLoader loader(dataset.get(), Options(1));
  const std::vector<int64_t> order = EpochOrder(kSeed, 0, 10);
  for (int64_t i = 0; order[i] != 5; ++i) EXPECT_THAT(Images(loader.Next()), ElementsAre(order[i]));
  const int64_t position = loader.position();
  EXPECT_EQ(loader.Next().status().message(), "1005.png: PNG is truncated");
  EXPECT_EQ(loader.Next().status().message(), "1005.png: PNG is truncated");
  EXPECT_EQ(loader.position(), position);
  loader.Seek(position + 1);
  EXPECT_EQ(Images(loader.Next()).size(), 1u);
}

TEST_F(BatchLoaderTest, EveryImageBad) {
  auto dataset = MakeDataset(3, {0, 1, 2}, OnBadImage::kSkip);
  BatchLoader loader(dataset.get(), Options(2));
  EXPECT_THAT(std::string(loader.Next().status().message()),
              StartsWith("every image under " + folder_.path() + " is bad, for example 100"));
  EXPECT_EQ(messages_.size(), 3u);
}

TEST_F(BatchLoaderTest, EndsPromptlyWhateverTheThreadsDo) {
  auto dataset = MakeDataset(100, {}, OnBadImage::kFail);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    LoaderOptions options = Options(16, 4);
    options.prefetch = 1000;
    BatchLoader loader(dataset.get(), options);
    if (i % 2 == 0) loader.Seek(i);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sg::gan
