#include "gan/data/labels.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "engine/io/crc32c.h"
#include "engine/io/printable.h"
#include "gan/data/file_names.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Json = nlohmann::json;

std::string WithSlashes(const std::string& name) { return absl::StrReplaceAll(name, {{"\\", "/"}}); }

// Reads the text without building a tree of it, which would take many times its size. Depths: 1 the object, 2 the list
// of labels, 3 an entry, 4 the entry's vector.
class LabelsHandler final : public nlohmann::json_sax<Json> {
 public:
  explicit LabelsHandler(const std::vector<std::string>& names) : names_(names), has_label_(names.size()) {
    for (size_t i = 0; i < names.size(); ++i) images_.emplace(WithSlashes(names[i]), i);
  }

  absl::StatusOr<Labels> Finish(bool parsed) {
    if (!error_.empty()) return absl::InvalidArgumentError(error_);
    if (!parsed || !is_object_) return absl::InvalidArgumentError("it is not a JSON object");
    if (!has_list_) return absl::NotFoundError("it has no labels");
    for (size_t i = 0; i < names_.size(); ++i) {
      if (!has_label_[i])
        return absl::InvalidArgumentError(absl::StrCat("it has no label of ", io::Printable(names_[i])));
    }
    if (!classes_.empty()) {
      const auto dim = static_cast<size_t>(*std::max_element(classes_.begin(), classes_.end())) + 1;
      class_names_.resize(class_names_.size() < dim ? 0 : dim);
      return Labels::OfClasses(std::move(classes_), std::move(class_names_));
    }
    // Only now is it certain that the file has numbers for the memory that all of its labels take.
    std::vector<float> values(names_.size() * dim_);
    for (size_t i = 0; i < names_.size(); ++i) {
      std::copy_n(values_.begin() + place_[i] * dim_, dim_, values.begin() + static_cast<int64_t>(i) * dim_);
    }
    return Labels::OfVectors(dim_, std::move(values));
  }

  bool null() override { return !InLabels() || (depth_ == 1 ? Leave() : Fail("an entry is null")); }
  bool boolean(bool) override { return Other(); }
  bool number_integer(int64_t value) override { return Number(static_cast<double>(value), true); }
  bool number_unsigned(uint64_t value) override { return Number(static_cast<double>(value), true); }
  bool number_float(double value, const std::string&) override { return Number(value, false); }
  bool binary(Json::binary_t&) override { return Other(); }
  bool string(std::string& text) override {
    if (in_class_names_ && depth_ == 2 && static_cast<int64_t>(class_names_.size()) < kMaxLabelDim) {
      class_names_.push_back(text);
    }
    if (!InLabels()) return true;
    if (depth_ != 3 || elements_++ != 0) return Other();
    const auto found = images_.find(WithSlashes(text));
    image_ = found == images_.end() ? -1 : static_cast<int64_t>(found->second);
    if (image_ >= 0 && has_label_[image_]) return Fail(absl::StrCat("two labels of ", io::Printable(text)));
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ != 1) return true;
    if (InLabels()) in_labels_ = false;
    in_class_names_ = name == "class_names";
    if (name != "labels") return true;
    if (std::exchange(has_key_, true)) return Fail("\"labels\" is there twice");
    return in_labels_ = true;
  }
  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    if (InLabels()) return Other();
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 0) return Fail("it is not a JSON object");
    ++depth_;
    if (!InLabels()) return true;
    if (depth_ == 2) has_list_ = true;
    if (depth_ == 3) elements_ = 0;
    if (depth_ == 4) {
      vector_.clear();
      if (elements_++ != 1) return Other();
    }
    return depth_ <= 4 || Other();
  }
  bool end_array() override {
    const int ended = depth_--;
    if (!InLabels()) return true;
    if (ended == 4) return TakeVector();
    if (ended == 3 && elements_ != 2) return Other();
    if (ended == 2) in_labels_ = false;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool InLabels() const { return in_labels_; }
  bool Leave() {
    in_labels_ = false;
    return true;
  }
  bool Fail(const std::string& what) {
    if (error_.empty()) error_ = what;
    return false;
  }
  // A value where the labels have none.
  bool Other() {
    if (!InLabels()) return true;
    return Fail("\"labels\" is not a list of entries [\"file\", label] with a class or a list of numbers each");
  }

  bool Number(double value, bool whole) {
    if (!InLabels()) return true;
    if (depth_ == 4) {
      if (!std::isfinite(static_cast<float>(value))) return Fail("a number of a label is too large");
      if (static_cast<int64_t>(vector_.size()) == kMaxLabelDim) return Fail("a label has more than 65536 numbers");
      vector_.push_back(static_cast<float>(value));
      return true;
    }
    if (depth_ != 3 || elements_++ != 1) return Other();
    if (!whole || value < 0 || value >= kMaxLabelDim) {
      return Fail(absl::StrCat("the class ", value, " is not a whole number from 0 to ", kMaxLabelDim - 1));
    }
    if (dim_ > 0) return Fail("some labels are classes, others are lists");
    if (image_ < 0) return true;
    classes_.resize(names_.size());
    classes_[image_] = static_cast<int32_t>(value);
    has_label_[image_] = true;
    return true;
  }

  bool TakeVector() {
    if (!classes_.empty()) return Fail("some labels are classes, others are lists");
    if (image_ < 0) return true;
    const auto length = static_cast<int64_t>(vector_.size());
    if (length == 0) return Fail("a label is an empty list");
    if (dim_ == 0) dim_ = length;
    if (length != dim_) return Fail(absl::StrCat("one label has ", dim_, " numbers, another one ", length));
    place_.resize(names_.size());
    place_[image_] = static_cast<int64_t>(values_.size()) / dim_;
    values_.insert(values_.end(), vector_.begin(), vector_.end());
    has_label_[image_] = true;
    return true;
  }

  const std::vector<std::string>& names_;
  std::unordered_map<std::string, size_t> images_;
  std::vector<bool> has_label_;
  std::string error_;
  int64_t depth_ = 0;
  bool is_object_ = false, has_key_ = false, in_labels_ = false, has_list_ = false, in_class_names_ = false;
  std::vector<std::string> class_names_;
  int elements_ = 0;    // of the entry so far
  int64_t image_ = -1;  // the entry's; -1 for another file
  std::vector<float> vector_;
  int64_t dim_ = 0;
  std::vector<int32_t> classes_;
  std::vector<float> values_;   // the vectors in the order of the file
  std::vector<int64_t> place_;  // of each image's vector in it
};

}  // namespace

Labels Labels::OfClasses(std::vector<int32_t> classes, std::vector<std::string> names) {
  Labels labels;
  labels.class_names_ = std::move(names);
  for (const int32_t c : classes) labels.dim_ = std::max<int64_t>(labels.dim_, c + 1);
  labels.classes_ = std::move(classes);
  return labels;
}

Labels Labels::OfVectors(int64_t dim, std::vector<float> values) {
  Labels labels;
  labels.dim_ = dim;
  labels.values_ = std::move(values);
  return labels;
}

uint32_t Labels::Checksum() const {
  if (dim_ == 0) return 0;
  uint32_t crc = io::ExtendCrc32c(0, &dim_, sizeof(dim_));
  crc = io::ExtendCrc32c(crc, classes_.data(), classes_.size() * sizeof(classes_[0]));
  return io::ExtendCrc32c(crc, values_.data(), values_.size() * sizeof(values_[0]));
}

int64_t Labels::size() const {
  if (dim_ == 0) return 0;
  return static_cast<int64_t>(classes_.empty() ? values_.size() / dim_ : classes_.size());
}

void Labels::Write(int64_t image, float* out) const {
  SG_CHECK(dim_ == 0 || (image >= 0 && image < size())) << "[Labels] image " << image << " of " << size();
  if (classes_.empty()) {
    std::copy_n(values_.begin() + image * dim_, dim_, out);
  } else {
    std::fill_n(out, dim_, 0.0f);
    out[classes_[image]] = 1;
  }
}

int32_t Labels::ClassOf(int64_t image) const {
  SG_CHECK(image >= 0 && image < size()) << "[Labels] image " << image << " of " << size();
  return classes_.empty() ? -1 : classes_[static_cast<size_t>(image)];
}

std::vector<int64_t> Labels::OneOfEach() const {
  std::map<std::vector<float>, int64_t> first;
  for (int64_t i = 0; i < size(); ++i) {
    std::vector<float> key;
    if (classes_.empty()) {
      key.assign(values_.begin() + i * dim_, values_.begin() + (i + 1) * dim_);
    } else {
      key = {static_cast<float>(classes_[i])};
    }
    first.emplace(std::move(key), i);
  }
  std::vector<int64_t> images;
  images.reserve(first.size());
  for (const auto& [key, image] : first) images.push_back(image);
  return images;
}

absl::StatusOr<Labels> LabelsFromJson(absl::string_view json, const std::vector<std::string>& names) {
  LabelsHandler handler(names);
  const bool parsed = Json::sax_parse(json.begin(), json.end(), &handler);
  return handler.Finish(parsed);
}

absl::StatusOr<Labels> LabelsFromFolders(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(WithSlashes(name));
  // The path that all images share, up to a slash.
  std::string shared = paths.empty() ? "" : paths.front();
  for (const std::string& path : paths) {
    shared.erase(std::mismatch(shared.begin(), shared.end(), path.begin(), path.end()).first, shared.end());
  }
  shared.resize(shared.rfind('/') + 1);
  std::vector<std::string> folders;
  for (size_t i = 0; i < paths.size(); ++i) {
    const size_t slash = paths[i].find('/', shared.size());
    if (slash == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(io::Printable(names[i]), " lies in no folder with the name of its class"));
    }
    folders.push_back(paths[i].substr(shared.size(), slash - shared.size()));
  }
  const std::set<std::string> sorted(folders.begin(), folders.end());
  if (static_cast<int64_t>(sorted.size()) > kMaxLabelDim) {
    return absl::InvalidArgumentError(
        absl::StrCat("the images lie in ", sorted.size(), " folders; there can be ", kMaxLabelDim, " classes"));
  }
  std::map<std::string, int32_t> numbers;
  for (const std::string& folder : sorted) numbers.emplace(folder, static_cast<int32_t>(numbers.size()));
  std::vector<int32_t> classes;
  for (const std::string& folder : folders) classes.push_back(numbers[folder]);
  return Labels::OfClasses(std::move(classes), {sorted.begin(), sorted.end()});
}

}  // namespace sg::gan
