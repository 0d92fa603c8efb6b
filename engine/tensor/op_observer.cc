#include "engine/tensor/op_observer.h"

namespace sg {
namespace {

OpObserver* current = nullptr;

}  // namespace

void SetOpObserver(OpObserver* observer) { current = observer; }

OpObserver* CurrentOpObserver() { return current; }

}  // namespace sg
