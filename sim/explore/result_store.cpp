#include "sim/explore/result_store.h"

#include <fmt/format.h>

#include "hw/common/error.h"
#include "hw/common/hash.h"

namespace npu::sim {
namespace {

constexpr std::int64_t kApplicationId = 0x4e505553;  // "NPUS" in the file's header
constexpr std::int64_t kStoreVersion = 2;

std::string metric_columns(const char* suffix) {
  std::string columns;
  for (const MetricInfo& info : metrics()) columns += fmt::format(", {}{}", info.name, suffix);
  return columns;
}

std::string placeholders(int count) {
  std::string text = "?";
  for (int index = 1; index < count; ++index) text += ", ?";
  return text;
}

std::int64_t pragma(Database& database, const std::string& name) {
  Statement statement(database, "PRAGMA " + name);
  return statement.step() ? statement.integer(0) : 0;
}

PointStatus status_of(const std::string& name, const Database& database) {
  for (const PointStatus status : {PointStatus::kDone, PointStatus::kRefused, PointStatus::kFailed}) {
    if (name == status_name(status)) return status;
  }
  throw InputError(database.file().string(), "result store: unknown status '" + name + "' of a point");
}

}  // namespace

const char* status_name(PointStatus status) {
  switch (status) {
    case PointStatus::kDone:
      return "done";
    case PointStatus::kRefused:
      return "refused";
    case PointStatus::kFailed:
      return "failed";
  }
  return "";
}

std::string PointIdentity::key() const {
  return sha256_hex(arch_hash + "\n" + network_hash + "\n" + engine + "\n" + tool_version +
                    (accuracy_key.empty() ? "" : "\n" + accuracy_key));
}

ResultStore::ResultStore(const std::filesystem::path& file, Database::Access access)
    : database_(file, access) {
  Statement tables(database_, "SELECT count(*) FROM sqlite_master");
  tables.step();
  const bool empty = tables.integer(0) == 0;
  tables.reset();
  if (empty && access == Database::Access::kReadWrite) {
    prepare_tables();
  } else {
    check_tables();
  }
}

void ResultStore::prepare_tables() {
  database_.use_write_ahead_log();
  Transaction transaction(database_);
  Statement tables(database_, "SELECT count(*) FROM sqlite_master");
  tables.step();
  const bool another_process_was_faster = tables.integer(0) > 0;
  tables.reset();
  if (another_process_was_faster) return check_tables();
  database_.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database_.execute(fmt::format("PRAGMA user_version = {}", kStoreVersion));
  database_.execute(
      "CREATE TABLE results (key TEXT PRIMARY KEY, arch_hash TEXT NOT NULL, network_hash TEXT NOT NULL, "
      "engine TEXT "
      "NOT NULL, tool_version TEXT NOT NULL, network TEXT NOT NULL, arch_name TEXT NOT NULL, arch_json TEXT "
      "NOT NULL, "
      "status TEXT NOT NULL, message TEXT NOT NULL, details_json TEXT NOT NULL, accuracy_key TEXT NOT NULL" +
      metric_columns(" REAL") + ") WITHOUT ROWID");
  database_.execute(
      "CREATE TABLE accuracies (key TEXT PRIMARY KEY, network TEXT NOT NULL, numerics_json TEXT NOT NULL, "
      "settings_json TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, top1_percent REAL, "
      "details_json TEXT NOT NULL) WITHOUT ROWID");
  database_.execute(
      "CREATE TABLE sweeps (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, specification TEXT NOT NULL)");
  database_.execute(
      "CREATE TABLE sweep_points (sweep INTEGER NOT NULL REFERENCES sweeps, point INTEGER NOT NULL, key TEXT "
      "NOT "
      "NULL, axis_values_json TEXT NOT NULL, PRIMARY KEY (sweep, key, point)) WITHOUT ROWID");
  transaction.commit();
}

void ResultStore::check_tables() {
  const std::int64_t application = pragma(database_, "application_id");
  const std::int64_t version = pragma(database_, "user_version");
  if (application == kApplicationId && version == kStoreVersion) return;
  throw InputError(
      database_.file().string(),
      application == kApplicationId
          ? fmt::format("a result store of version {}; expected version {}", version, kStoreVersion)
          : "a database of another program; expected a result store of npusim");
}

std::int64_t ResultStore::open_sweep(const std::string& name, const std::string& specification) {
  Transaction transaction(database_);
  Statement(database_, "INSERT OR IGNORE INTO sweeps (name, specification) VALUES (?, ?)")
      .bind(1, name)
      .bind(2, specification)
      .run();
  Statement find(database_, "SELECT id, specification FROM sweeps WHERE name = ?");
  find.bind(1, name);
  NPU_CHECK(find.step(), "the sweep was inserted or was there");
  const std::int64_t id = find.integer(0);
  const std::string found = find.text(1);
  find.reset();
  transaction.commit();
  if (found == specification) return id;
  throw InputError(
      database_.file().string(),
      fmt::format("holds a sweep '{}' with another specification; expected the same, or another name or "
                  "another --out",
                  name));
}

bool ResultStore::has_sweep(const std::string& name) {
  Statement find(database_, "SELECT 1 FROM sweeps WHERE name = ?");
  return find.bind(1, name).step();
}

bool ResultStore::has_result(const std::string& key) {
  Statement find(database_, "SELECT 1 FROM results WHERE key = ? AND status <> 'failed'");
  return find.bind(1, key).step();
}

std::optional<PointResult> ResultStore::result(const std::string& key) {
  Statement find(
      database_,
      "SELECT arch_hash, network_hash, engine, tool_version, network, arch_name, arch_json, status, message, "
      "details_json, accuracy_key" +
          metric_columns("") + " FROM results WHERE key = ?");
  if (!find.bind(1, key).step()) return std::nullopt;
  PointResult result;
  int column = 0;
  for (std::string* field :
       {&result.identity.arch_hash, &result.identity.network_hash, &result.identity.engine,
        &result.identity.tool_version, &result.network, &result.arch_name, &result.arch_json}) {
    *field = find.text(column++);
  }
  result.status = status_of(find.text(column++), database_);
  result.message = find.text(column++);
  result.details_json = find.text(column++);
  result.identity.accuracy_key = find.text(column++);
  for (auto& value : result.values) value = find.optional_number(column++);
  return result;
}

void ResultStore::add(std::int64_t sweep, const std::vector<PointResult>& results,
                      const std::vector<SweepPoint>& points) {
  Transaction transaction(database_);
  constexpr int kTextColumns = 12;
  Statement insert(
      database_,
      "INSERT INTO results (key, arch_hash, network_hash, engine, tool_version, network, arch_name, "
      "arch_json, status, message, details_json, accuracy_key" +
          metric_columns("") + ") VALUES (" + placeholders(kTextColumns + kMetrics) +
          ") ON CONFLICT (key) DO UPDATE SET status = excluded.status, message = excluded.message, "
          "details_json = excluded.details_json" +
          [] {
            std::string updates;
            for (const MetricInfo& info : metrics()) {
              updates += fmt::format(", {0} = excluded.{0}", info.name);
            }
            return updates;
          }() +
          " WHERE results.status = 'failed'");
  for (const PointResult& result : results) {
    int parameter = 1;
    for (const std::string& text :
         {result.identity.key(), result.identity.arch_hash, result.identity.network_hash,
          result.identity.engine, result.identity.tool_version, result.network, result.arch_name,
          result.arch_json, std::string(status_name(result.status)), result.message, result.details_json,
          result.identity.accuracy_key}) {
      insert.bind(parameter++, text);
    }
    for (const auto& value : result.values) insert.bind(parameter++, value);
    insert.run();
  }
  Statement place(
      database_,
      "INSERT OR IGNORE INTO sweep_points (sweep, point, key, axis_values_json) VALUES (?, ?, ?, ?)");
  for (const SweepPoint& point : points) {
    place.bind(1, sweep).bind(2, point.index).bind(3, point.key).bind(4, point.axis_values_json).run();
  }
  transaction.commit();
}

std::optional<AccuracyResult> ResultStore::accuracy(const std::string& key) {
  Statement find(database_,
                 "SELECT network, numerics_json, settings_json, status, message, top1_percent, details_json "
                 "FROM accuracies WHERE key = ?");
  if (!find.bind(1, key).step()) return std::nullopt;
  return AccuracyResult{key,
                        find.text(0),
                        find.text(1),
                        find.text(2),
                        status_of(find.text(3), database_),
                        find.text(4),
                        find.optional_number(5),
                        find.text(6)};
}

void ResultStore::add(const AccuracyResult& accuracy) {
  Transaction transaction(database_);
  Statement(database_,
            "INSERT INTO accuracies (key, network, numerics_json, settings_json, status, message, "
            "details_json, top1_percent) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
            "status = excluded.status, message = excluded.message, details_json = excluded.details_json, "
            "top1_percent = excluded.top1_percent WHERE accuracies.status = 'failed'")
      .bind(1, accuracy.key)
      .bind(2, accuracy.network)
      .bind(3, accuracy.numerics_json)
      .bind(4, accuracy.settings_json)
      .bind(5, std::string(status_name(accuracy.status)))
      .bind(6, accuracy.message)
      .bind(7, accuracy.details_json)
      .bind(8, accuracy.top1_percent)
      .run();
  transaction.commit();
}

std::vector<SweepPoint> ResultStore::points(std::int64_t sweep) {
  Statement select(
      database_, "SELECT point, key, axis_values_json FROM sweep_points WHERE sweep = ? ORDER BY point, key");
  select.bind(1, sweep);
  std::vector<SweepPoint> points;
  while (select.step()) points.push_back({select.integer(0), select.text(1), select.text(2)});
  return points;
}

}  // namespace npu::sim
