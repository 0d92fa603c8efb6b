// Finds everything that is wrong with the dataset.json of a folder or zip archive at once.
//
//   const std::vector<std::string> problems = LabelProblems(*source);
#ifndef GAN_DATA_CONVERT_LABEL_PROBLEMS_H_
#define GAN_DATA_CONVERT_LABEL_PROBLEMS_H_

#include <string>
#include <vector>

#include "gan/data/image_source.h"

namespace sg::gan {

// A sentence each, safe to print: "dataset.json: no label of a.png", "dataset.json: a label of b.png, which is not
// there", "dataset.json: two labels of c.png", and what LabelsFromJson says of the labels themselves. Empty without
// dataset.json or with null labels.
std::vector<std::string> LabelProblems(const ImageSource& source);

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_LABEL_PROBLEMS_H_
