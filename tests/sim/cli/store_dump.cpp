#include "tests/sim/cli/store_dump.h"

#include "sim/explore/database.h"

namespace npu::tests {

std::string dump_store(const std::filesystem::path& store) {
  sim::Database database(store, sim::Database::Access::kReadOnly);
  std::string text;
  for (const char* table :
       {"results ORDER BY key", "sweeps ORDER BY id", "sweep_points ORDER BY sweep, point, key"}) {
    sim::Statement rows(database, std::string("SELECT * FROM ") + table);
    while (rows.step()) {
      for (int column = 0; column < rows.columns(); ++column) text += rows.text(column) + "|";
      text += "\n";
    }
  }
  return text;
}

}  // namespace npu::tests
