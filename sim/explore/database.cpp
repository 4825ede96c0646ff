#include "sim/explore/database.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

constexpr int kBusyMilliseconds = 30'000;
constexpr std::chrono::milliseconds kRetryAfter(5);

}  // namespace

Database::Database(const std::filesystem::path& file, Access access) : file_(file) {
  const int flags =
      access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(file.c_str(), &connection_, flags, nullptr) != SQLITE_OK) {
    const std::string reason = connection_ != nullptr ? sqlite3_errmsg(connection_) : "out of memory";
    sqlite3_close(connection_);
    throw InputError(file.string(), "cannot open the result store: " + reason);
  }
  sqlite3_extended_result_codes(connection_, 1);
  sqlite3_busy_timeout(connection_, kBusyMilliseconds);
}

Database::~Database() { sqlite3_close(connection_); }

void Database::fail(const std::string& doing) const {
  throw InputError(file_.string(), "result store: cannot " + doing + ": " + sqlite3_errmsg(connection_));
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail("execute '" + sql.substr(0, sql.find('\n')) + "'");
  }
}

void Database::use_write_ahead_log() {
  const char* const sql = "PRAGMA journal_mode = WAL";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyMilliseconds);
  while (true) {
    const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    const bool busy = (code & 0xff) == SQLITE_BUSY;  // the low byte of an extended code is its kind
    if (!busy || std::chrono::steady_clock::now() > deadline) fail(std::string("execute '") + sql + "'");
    std::this_thread::sleep_for(kRetryAfter);
  }
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  const char* rest = nullptr;
  check(
      sqlite3_prepare_v2(database.connection_, sql.data(), static_cast<int>(sql.size()), &statement_, &rest),
      "prepare a statement");
  if (rest != nullptr && std::string_view(rest, sql.data() + sql.size()).find_first_not_of(" \t\r\n;") !=
                             std::string_view::npos) {
    sqlite3_finalize(statement_);
    throw InputError(database.file().string(), "more than one SQL statement; expected one");
  }
  if (statement_ == nullptr) throw InputError(database.file().string(), "an empty statement; expected SQL");
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int code, const char* doing) {
  if (code != SQLITE_OK) database_.fail(doing);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, parameter, value), "bind an integer");
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(sqlite3_bind_double(statement_, parameter, value), "bind a number");
  return *this;
}

Statement& Statement::bind(int parameter, const std::string& value) {
  check(sqlite3_bind_text64(statement_, parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
        "bind a text");
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<double>& value) {
  if (value) return bind(parameter, *value);
  check(sqlite3_bind_null(statement_, parameter), "bind nothing");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement_);
    database_.fail("read or write");
  }
  return false;
}

void Statement::reset() { check(sqlite3_reset(statement_), "finish a statement"); }

int Statement::columns() const { return sqlite3_column_count(statement_); }

std::string Statement::column_name(int column) const { return sqlite3_column_name(statement_, column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Statement::number(int column) const { return sqlite3_column_double(statement_, column); }

std::optional<double> Statement::optional_number(int column) const {
  if (is_null(column)) return std::nullopt;
  return number(column);
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const InputError&) {  // the fault that brought us here is reported; SQLite rolls back on close
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace npu::sim
