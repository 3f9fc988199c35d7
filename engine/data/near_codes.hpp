// Why a code that nobody knows is nearly one that somebody does: what spreadsheets make of codes.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace spillway {

/// The letters A to Z made small; others as they are.
std::string lower_case(std::string_view text);

/// Codes that are known, found again by what is left of them without leading zeros, capitals and ".0".
class NearCodes {
 public:
  /// @param codes  all that are known; those that are alike without leading zeros and capitals stand for none
  explicit NearCodes(const std::vector<std::string>& codes);

  /// "; its leading zeros are lost, '01' is one: ...", to be put behind what is wrong; "" where none is near.
  std::string why(std::string_view code) const;

 private:
  std::unordered_map<std::string, std::string> known_;
};

}  // namespace spillway
