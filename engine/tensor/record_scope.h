// Switches recording for the life of the scope, on this thread.
//
//   { RecordScope off(false);  fake = generator(w, noise); }  // no history: the generator is not trained here
#ifndef ENGINE_TENSOR_RECORD_SCOPE_H_
#define ENGINE_TENSOR_RECORD_SCOPE_H_

namespace sg {

class RecordScope {
 public:
  explicit RecordScope(bool record);
  ~RecordScope();
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;

  static bool IsRecording();  // true at the start of every thread

 private:
  bool previous_;
};

}  // namespace sg

#endif  // ENGINE_TENSOR_RECORD_SCOPE_H_
