#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace stereo {

/// A prepared statement of SQLite; columns and parameters count from 0.
class SqliteStatement {
  public:
    SqliteStatement(sqlite3* database, const std::string& sql) {
        code_ = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr);
    }
    ~SqliteStatement() { sqlite3_finalize(statement_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index + 1, value); }
    /// NaN becomes NULL.
    void bind(int index, double value) { sqlite3_bind_double(statement_, index + 1, value); }
    void bind(int index, const std::string& value) {
        sqlite3_bind_text(statement_, index + 1, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT);
    }

    /// True for a row; false at the end or after a failure, which failed() tells apart.
    bool step() {
        if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
        code_ = sqlite3_step(statement_);
        return code_ == SQLITE_ROW;
    }
    /// Makes it ready to be bound and stepped through again.
    void again() { code_ = sqlite3_reset(statement_); }
    [[nodiscard]] bool failed() const {
        return code_ != SQLITE_OK && code_ != SQLITE_ROW && code_ != SQLITE_DONE;
    }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    [[nodiscard]] std::int64_t integer(int column) const {
        return sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] double real(int column) const {
        return sqlite3_column_double(statement_, column);
    }
    [[nodiscard]] std::string text(int column) const {
        const unsigned char* const bytes = sqlite3_column_text(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        return {bytes, bytes + size};
    }

  private:
    sqlite3_stmt* statement_ = nullptr;
    int code_ = SQLITE_OK;
};

}  // namespace stereo
