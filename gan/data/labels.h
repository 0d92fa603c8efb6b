// The labels of training images: a class each, or a vector of numbers each.
//
//   absl::StatusOr<Labels> labels = LabelsFromJson(json, names);  // of a dataset.json, as NVIDIA's tools write it
//   std::vector<float> label(labels->dim());
//   labels->Write(/*image=*/0, label.data());
#ifndef GAN_DATA_LABELS_H_
#define GAN_DATA_LABELS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

// The most elements that a label may have.
inline constexpr int64_t kMaxLabelDim = 1 << 16;

class Labels {
 public:
  Labels() = default;  // of images without labels
  // Image i is of the class classes[i], from 0 on. A label has an element for each class up to the largest: 1 at its
  // own, else 0. `names` are those of the classes, or empty.
  static Labels OfClasses(std::vector<int32_t> classes, std::vector<std::string> names = {});
  // Image i has the `dim` elements of `values` from i * dim on.
  static Labels OfVectors(int64_t dim, std::vector<float> values);

  int64_t dim() const { return dim_; }  // elements of a label; 0 without labels
  // Writes the label of that image to out[0, dim()).
  void Write(int64_t image, float* out) const;
  // The class of that image; -1 if the labels are vectors.
  int32_t ClassOf(int64_t image) const;
  // An image of each label that occurs, the first: by class, or by the elements of the vectors.
  std::vector<int64_t> OneOfEach() const;
  // The name of each class, if the folders are the classes or a file names them; else empty.
  const std::vector<std::string>& class_names() const { return class_names_; }
  // The CRC-32C of all labels in the order of the images; 0 without labels.
  uint32_t Checksum() const;

 private:
  int64_t size() const;

  int64_t dim_ = 0;
  std::vector<int32_t> classes_;  // empty for vectors
  std::vector<float> values_;     // empty for classes
  std::vector<std::string> class_names_;
};

// The labels of the images `names` by a JSON object {"labels": [["00000/img00000000.png", 6], ...]}, in which each
// label is a class or a list of numbers. Names are compared with '/' for every '\'; names of other files are ignored.
// The classes have the names of a list "class_names" beside the labels, which this program writes; one that is too
// short is ignored. Errors are a sentence about the file's content. NotFound: "labels" is null or missing.
// InvalidArgument: it is no such object, an image has no label or two, a class is not from 0 to 65535, vectors differ
// in length.
absl::StatusOr<Labels> LabelsFromJson(absl::string_view json, const std::vector<std::string>& names);

// Each image is of the class of its folder. Classes are numbered in the order of the folders' names. The folders that
// all images share do not count, and those inside a class neither. The classes have the folders' names, which may
// contain any character. InvalidArgument if an image lies in no such folder.
absl::StatusOr<Labels> LabelsFromFolders(const std::vector<std::string>& names);

}  // namespace sg::gan

#endif  // GAN_DATA_LABELS_H_
