#include "engine/backend/cuda/conv/conv_problem.h"

namespace sg::cuda {

const char* Name(ConvKind kind) {
  switch (kind) {
    case ConvKind::kForward: return "Conv2d";
    case ConvKind::kInputGrad: return "Conv2dInputGrad";
    case ConvKind::kWeightGrad: return "Conv2dWeightGrad";
  }
  return "";
}

std::ostream& operator<<(std::ostream& os, const ConvProblem& p) {
  return os << Name(p.kind) << " of " << p.type << " x " << p.x << " w " << p.w << " y " << p.y << " with "
            << p.geometry << (p.type == DType::kF32 && !p.tf32 ? ", without TF32" : "")
            << (p.deterministic ? ", deterministic" : "");
}

}  // namespace sg::cuda
