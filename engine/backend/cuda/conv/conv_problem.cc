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

namespace {

void Describe(std::ostream& os, const ConvEpilogue& e) {
  os << ", then";
  if (e.scale) os << " scale";
  if (e.bias) os << " bias";
  if (e.noise) os << " noise";
  os << " in_gain " << e.in_gain << " slope " << e.slope << " gain " << e.gain << " clamp " << e.clamp;
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const ConvProblem& p) {
  os << Name(p.kind) << " of " << p.type << " x " << p.x << " w " << p.w << " y " << p.y << " with " << p.geometry
     << (p.type == DType::kF32 && !p.tf32 ? ", without TF32" : "") << (p.deterministic ? ", deterministic" : "");
  if (!p.epilogue.ChangesNothing()) Describe(os, p.epilogue);
  return os;
}

}  // namespace sg::cuda
