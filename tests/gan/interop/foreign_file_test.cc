#include "gan/interop/foreign_file.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

io::PickleValue Real(double real) {
  io::PickleValue value;
  value.kind = io::PickleKind::kReal;
  value.real = real;
  return value;
}

TEST(ForeignFile, NumbersTextsAndWhatIsNone) {
  const io::PickleValue three = Real(3), half = Real(0.5), huge = Real(1e30), nan = Real(NAN);
  EXPECT_EQ(*IntOf(&three, "x"), 3);
  EXPECT_EQ(*NumberOf(&half, "x"), 0.5);
  EXPECT_THAT(std::string(IntOf(&half, "x").status().message()), HasSubstr("\"x\" is 0.5, not a count"));
  EXPECT_FALSE(IntOf(&huge, "x").ok());
  EXPECT_THAT(std::string(NumberOf(&nan, "x").status().message()), HasSubstr("not finite"));
  EXPECT_THAT(std::string(NumberOf(nullptr, "x").status().message()), HasSubstr("\"x\" is missing"));
  EXPECT_FALSE(TextOf(&half, "x").ok());
  EXPECT_FALSE(TextOf(nullptr, "x").ok());
  const io::PickleValue none;
  EXPECT_TRUE(IsMissingOrNone(&none));
  EXPECT_TRUE(IsMissingOrNone(nullptr));
  EXPECT_FALSE(IsMissingOrNone(&half));
}

class TensorsTest : public ::testing::Test {
 protected:
  std::shared_ptr<io::TorchFile> Open(const std::string& object, const io::RawStorages& storages) {
    absl::StatusOr<std::unique_ptr<io::TorchFile>> file =
        io::TorchFile::Open(dir_.Write("a.pt", io::MakeTorchZip(object, storages)), {});
    SG_CHECK(file.ok()) << file.status().message();
    return *std::move(file);
  }

  nn::ScratchDir dir_;
};

TEST_F(TensorsTest, TheTensorsOfADict) {
  const auto file = Open(io::RawDict({{"w", io::RawTensor("0", 0, {2}, {1}, 2)}, {"step", io::RawInt(3)}}),
                         {{"0", io::Floats({5, 6})}});
  const absl::StatusOr<ForeignTensors> tensors = TensorsOf(file, file->root());
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 1u);
  EXPECT_THAT(ValuesOf(tensors->at("w")), ElementsAre(5, 6));
  EXPECT_FALSE(TensorsOf(file, *io::FindItem(file->root(), "step")).ok());
}

TEST_F(TensorsTest, AHostileTensorIsNamed) {
  const auto file = Open(io::RawDict({{"w", io::RawTensor("0", 0, {3}, {1}, 2)}}), {{"0", io::Floats({5, 6})}});
  EXPECT_THAT(std::string(TensorsOf(file, file->root()).status().message()), HasSubstr("(\"w\")"));
}

TEST_F(TensorsTest, AFilterIsTakenOrRefused) {
  std::vector<float> taps;
  for (const float a : {1.f, 3.f, 3.f, 1.f}) {
    for (const float b : {1.f, 3.f, 3.f, 1.f}) taps.push_back(a * b / 16);  // scale 4
  }
  const auto file = Open(io::RawDict({{"k", io::RawTensor("0", 0, {4, 4}, {4, 1}, 16)}}), {{"0", io::Floats(taps)}});
  const ForeignTensors all = *TensorsOf(file, file->root());
  ForeignTensors tensors = all;
  EXPECT_TRUE(TakeFilter("k", 4, &tensors).ok());
  EXPECT_TRUE(tensors.empty());
  EXPECT_TRUE(TakeFilter("k", 4, &tensors).ok());  // none is fine
  tensors = all;
  EXPECT_THAT(std::string(TakeFilter("k", 1, &tensors).message()), HasSubstr("another filter than [1,3,3,1]"));
}

}  // namespace
}  // namespace sg::gan
