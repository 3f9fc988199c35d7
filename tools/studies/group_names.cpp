#include "tools/studies/group_names.hpp"

#include <set>

#include "tools/studies/words.hpp"

namespace spillway::studies {

GroupNames::GroupNames(const RunReader& reader)
    : type_column_(reader.has_attribute("/areas", "type_column")
                       ? reader.attribute_as<std::string>("/areas", "type_column")
                       : "area_type") {
  if (reader.kept() == Kept::summary) return;
  const auto columns = reader.area_columns();
  const std::set<std::string> there(columns.begin(), columns.end());
  for (const char* grouping : {"lad", "region", "combined_authority", "ward", "msoa", "constituency"}) {
    const std::string code = std::string(grouping) + "_code", name = std::string(grouping) + "_name";
    if (!there.contains(code) || !there.contains(name)) continue;
    const auto codes = reader.area_texts(code), texts = reader.area_texts(name);
    for (std::size_t row = 0; row < codes.size(); ++row) names_[grouping][codes[row]] = texts[row];
  }
}

bool GroupNames::known(const std::string& grouping) const {
  const auto across = grouping.find(':');
  return names_.contains(grouping) || (across != std::string::npos && (known(grouping.substr(0, across)) ||
                                                                       known(grouping.substr(across + 1))));
}

std::string GroupNames::named(const std::string& grouping, const std::string& group) const {
  const auto across = grouping.find(':'), colon = group.find(':');
  if (across != std::string::npos && colon != std::string::npos)
    return named(grouping.substr(0, across), group.substr(0, colon)) + " in " +
           named(grouping.substr(across + 1), group.substr(colon + 1));
  if (const auto of = names_.find(grouping); of != names_.end())
    if (const auto name = of->second.find(group); name != of->second.end() && !name->second.empty())
      return name->second;
  return plain_words(group);
}

}  // namespace spillway::studies
