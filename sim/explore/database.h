// A thin owner of an SQLite connection and its prepared statements; every failure is one InputError that
// names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace npu::sim {

class Database {
 public:
  enum class Access { kReadWrite, kReadOnly };

  /// Opens the file, or creates it (read-write only). Waits up to half a minute for another writer.
  Database(const std::filesystem::path& file, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  /// Readers and one writer at the same time, from now on and for every connection. Waits for other
  /// connections itself: SQLite's own waiting does not cover the change of the mode, because two connections
  /// that both hold a reading lock would wait for each other.
  void use_write_ahead_log();
  const std::filesystem::path& file() const { return file_; }

  /// Throws InputError with the connection's last message.
  [[noreturn]] void fail(const std::string& doing) const;

 private:
  friend class Statement;
  std::filesystem::path file_;
  sqlite3* connection_ = nullptr;
};

/// A prepared statement. bind() with parameters counted from 1, step() to the next row, columns counted from
/// 0.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, const std::string& value);
  Statement& bind(int parameter, const std::optional<double>& value);

  bool step();  ///< true: a row is there; false: done
  void reset();
  void run() {  ///< one execution without rows
    step();
    reset();
  }

  int columns() const;
  std::string column_name(int column) const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double number(int column) const;
  std::optional<double> optional_number(int column) const;
  std::string text(int column) const;

 private:
  void check(int code, const char* doing);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// All or nothing: rolls back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace npu::sim
