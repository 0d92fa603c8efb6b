#include "tests/fake_cuda/stand_in/call.h"

#include <driver_types.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "tests/fake_cuda/stand_in/check.h"

namespace fake_cuda {
namespace {

struct PlannedFailure {
  std::string function;
  int64_t at;  // the number of the call, from 1
  int code;
  bool lasting;  // also fails all later calls
};

struct State {
  std::recursive_mutex mutex;
  Counters counters;
  std::unordered_map<std::string, int64_t> calls;
  std::vector<PlannedFailure> failures;
  int last_error = 0, unrecoverable_error = 0;
  int devices = 1;
  size_t device_memory = size_t{16} << 30;

  State() {
    if (const char* text = std::getenv("FAKE_CUDA_DEVICES")) devices = std::atoi(text);
    if (const char* text = std::getenv("FAKE_CUDA_MEMORY_MIB")) device_memory = std::strtoull(text, nullptr, 10) << 20;
    if (const char* text = std::getenv("FAKE_CUDA_FAIL")) ReadFailures(text);
  }

  void ReadFailures(const char* text) {
    std::istringstream list(text);
    std::string item;
    while (std::getline(list, item, ',')) {
      std::istringstream fields(item);
      PlannedFailure failure;
      std::string nth, code;
      std::getline(fields, failure.function, ':');
      std::getline(fields, nth, ':');
      std::getline(fields, code);
      failure.at = std::atoll(nth.c_str());
      failure.lasting = !nth.empty() && nth.back() == '+';
      failure.code = std::atoi(code.c_str());
      FAKE_CUDA_CHECK(failure.at > 0 && failure.code != 0) << "FAKE_CUDA_FAIL: cannot read \"" << item << "\"";
      failures.push_back(failure);
    }
  }
};

// Never destroyed, because exit handlers of the program still call the runtime.
State& Global() {
  static State& state = *new State;
  return state;
}

}  // namespace

std::recursive_mutex& GlobalMutex() { return Global().mutex; }
Counters& MutableCounters() { return Global().counters; }
int& LastError() { return Global().last_error; }
int& UnrecoverableError() { return Global().unrecoverable_error; }
bool IsUnrecoverable(int error) {
  switch (error) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure: return true;
    default: return false;
  }
}
int DeviceCount() { return Global().devices; }
size_t DeviceMemory() { return Global().device_memory; }

Call::Call(const char* function) : lock_(GlobalMutex()), outer_context_(Context()) {
  SetContext(function);
  State& state = Global();
  const int64_t number = ++state.calls[function];
  const auto due = std::find_if(state.failures.begin(), state.failures.end(), [&](const PlannedFailure& failure) {
    return failure.function == function && (failure.lasting ? failure.at <= number : failure.at == number);
  });
  if (due == state.failures.end()) return;
  failure_ = due->code;
  if (!due->lasting) state.failures.erase(due);
}

Call::~Call() { SetContext(std::move(outer_context_)); }

void CountLaunch(const std::string& kernel) { ++Global().calls[kernel]; }

Counters ReadCounters() {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  return Global().counters;
}

int64_t CallCount(const std::string& name) {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  const auto found = Global().calls.find(name);
  return found == Global().calls.end() ? 0 : found->second;
}

std::map<std::string, int64_t> CallCounts() {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  return {Global().calls.begin(), Global().calls.end()};
}

void FailCall(const std::string& function, int64_t nth, int code) {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  FAKE_CUDA_CHECK(nth >= 1) << "FailCall: call number " << nth;
  Global().failures.push_back({function, CallCount(function) + nth, code, /*lasting=*/false});
}

void FailCallsFrom(const std::string& function, int64_t nth, int code) {
  FailCall(function, nth, code);
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  Global().failures.back().lasting = true;
}

void ClearFailures() {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  Global().failures.clear();
  LastError() = UnrecoverableError() = 0;
}

bool LostGpu() { return UnrecoverableError() != 0; }

void SetDeviceCount(int count) { Global().devices = count; }
void SetDeviceMemory(size_t bytes) { Global().device_memory = bytes; }

}  // namespace fake_cuda
