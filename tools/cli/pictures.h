// The pictures of many latents, made a batch at a time.
//
//   WorkProgress progress("picture", w.dim(1));
//   const std::vector<gan::Image> pictures = MakePictures(sampler, w, &noise, &progress);
#ifndef TOOLS_CLI_PICTURES_H_
#define TOOLS_CLI_PICTURES_H_

#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/image/image.h"
#include "gan/sample/sampler.h"
#include "tools/cli/work_progress.h"

namespace sg::cli {

// w [num_latents,N,d] -> N pictures, which count as progress.
std::vector<gan::Image> MakePictures(const gan::Sampler& sampler, const Tensor& w, gan::SamplerNoise* noise,
                                     WorkProgress* progress);

}  // namespace sg::cli

#endif  // TOOLS_CLI_PICTURES_H_
