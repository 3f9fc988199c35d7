// GeoDa's .gal and .gwt files.
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <unordered_map>

#include "engine/weights/spatial_weights.hpp"

namespace spillway {

namespace {

std::unordered_map<std::string, int> rows_by_code(const std::vector<std::string>& codes) {
  std::unordered_map<std::string, int> rows;
  for (std::size_t i = 0; i < codes.size(); ++i) rows.emplace(codes[i], static_cast<int>(i));
  return rows;
}

/// The words of one line at a time, with its number.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& file) : file_(file), stream_(file) {
    if (!stream_) throw StoreError(fmt::format("cannot read '{}'", file.string()));
  }
  bool next() {
    std::string text;
    if (!std::getline(stream_, text)) return false;
    ++line_;
    std::istringstream parts(text);
    words.clear();
    for (std::string word; parts >> word;) words.push_back(word);
    return true;
  }
  Fault fault(const std::string& value, const std::string& what) const {
    return {file_.string(), line_, "", value, what};
  }
  std::vector<std::string> words;

 private:
  std::filesystem::path file_;
  std::ifstream stream_;
  long line_ = 0;
};

SpatialWeights::Matrix matrix_or_faults(std::size_t areas, const std::vector<Eigen::Triplet<double>>& entries,
                                        std::vector<Fault> faults) {
  if (!faults.empty()) throw InputError(std::move(faults));
  SpatialWeights::Matrix matrix(static_cast<Eigen::Index>(areas), static_cast<Eigen::Index>(areas));
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

}  // namespace

SpatialWeights::Matrix read_gal(const std::filesystem::path& file, const std::vector<std::string>& codes) {
  LineReader reader(file);
  const auto rows = rows_by_code(codes);
  std::vector<Eigen::Triplet<double>> entries;
  std::vector<Fault> faults;
  reader.next();  // header: "n", or "0 n layer key"
  while (reader.next()) {
    if (reader.words.empty()) continue;
    const auto from = rows.find(reader.words[0]);
    if (from == rows.end())
      faults.push_back(reader.fault(reader.words[0], "unknown area; expected a code of areas.csv"));
    if (reader.words.size() != 2) {
      faults.push_back(reader.fault("", "expected an area and its number of neighbours"));
      break;
    }
    const std::string promised = reader.words[1];
    if (!reader.next()) {
      if (promised != "0")
        faults.push_back(reader.fault(promised, "the file ends where neighbours were promised"));
      break;
    }
    if (std::to_string(reader.words.size()) != promised)
      faults.push_back(reader.fault(
          promised, fmt::format("{} neighbours follow; expected the number promised", reader.words.size())));
    for (const auto& word : reader.words) {
      const auto to = rows.find(word);
      if (to == rows.end())
        faults.push_back(reader.fault(word, "unknown area; expected a code of areas.csv"));
      else if (from != rows.end())
        entries.emplace_back(from->second, to->second, 1.0);
    }
  }
  return matrix_or_faults(codes.size(), entries, std::move(faults));
}

SpatialWeights::Matrix read_gwt(const std::filesystem::path& file, const std::vector<std::string>& codes) {
  LineReader reader(file);
  const auto rows = rows_by_code(codes);
  std::vector<Eigen::Triplet<double>> entries;
  std::vector<Fault> faults;
  reader.next();  // header, or the first "from,to,weight" title
  while (reader.next()) {
    if (reader.words.empty()) continue;
    if (reader.words.size() != 3) {
      faults.push_back(
          reader.fault("", fmt::format("{} fields; expected from, to and weight", reader.words.size())));
      continue;
    }
    const auto from = rows.find(reader.words[0]), to = rows.find(reader.words[1]);
    if (from == rows.end())
      faults.push_back(reader.fault(reader.words[0], "unknown area; expected a code of areas.csv"));
    if (to == rows.end())
      faults.push_back(reader.fault(reader.words[1], "unknown area; expected a code of areas.csv"));
    double weight = 0.0;
    try {
      std::size_t used = 0;
      weight = std::stod(reader.words[2], &used);
      if (used != reader.words[2].size()) throw std::invalid_argument("");
    } catch (const std::exception&) {
      faults.push_back(reader.fault(reader.words[2], "not a number; expected a positive weight"));
      continue;
    }
    if (from != rows.end() && to != rows.end()) entries.emplace_back(from->second, to->second, weight);
  }
  return matrix_or_faults(codes.size(), entries, std::move(faults));
}

void write_gal(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file) {
  std::ofstream out(file);
  out << "0 " << weights.areas() << " spillway area_code\n";
  for (int i = 0; i < weights.areas(); ++i) {
    std::string neighbours;
    long count = 0;
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it, ++count)
      neighbours += (count ? " " : "") + codes[static_cast<std::size_t>(it.col())];
    out << codes[static_cast<std::size_t>(i)] << ' ' << count << '\n' << neighbours << '\n';
  }
  if (!out.flush()) throw StoreError(fmt::format("cannot write '{}'", file.string()));
}

void write_gwt(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file) {
  std::ofstream out(file);
  out << "0 " << weights.areas() << " spillway area_code\n";
  for (int i = 0; i < weights.areas(); ++i)
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it)
      out << fmt::format("{} {} {}\n", codes[static_cast<std::size_t>(i)],
                         codes[static_cast<std::size_t>(it.col())], it.value());
  if (!out.flush()) throw StoreError(fmt::format("cannot write '{}'", file.string()));
}

}  // namespace spillway
