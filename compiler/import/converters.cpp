#include "compiler/import/converters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace npu::compiler {
namespace {

std::map<std::string, Convert> make_table() {
  std::map<std::string, Convert> table;
  for (const auto group :
       {linear_converters(), arithmetic_converters(), activation_converters(), pool_converters(),
        shape_converters(), quantized_converters(), constant_converters()}) {
    for (const Converter& converter : group) {
      table[converter.op_type] = converter.convert;
    }
  }
  return table;
}

const std::map<std::string, Convert>& table() {
  static const std::map<std::string, Convert> kTable = make_table();
  return kTable;
}

}  // namespace

Convert find_converter(const std::string& op_type) {
  const auto found = table().find(op_type);
  return found == table().end() ? nullptr : found->second;
}

Convert find_folder(const std::string& op_type) {
  for (const auto folders : {constant_folders(), quantized_folders()}) {
    const auto found = std::find_if(folders.begin(), folders.end(),
                                    [&](const Converter& folder) { return folder.op_type == op_type; });
    if (found != folders.end()) {
      return found->convert;
    }
  }
  return nullptr;
}

std::string supported_operators() {
  std::string names;
  for (const auto& [name, convert] : table()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace npu::compiler
