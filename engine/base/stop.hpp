// How a signal ends loops that keep nothing of a part of them.
#pragma once
#include <functional>
#include <string>

namespace spillway {

/// While it lives for_each_block() asks before each block of this process, on whatever thread, and throws
/// Interrupted once the answer is yes. For work of which a part is of no use; work that keeps its units asks
/// between them instead, so that those at work are finished. The innermost of nested scopes asks.
class StopScope {
 public:
  /// @param asked  whether to stop; safe to call from several threads; empty: never
  /// @param said   of Interrupted
  StopScope(std::function<bool()> asked, std::string said);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  friend void stop_if_asked();
  std::function<bool()> asked_;
  std::string said_;
  const StopScope* before_;
};

/// What for_each_block() does before a block: for serial loops that call none.
/// @throws Interrupted  the scope that lives says so
void stop_if_asked();

}  // namespace spillway
