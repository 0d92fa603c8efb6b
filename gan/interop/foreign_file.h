// What the readers of other programs' files share: access to values whose kind nobody has promised.
//
//   absl::StatusOr<int> size = IntOf(FindItem(state, "img_resolution"), "img_resolution");
#ifndef GAN_INTEROP_FOREIGN_FILE_H_
#define GAN_INTEROP_FOREIGN_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/torch_file.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// More tensors than any network has. Files with more are refused, since every name is looked up.
constexpr size_t kMaxForeignTensors = 4096;
// Numbers beyond this are no size, count or limit of a network.
constexpr int kMaxForeignInt = 1 << 24;

// Every global that a supported format needs beside those of tensors, for TorchFile::Open.
std::vector<absl::string_view> ForeignGlobals();

// Errors of the functions below are sentences without the path. A null value is one that is missing.
// Integers, also where they are written as floats. At most kMaxForeignInt in magnitude.
absl::StatusOr<int> IntOf(const io::PickleValue* value, absl::string_view name);
// A finite number.
absl::StatusOr<double> NumberOf(const io::PickleValue* value, absl::string_view name);
absl::StatusOr<std::string> TextOf(const io::PickleValue* value, absl::string_view name);
bool IsMissingOrNone(const io::PickleValue* value);

// The tensor of a value in the file, which must be alive when it is read.
absl::StatusOr<ForeignTensor> TensorOf(const std::shared_ptr<io::TorchFile>& file, const io::PickleValue& value,
                                       absl::string_view name);
// The tensors of a dict from names to tensors, such as a state dict. Values of other kinds are left out.
absl::StatusOr<ForeignTensors> TensorsOf(const std::shared_ptr<io::TorchFile>& file, const io::PickleValue& dict);

// Removes a filter of a resampling from the tensors, if it is there. It must be [1,3,3,1] by itself, times `scale`.
absl::Status TakeFilter(const std::string& name, double scale, ForeignTensors* tensors);

}  // namespace sg::gan

#endif  // GAN_INTEROP_FOREIGN_FILE_H_
