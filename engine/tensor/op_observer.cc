#include "engine/tensor/op_observer.h"

namespace sg {
namespace {

thread_local OpObserver* current = nullptr;

}  // namespace

void SetOpObserver(OpObserver* observer) { current = observer; }

OpObserver* CurrentOpObserver() { return current; }

}  // namespace sg
