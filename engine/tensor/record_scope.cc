#include "engine/tensor/record_scope.h"

namespace sg {
namespace {

thread_local bool recording = true;

}  // namespace

RecordScope::RecordScope(bool record) : previous_(recording) { recording = record; }

RecordScope::~RecordScope() { recording = previous_; }

bool RecordScope::IsRecording() { return recording; }

}  // namespace sg
