// npusim query: the result store of sweeps, read with named questions or SQL. Never writes.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "hw/common/csv.h"
#include "hw/common/error.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/terminal.h"
#include "sim/explore/named_queries.h"
#include "sim/explore/result_store.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

struct QueryOptions {
  std::string store;
  std::string name;
  std::string sql;
  std::int64_t limit = 50;
  bool csv = false;
};

std::string examples() {
  std::string text = R"(
Examples:
  npusim query sweep/ fastest
  npusim query shared.sqlite errors --csv > errors.csv
  npusim query sweep/ --sql "SELECT network, cycles FROM results WHERE engine = 'estimate' ORDER BY cycles"
Tables: results, sweeps, sweep_points (docs/exploration.md). Questions:)";
  for (const NamedQuery& query : named_queries())
    text += fmt::format("\n  {:<9} {}", query.name, query.description);
  return text;
}

std::filesystem::path store_file(const std::string& place) {
  const std::filesystem::path path = place;
  const auto file = std::filesystem::is_directory(path) ? path / "results.sqlite" : path;
  if (!std::filesystem::exists(file))
    throw InputError(file.string(), "does not exist; expected a result store of 'npusim sweep'");
  return file;
}

std::string sql_of(const QueryOptions& options) {
  if (options.name.empty() == options.sql.empty())
    throw InputError("query", "give either a question or --sql");
  if (!options.sql.empty()) return options.sql;
  if (const NamedQuery* query = find_query(options.name)) return query->sql;
  std::string known;
  for (const NamedQuery& query : named_queries())
    known += std::string(known.empty() ? "" : ", ") + query.name;
  throw InputError("query",
                   fmt::format("found the question '{}', expected one of {}, or --sql", options.name, known));
}

void print_csv(Statement& rows) {
  const auto line = [&](const auto& field) {
    for (int column = 0; column < rows.columns(); ++column)
      fmt::print("{}{}", column == 0 ? "" : ",", csv_field(field(column)));
    fmt::print("\n");
  };
  line([&](int column) { return rows.column_name(column); });
  while (rows.step()) line([&](int column) { return rows.text(column); });
}

void print_table(Statement& rows, std::int64_t limit) {
  std::vector<TextColumn> columns;
  for (int column = 0; column < rows.columns(); ++column)
    columns.push_back({rows.column_name(column), false, true});
  TextTable table(std::move(columns));
  std::int64_t count = 0;
  bool more = false;
  while (!more && rows.step()) {
    more = count == limit;
    if (more) break;
    std::vector<std::string> cells;
    for (int column = 0; column < rows.columns(); ++column) cells.push_back(rows.text(column));
    table.add_row(std::move(cells));
    ++count;
  }
  fmt::print("{}", table.render(output_width()));
  fmt::print("{} row{}{}\n", count, count == 1 ? "" : "s", more ? ", and more: see --limit and --csv" : "");
}

int query(const QueryOptions& options) {
  const std::string sql = sql_of(options);
  ResultStore store(store_file(options.store), Database::Access::kReadOnly);
  Statement rows(store.database(), sql);
  if (options.csv) {
    print_csv(rows);
  } else {
    print_table(rows, options.limit);
  }
  return kExitOk;
}

}  // namespace

void add_query_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("query", "Ask the result store of sweeps");
  command->footer(examples());
  const auto options = std::make_shared<QueryOptions>();
  command->add_option("store", options->store, "A results.sqlite, or the folder of a sweep")->required();
  command->add_option("question", options->name, "One of the questions below");
  command->add_option("--sql", options->sql, "One SQL statement that reads");
  command->add_option("--limit", options->limit, "Most rows of the table")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--csv", options->csv, "Print all rows as CSV");
  command->callback([options, &exit_code] { exit_code = query(*options); });
}

}  // namespace npu::sim
