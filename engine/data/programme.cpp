#include "engine/data/programme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"

namespace spillway {

Programme read_programme(const std::filesystem::path& file) {
  constexpr double first_year = 1900.0, last_year = 2200.0;
  Programme programme;
  programme.file = file;
  std::vector<Fault> faults;
  CsvExpectations expectations;
  expectations.kinds = {
      {"code", ColumnKind::text}, {"year", ColumnKind::number}, {"gbp", ColumnKind::number}};
  expectations.required = {"code", "year", "gbp"};
  const CsvTable read = read_csv(file, faults, expectations);
  if (!faults.empty()) throw InputError(std::move(faults));
  programme.sha256 = sha256_of_file(file);
  const Column& code = read.table.at("code");
  const std::vector<double>&year = read.table.numbers("year"), &gbp = read.table.numbers("gbp");
  std::set<std::pair<std::string, int>> seen;
  const auto fault = [&](std::size_t k, const char* column, const std::string& value,
                         const std::string& what) {
    faults.push_back({file.string(), static_cast<long>(read.line[k]), column, value, what});
  };
  for (std::size_t k = 0; k < read.table.rows; ++k) {
    const ProgrammeSpend spend{
        code.text(k),
        std::isfinite(year[k]) && std::abs(year[k]) <= last_year ? static_cast<int>(year[k]) : 0, gbp[k],
        static_cast<long>(read.line[k])};
    if (spend.code.empty()) fault(k, "code", "", "is empty; every row names its place");
    if (!(year[k] >= first_year && year[k] <= last_year && year[k] == std::floor(year[k])))
      fault(k, "year", std::isnan(year[k]) ? "" : fmt::format("{:g}", year[k]),
            fmt::format("is no calendar year; expected a whole number from {:g} to {:g}", first_year,
                        last_year));
    if (!(spend.gbp >= 0.0))
      fault(k, "gbp", std::isnan(spend.gbp) ? "" : fmt::format("{:g}", spend.gbp),
            "is no amount; expected GBP of 0 or more");
    if (!seen.emplace(spend.code, spend.year).second)
      fault(k, "code", spend.code, fmt::format("stands twice for {}; add the two amounts up", spend.year));
    programme.spend.push_back(spend);
  }
  if (programme.spend.empty())
    faults.push_back({file.string(), 0, "", "", "has no row; a programme has places"});
  if (!faults.empty()) throw InputError(std::move(faults));
  return programme;
}

ProgrammeMoney programme_money(const Programme& programme, const Column& codes,
                               const std::vector<int>& periods) {
  std::map<std::string, int> row;
  const std::size_t areas = codes.level.size();
  for (std::size_t i = 0; i < areas; ++i) row[codes.text(i)] = static_cast<int>(i);
  ProgrammeMoney money;
  money.gbp =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(areas), static_cast<Eigen::Index>(periods.size()));
  std::vector<Fault> faults;
  for (const ProgrammeSpend& spend : programme.spend) {
    const auto found = row.find(spend.code);
    if (found == row.end()) {
      const std::string near = nearest_word(spend.code, codes.levels);
      faults.push_back({programme.file.string(), spend.line, "code", spend.code,
                        "is no area of the pack" + (near.empty() ? "" : "; did you mean '" + near + "'?")});
      continue;
    }
    const auto period = std::lower_bound(periods.begin(), periods.end(), spend.year);
    if (period == periods.end())
      money.after += spend.gbp;
    else
      money.gbp(found->second, period - periods.begin()) += spend.gbp;
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  for (Eigen::Index i = 0; i < money.gbp.rows(); ++i)
    if (money.gbp.row(i).sum() > 0.0) money.places.push_back(static_cast<int>(i));
  if (money.places.empty())
    throw InputError(
        fmt::format("{}: no money reaches a place by {}, the last period of the panel (a "
                    "back-cast needs a programme that the panel saw)",
                    programme.file.string(), periods.back()));
  while (money.gbp.col(money.start).sum() == 0.0) ++money.start;
  return money;
}

Eigen::MatrixXd stock_a_head(const ProgrammeMoney& money, const Eigen::VectorXd& population,
                             const Column& codes) {
  Eigen::MatrixXd stock = Eigen::MatrixXd::Zero(money.gbp.rows(), money.gbp.cols());
  for (const int i : money.places) {
    if (!(population[i] > 0.0))
      throw InputError(fmt::format("place '{}' of the programme has {:g} residents (money a head needs some)",
                                   codes.text(static_cast<std::size_t>(i)), population[i]));
    double sum = 0.0;
    for (Eigen::Index t = 0; t < stock.cols(); ++t) {
      sum += money.gbp(i, t);
      stock(i, t) = sum / population[i];
    }
  }
  return stock;
}

}  // namespace spillway
