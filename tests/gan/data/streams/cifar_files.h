// Files of CIFAR in all of their forms, with few pictures.
//
//   folder.Write("cifar-10-python.tar.gz", io::Gzip(io::RawTar({{"data_batch_1", CifarPickle({3, 7}, 0, "labels")}})));
#ifndef TESTS_GAN_DATA_STREAMS_CIFAR_FILES_H_
#define TESTS_GAN_DATA_STREAMS_CIFAR_FILES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/data/streams/cifar_batch.h"
#include "gan/data/streams/picture_stream.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"

namespace sg::gan {

// The planes of a picture: red is `number`, green the row, blue the column.
inline std::string CifarPlanes(int number) {
  std::string planes(kCifarPixelBytes, static_cast<char>(number));
  for (int y = 0; y < kCifarSide; ++y) {
    for (int x = 0; x < kCifarSide; ++x) {
      planes[1024 + 32 * y + x] = static_cast<char>(y);
      planes[2048 + 32 * y + x] = static_cast<char>(x);
    }
  }
  return planes;
}

inline void ExpectCifarPicture(const Picture& picture, int number, int label) {
  ASSERT_EQ(picture.image.width, 32);
  ASSERT_EQ(picture.image.height, 32);
  ASSERT_EQ(picture.image.channels, 3);
  for (int at = 0; at < 1024; ++at) {
    ASSERT_EQ(picture.image.pixels[3 * at], number);
    ASSERT_EQ(picture.image.pixels[3 * at + 1], at / 32);
    ASSERT_EQ(picture.image.pixels[3 * at + 2], at % 32);
  }
  EXPECT_EQ(picture.label.class_number, label);
}

// A pickle as Python 2 has written them. Picture i is CifarPlanes(first + i).
inline std::string CifarPickle(const std::vector<int>& labels, int first, const std::string& key,
                               const std::string& type = "u1", int columns = kCifarPixelBytes) {
  using io::RawInt, io::RawCall, io::RawGlobal, io::RawNumber, io::RawTuple;
  const auto text = [](const std::string& s) { return absl::StrCat("U", RawNumber(s.size(), 1), s); };
  std::string pixels;
  std::vector<std::string> classes;
  for (size_t i = 0; i < labels.size(); ++i) {
    pixels += CifarPlanes(first + static_cast<int>(i));
    classes.push_back(RawInt(labels[i]));
  }
  const std::string empty = RawCall(RawGlobal("numpy.core.multiarray", "_reconstruct"),
                                    {RawGlobal("numpy", "ndarray"), RawTuple({RawInt(0)}), text("b")});
  const std::string dtype =
      absl::StrCat(RawCall(RawGlobal("numpy", "dtype"), {text(type), RawInt(0), RawInt(1)}),
                   RawTuple({RawInt(3), text("|"), "N", "N", "N", RawInt(-1), RawInt(-1), RawInt(0)}), "b");
  const std::string shape = RawTuple({RawInt(static_cast<int64_t>(labels.size())), RawInt(columns)});
  const std::string state =
      RawTuple({RawInt(1), shape, dtype, "\x89", absl::StrCat("T", RawNumber(pixels.size(), 4), pixels)});
  return io::MakePickle(absl::StrCat("}(", text("batch_label"), text("training batch 1 of 5"), text(key),
                                     io::RawList(classes), text("data"), empty, state, "b", "u"));
}

inline std::string CifarBinary(const std::vector<int>& labels, int first, bool coarse = false) {
  std::string bytes;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (coarse) bytes.push_back('\x13');
    bytes += static_cast<char>(labels[i]) + CifarPlanes(first + static_cast<int>(i));
  }
  return bytes;
}

}  // namespace sg::gan

#endif  // TESTS_GAN_DATA_STREAMS_CIFAR_FILES_H_
