// Every small change of a JSON document: keys removed and added, values replaced by others of every type and
// by the neighbourhood of every bound that a schema names.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace npu::tests {

/// Values worth trying anywhere, and `bounds`: each with its neighbours.
std::vector<nlohmann::json> trial_values(const std::vector<double>& bounds);

/// Every number beside "minimum", "maximum", "const", "enum" in a schema.
std::vector<double> bounds_of(const nlohmann::json& schema);

/// Every key that the schema knows, wherever it stands.
std::vector<std::string> keys_of(const nlohmann::json& schema);

/// Calls `visit(change, document)` for every document one change away from `original`.
void for_each_mutation(const nlohmann::json& original, const std::vector<nlohmann::json>& values,
                       const std::vector<std::string>& keys,
                       const std::function<void(const std::string&, const nlohmann::json&)>& visit);

}  // namespace npu::tests
