// Which year's prices the amounts of a lever are in, and what makes them pounds of the price base year.
#pragma once
#include <Eigen/Dense>
#include <string>
#include <vector>

#include "scenarios/policy_builder.hpp"

namespace spillway::scenarios {

/// The unit of the parameter price_year: a word, or a year as a number.
inline const std::string price_year_unit = "prices";

/// price_year's word of a lever that knows presets: as the preset says, where its own figures stand.
inline const std::string as_preset = "preset";

/// price_year: "base" (pounds of the price base year), "cash" (each year's money in that year's prices), or a
/// year whose prices all amounts of the lever are in.
/// @param fallback  "base", or as_preset of a lever that knows presets
ParameterSpec price_year_parameter(const std::string& fallback = "base");

/// The words that price_year may be, beside a year.
std::vector<std::string> price_year_words(const ParameterSpec& spec);

/// The word that a configuration's value stands for: one of price_year_words() or the year's digits; empty:
/// it is none.
std::string price_year_word(const ParameterSpec& spec, const ParameterValue& value);

/// `parameters` with the word of price_year that a preset's stands for, and why it is not the preset's own.
struct PresetPrices {
  Parameters parameters;
  std::string why;  ///< empty: it is
};

/// What price_year stands for beside a preset: another word than as_preset stays; else the preset's own where
/// the deflators reach all its years, and "base" where they do not or no preset's figures stand.
/// @param word   of the preset: "cash" or a year; empty: none stands
/// @param years  whose prices its figures are in; none: not published
PresetPrices with_preset_prices(const LeverContext& context, Parameters parameters, const std::string& word,
                                const std::vector<int>& years);

/// Pounds of the price base year for a pound that is planned for each year of a programme.
///
/// @param years  length of the programme: as many entries, a last part of a year counted whole
/// @param first  calendar year of the programme's first year; 0: as the policy starts
/// @return       one entry where every year's is the same; empty: amounts are of the price base year
/// @throws InputError  a year without a deflator; cash of a policy that starts within a year or in another
///                     year in each draw
std::vector<double> programme_prices(const LeverContext& context, const Parameters& parameters, double years,
                                     int first);

/// Pounds that flow evenly within each period, as pounds of the price base year: cash by the calendar years
/// of the period. @param pounds  draws x periods, the first of them period `first` of the horizon
/// @throws InputError  a year without a deflator
Eigen::MatrixXd in_base_year_pounds(const LeverContext& context, const Parameters& parameters,
                                    Eigen::MatrixXd pounds, int first = 0);

/// Which prices the amounts are in and by what they were rebased; empty: they are of the price base year.
/// @param first  of the programme, as programme_prices; negative: the money flows over all periods
std::string price_year_note(const LeverContext& context, const Parameters& parameters, double years,
                            int first);

/// The note of money that flows over all periods.
void note_prices(PolicyBuilder& builder, const Parameters& parameters);

}  // namespace spillway::scenarios
