// The files of tests/golden/foreign_networks.py, and comparisons of what was read from them.
#ifndef TESTS_GAN_INTEROP_FOREIGN_FILES_H_
#define TESTS_GAN_INTEROP_FOREIGN_FILES_H_

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/io/torch_file.h"
#include "gan/interop/foreign_file.h"
#include "gan/interop/foreign_network.h"
#include "gtest/gtest.h"

namespace sg::gan {

inline std::string ForeignPath(const std::string& name) { return "tests/golden/foreign_networks/" + name; }

inline std::shared_ptr<io::TorchFile> OpenForeign(const std::string& name) {
  absl::StatusOr<std::unique_ptr<io::TorchFile>> file = io::TorchFile::Open(ForeignPath(name), ForeignGlobals());
  SG_CHECK(file.ok()) << file.status().message();
  return *std::move(file);
}

inline std::vector<float> ValuesOf(const ForeignTensor& tensor) {
  const absl::StatusOr<HostTensor> values = tensor.read();
  SG_CHECK(values.ok()) << values.status().message();
  SG_CHECK(values->shape == tensor.shape) << values->shape << " instead of " << tensor.shape;
  return values->values;
}

// Fails unless both have the same names, shapes and values. Values may differ by `tolerance`; 0 means the same bits.
inline void ExpectSameTensors(const ForeignTensors& got, const ForeignTensors& want, float tolerance = 0) {
  for (const auto& [name, tensor] : want) EXPECT_EQ(got.count(name), 1u) << name << " is missing";
  for (const auto& [name, tensor] : got) {
    const auto other = want.find(name);
    ASSERT_NE(other, want.end()) << name << " is surplus";
    ASSERT_EQ(tensor.shape, other->second.shape) << name;
    const std::vector<float> a = ValuesOf(tensor), b = ValuesOf(other->second);
    if (tolerance == 0) {
      EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0) << name;
      continue;
    }
    for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << name << " " << i;
  }
}

}  // namespace sg::gan

#endif  // TESTS_GAN_INTEROP_FOREIGN_FILES_H_
