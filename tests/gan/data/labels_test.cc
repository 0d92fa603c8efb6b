#include "gan/data/labels.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

std::vector<float> LabelOf(const Labels& labels, int64_t image) {
  std::vector<float> label(labels.dim());
  labels.Write(image, label.data());
  return label;
}

Labels Must(const absl::StatusOr<Labels>& labels) {
  EXPECT_TRUE(labels.ok()) << labels.status();
  return labels.ok() ? *labels : Labels();
}

TEST(LabelsTest, ClassesAreOnesAtTheirPlace) {
  const Labels labels = Must(LabelsFromJson(R"({"labels": [["a/0.png", 2], ["a/1.png", 0]]})", {"a/0.png", "a/1.png"}));
  EXPECT_EQ(labels.dim(), 3);
  EXPECT_THAT(LabelOf(labels, 0), ElementsAre(0, 0, 1));
  EXPECT_THAT(LabelOf(labels, 1), ElementsAre(1, 0, 0));
}

TEST(LabelsTest, VectorsAreTakenAsTheyAre) {
  const Labels labels = Must(LabelsFromJson(R"({"labels": [["b", [0.5, -1]], ["a", [3, 1e3]]]})", {"a", "b"}));
  EXPECT_EQ(labels.dim(), 2);
  EXPECT_THAT(LabelOf(labels, 0), ElementsAre(3, 1000));
  EXPECT_THAT(LabelOf(labels, 1), ElementsAre(0.5f, -1));
}

TEST(LabelsTest, OtherFilesAndOtherMembersDoNotMatter) {
  const Labels labels = Must(LabelsFromJson(
      R"({"x": [[["a", 5]]], "labels": [["z", 9], ["d\\a", 1], ["y", 7]], "u": {"labels": [3], "v": null}})", {"d/a"}));
  EXPECT_EQ(labels.dim(), 2) << "classes of the images alone";
  EXPECT_THAT(LabelOf(labels, 0), ElementsAre(0, 1));
  EXPECT_EQ(Must(LabelsFromJson(R"({"labels": [["d/a", 0]]})", {"d\\a"})).dim(), 1);
}

TEST(LabelsTest, OneOfEachIsInTheOrderOfTheLabels) {
  EXPECT_THAT(Labels::OfClasses({2, 0, 2, 5, 0}).OneOfEach(), ElementsAre(1, 0, 3));
  EXPECT_THAT(Labels::OfVectors(2, {1, 2, 0, 3, 1, 2, 1, 0}).OneOfEach(), ElementsAre(1, 3, 0));
  EXPECT_TRUE(Labels().OneOfEach().empty());
  EXPECT_EQ(Labels().dim(), 0);
}

TEST(LabelsTest, AFileMayNameTheClasses) {
  const auto names = [](const std::string& json) { return LabelsFromJson(json, {"a", "b"})->class_names(); };
  const std::string labels = R"("labels": [["a", 1], ["b", 0]])";
  EXPECT_THAT(names("{" + labels + R"(, "class_names": ["x", "y"]})"), ElementsAre("x", "y"));
  EXPECT_THAT(names(R"({"class_names": ["x", "y", "z"], )" + labels + "}"), ElementsAre("x", "y"));
  for (const char* other : {R"(["x"])", R"("x")", "null", R"([["x"], ["y"]])", R"({"x": "y"})", "[1, 2]"}) {
    EXPECT_THAT(names("{" + labels + R"(, "class_names": )" + other + "}"), ElementsAre()) << other;
  }
}

TEST(LabelsTest, WhatIsWrongWithAFileIsSaid) {
  const std::string form = "\"labels\" is not a list of entries";
  const struct {
    std::string json, message;
  } mistakes[] = {
      {"", "it is not a JSON object"},
      {"[]", "it is not a JSON object"},
      {"7", "it is not a JSON object"},
      {R"({"labels": [["a", 1])", "it is not a JSON object"},
      {"{}", "it has no labels"},
      {R"({"labels": null})", "it has no labels"},
      {R"({"x": {"labels": [["a", 1]]}})", "it has no labels"},
      {R"({"labels": []})", "it has no label of a"},
      {R"({"labels": [["b", 1]]})", "it has no label of a"},
      {R"({"labels": 5})", form},
      {R"({"labels": "a"})", form},
      {R"({"labels": {"a": 1}})", form},
      {R"({"labels": ["a", 1]})", form},
      {R"({"labels": [["a"]]})", form},
      {R"({"labels": [[]]})", form},
      {R"({"labels": [["a", 1, 2]]})", form},
      {R"({"labels": [["a", "b"]]})", form},
      {R"({"labels": [[1, "a"]]})", form},
      {R"({"labels": [["a", true]]})", form},
      {R"({"labels": [["a", {}]]})", form},
      {R"({"labels": [["a", [[1]]]]})", form},
      {R"({"labels": [["a", [1], [2]]]})", form},
      {R"({"labels": [["a", null]]})", "an entry is null"},
      {R"({"labels": [["a", 1], ["a", 1]]})", "two labels of a"},
      {R"({"labels": [["a", 1]], "labels": [["a", 2]]})", "\"labels\" is there twice"},
      {R"({"labels": [["a", -1]]})", "the class -1 is not a whole number from 0 to 65535"},
      {R"({"labels": [["a", 1.5]]})", "the class 1.5 is not"},
      {R"({"labels": [["a", 65536]]})", "the class 65536 is not"},
      {R"({"labels": [["a", 99999999999999999999]]})", "the class 1e+20 is not"},
      {R"({"labels": [["a", []]]})", "a label is an empty list"},
      {R"({"labels": [["a", [1e300]]]})", "a number of a label is too large"},
  };
  for (const auto& mistake : mistakes) {
    const absl::Status status = LabelsFromJson(mistake.json, {"a"}).status();
    const bool none = mistake.message == "it has no labels";
    EXPECT_EQ(absl::IsNotFound(status), none) << mistake.json;
    EXPECT_EQ(absl::IsInvalidArgument(status), !none) << mistake.json;
    EXPECT_THAT(std::string(status.message()), HasSubstr(mistake.message)) << mistake.json;
  }
}

TEST(LabelsTest, LabelsOfOneKindAndLengthAreNeeded) {
  for (const char* entries : {R"([["a", 1], ["b", [1]]])", R"([["a", [1]], ["b", 1]])"}) {
    const absl::Status status = LabelsFromJson(std::string("{\"labels\": ") + entries + "}", {"a", "b"}).status();
    EXPECT_EQ(status.message(), "some labels are classes, others are lists");
  }
  EXPECT_EQ(LabelsFromJson(R"({"labels": [["a", [1]], ["b", [1, 2]]]})", {"a", "b"}).status().message(),
            "one label has 1 numbers, another one 2");
}

TEST(LabelsTest, TooLongVectorsAreRefusedBeforeTheyTakeMemory) {
  std::string json = R"({"labels": [["a", [0)";
  for (int i = 0; i < kMaxLabelDim; ++i) json += ",0";
  EXPECT_EQ(LabelsFromJson(json + "]]]}", {"a"}).status().message(), "a label has more than 65536 numbers");
}

// One long vector must not take the memory of as long a vector for each of very many images.
TEST(LabelsTest, TakesMemoryOnlyForNumbersThatAreThere) {
  std::string json = R"({"labels": [["0", [0)";
  for (int i = 1; i < kMaxLabelDim; ++i) json += ",0";
  Names names;
  constexpr int kImages = 1 << 18;  // with as many labels it would be 64 GiB
  for (int i = 0; i < kImages; ++i) names.push_back(std::to_string(i));
  EXPECT_EQ(LabelsFromJson(json + "]]]}", names).status().message(), "it has no label of 1");
}

// Text that nests without end takes no stack.
TEST(LabelsTest, DeepNestingIsHarmless) {
  const std::string open(1 << 20, '[');
  EXPECT_FALSE(LabelsFromJson("{\"x\": " + open, {"a"}).ok());
  EXPECT_FALSE(LabelsFromJson("{\"labels\": " + open, {"a"}).ok());
}

TEST(LabelsTest, FoldersAreClassesInTheOrderOfTheirNames) {
  const Labels labels = Must(LabelsFromFolders({"dog/1.png", "cat/x/2.png", "dog/3.png", "eel/4.png"}));
  EXPECT_EQ(labels.dim(), 3);
  EXPECT_THAT(LabelOf(labels, 0), ElementsAre(0, 1, 0));
  EXPECT_THAT(LabelOf(labels, 1), ElementsAre(1, 0, 0));
  EXPECT_THAT(LabelOf(labels, 3), ElementsAre(0, 0, 1));
  EXPECT_THAT(labels.class_names(), ElementsAre("cat", "dog", "eel"));
}

TEST(LabelsTest, TheChecksumTellsLabelsApart) {
  const std::vector<Labels> all = {Labels(),
                                   Labels::OfClasses({0, 1}),
                                   Labels::OfClasses({1, 0}),
                                   Labels::OfClasses({0, 2}),
                                   Labels::OfVectors(2, {1, 0, 0, 1}),
                                   Labels::OfVectors(1, {1, 0, 0, 1})};
  std::set<uint32_t> checksums;
  for (const Labels& labels : all) checksums.insert(labels.Checksum());
  EXPECT_EQ(checksums.size(), all.size());
  EXPECT_EQ(Labels::OfClasses({0, 1}, {"cat", "dog"}).Checksum(), all[1].Checksum());
}

TEST(LabelsTest, FoldersThatAllImagesShareDoNotCount) {
  const Labels labels = Must(LabelsFromFolders({"set\\train\\cat\\1.png", "set/train/car/2.png"}));
  EXPECT_EQ(labels.dim(), 2);
  EXPECT_THAT(LabelOf(labels, 0), ElementsAre(0, 1)) << "car comes before cat";
}

TEST(LabelsTest, AnImageWithoutAFolderHasNoClass) {
  for (const Names& names : {Names{"a.png"}, Names{"cat/1.png", "2.png"}, Names{"cat/1.png", "cat/2.png"}}) {
    EXPECT_THAT(std::string(LabelsFromFolders(names).status().message()),
                HasSubstr("lies in no folder with the name of its class"));
  }
}

}  // namespace
}  // namespace sg::gan
