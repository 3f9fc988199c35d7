// The report page without its data, as tools/report/build made it; embedded when the binary is built.
#pragma once
#include <string_view>

namespace spillway {

/// Where the data go: inside <script type="text/plain">, as packed_json() writes them.
constexpr std::string_view report_data_mark = "@@SPILLWAY-DATA@@";

/// HTML with exactly one report_data_mark.
std::string_view report_page();

}  // namespace spillway
