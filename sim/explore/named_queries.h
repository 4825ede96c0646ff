// The questions that people ask a result store most, as SQL that they can start from.
#pragma once

#include <array>
#include <string>

namespace npu::sim {

struct NamedQuery {
  const char* name;
  const char* description;
  const char* sql;
};

const std::array<NamedQuery, 6>& named_queries();
const NamedQuery* find_query(const std::string& name);  ///< null if there is none

}  // namespace npu::sim
