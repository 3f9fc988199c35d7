// What a long computation says of its own advance: one source for a terminal's line, plain lines and log
// files.
#pragma once
#include <string>
#include <vector>

namespace spillway {

/// A stage that is going to run, in order.
struct PlannedStage {
  std::string stage;
  double seconds =
      0.0;              ///< wall clock by the cost model; 0: none is known, the amount says how much there is
  double amount = 0.0;  ///< how much it works through, in `unit`; 0: not counted
  std::string unit;     ///< plural, for people: "replicates", "area-draws"
};

/// How far a stage has come.
struct Advance {
  std::string stage;
  double done = 0.0, total = 0.0;
  std::string unit;  ///< plural
  double before =
      0.0;  ///< of what is done: what an earlier call had left behind, which says nothing of speed
};

/// Where a job stands, for whoever shows or logs it.
struct ProgressStatus {
  std::string stage;               ///< stages at work, joined by ", "; empty: none
  long finished = 0;               ///< stages that have ended
  long planned = 0;                ///< stages of the plan, 0: there is none
  double done = 0.0, total = 0.0;  ///< of the counted stage at work; total 0: it does not count
  std::string unit;
  double rate = 0.0;  ///< units a second, of the counted stage at work or else of the last one that counted;
                      ///< NaN: none yet
  std::string rate_unit;
  double elapsed = 0.0;    ///< seconds since the first event
  double remaining = 0.0;  ///< seconds; NaN: nothing to judge by
};

/// Keeps count of a job's events and judges how long the rest takes.
///
/// The plan's seconds are scaled by what finished stages took against what they were planned to take (a
/// second of agreement is assumed at the start, so that one short stage decides little); a stage that counts
/// goes by its own rate. Times are seconds of any clock that does not go backwards. Not safe to call from two
/// threads at once.
class ProgressMeter {
 public:
  void plan(const std::vector<PlannedStage>& stages, double now);
  void begin(const std::string& stage, double now);
  void advance(const Advance& step, double now);
  void end(const std::string& stage, double now);
  ProgressStatus status(double now) const;

 private:
  struct Stage {
    PlannedStage planned;
    bool in_plan = false, begun = false, ended = false;
    double at = 0.0, seconds = 0.0;  ///< when it began; what it took
    Advance step;                    ///< the last one; total 0: none
  };
  Stage& find(const std::string& stage, double now);
  double rate_of(const Stage& stage, double now) const;

  std::vector<Stage> stages_;
  double started_ = 0.0;
  bool any_ = false;
};

/// "4 s", "3 min 20 s", "2 h 05 min": a time for people, no more exact than it can be.
std::string duration_words(double seconds);
/// "78.1 million", "1,234": an amount for people.
std::string amount_words(double amount);

}  // namespace spillway
