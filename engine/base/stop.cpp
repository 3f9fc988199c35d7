#include "engine/base/stop.hpp"

#include <atomic>
#include <utility>

#include "engine/base/error.hpp"

namespace spillway {

namespace {
std::atomic<const StopScope*> living{nullptr};
}

StopScope::StopScope(std::function<bool()> asked, std::string said)
    : asked_(std::move(asked)), said_(std::move(said)), before_(living.exchange(this)) {}

StopScope::~StopScope() { living = before_; }

void stop_if_asked() {
  const StopScope* scope = living;
  if (scope != nullptr && scope->asked_ && scope->asked_()) throw Interrupted(scope->said_);
}

}  // namespace spillway
