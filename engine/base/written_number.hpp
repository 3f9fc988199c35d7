// Numbers as people write them where a plain number is wanted: for what a message proposes, never for what is
// read.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

/// The number in "25 %" (0.25), "GBP 300m", "10k", "1,000", "2.000.000", "0,25", "10 years" or "1/5".
std::optional<double> written_number(std::string text);

/// The numbers of "20, 20, 30", "0.1,0.2" or "5; 10": two or more; else empty ("0,25" and "1,000" are one
/// number).
std::vector<double> written_numbers(std::string_view text);

/// The ends of "0.1-0.3", "0.1:0.3", "10 to 20" or "10 % .. 20 %", the first below the second; else empty.
std::vector<double> written_range(std::string_view text);

}  // namespace spillway
