#include "sqlite_statement.hpp"

#include <drr/core/error.hpp>
#include <drr/core/version.hpp>
#include <stereo/trials/trial_store.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>
#include <sstream>
#include <utility>

namespace stereo {
namespace {

// Of the tables below; a store with another number was written by another version.
constexpr int store_version = 2;
// "SDRR": says in the file's header whose it is.
constexpr int application_id = 0x53445252;
// What a second reader or writer waits for the first one, ms.
constexpr int patience_ms = 20000;

const std::vector<std::string>& columns() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{"condition", "repetition", "procedure",
                                     "ok",        "reason",     "seconds"};
        all.insert(all.end(), figure_names().begin(), figure_names().end());
        return all;
    }();
    return names;
}

constexpr int first_figure = 6;

std::string table_text() {
    std::string text =
        "CREATE TABLE trials (condition INTEGER NOT NULL, repetition INTEGER NOT NULL, "
        "procedure INTEGER NOT NULL, ok INTEGER NOT NULL, reason TEXT NOT NULL, "
        "seconds REAL NOT NULL";
    for (const std::string& name : figure_names())
        text += ", " + name + " REAL";
    return text + ", PRIMARY KEY (condition, repetition, procedure)) WITHOUT ROWID";
}

// A write-ahead log needs files beside the store. Where none can be made, and no log is left to be
// taken in, nobody writes, and the store can be read as it is.
bool is_frozen(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    return access(folder.c_str(), W_OK) != 0 && !std::filesystem::exists(file.string() + "-wal");
}

int flags_to_read(const std::filesystem::path& file) {
    return is_frozen(file) ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
}

// SQLite's name of a file that does not change; ?, # and % mean something in it.
std::string frozen_uri(const std::filesystem::path& file) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string())
        uri += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<int>(c))
                                                : std::string(1, c);
    return uri + "?immutable=1";
}

// The first line in which two texts differ.
std::string first_difference(const std::string& stored, const std::string& given) {
    std::istringstream a(stored);
    std::istringstream b(given);
    std::string line_a;
    std::string line_b;
    while (true) {
        const bool more_a = static_cast<bool>(std::getline(a, line_a));
        const bool more_b = static_cast<bool>(std::getline(b, line_b));
        if (!more_a && !more_b) return "nothing";
        if (!more_a) line_a = "nothing";
        if (!more_b) line_b = "nothing";
        if (line_a != line_b) return fmt::format("'{}' became '{}'", line_a, line_b);
    }
}

}  // namespace

void TrialStore::fail(const std::string& doing) const {
    const int code = database_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database_);
    if (code == SQLITE_NOTADB)
        throw drr::Error(drr::ErrorCode::invalid_file, "not a store of trials", file_.string());
    const char* const message = database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
    throw drr::Error(
        drr::ErrorCode::io,
        fmt::format("cannot {}: {}; trials that were stored before are kept", doing, message),
        file_.string());
}

TrialStore::TrialStore(const std::filesystem::path& file, const StudyOutline& study, Mode mode)
    : file_(file) {
    try {
        open(mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                 : SQLITE_OPEN_READWRITE);
        if (mode == Mode::write && is_empty()) create(study);
        check_version();
        check(study);
        if (mode == Mode::write) keep_outline(study);
    } catch (...) {
        sqlite3_close(database_);
        throw;
    }
}

TrialStore::TrialStore(const std::filesystem::path& file) : file_(file) {
    try {
        open(flags_to_read(file));
        check_version();
    } catch (...) {
        sqlite3_close(database_);
        throw;
    }
}

TrialStore::~TrialStore() {
    sqlite3_close(database_);
}

TrialStore::TrialStore(TrialStore&& other) noexcept
    : file_(std::move(other.file_)), database_(std::exchange(other.database_, nullptr)) {}

void TrialStore::run(const std::string& sql, const char* doing) const {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(doing);
}

void TrialStore::open(int flags) {
    const std::string name = (flags & SQLITE_OPEN_URI) != 0 ? frozen_uri(file_) : file_.string();
    if (sqlite3_open_v2(name.c_str(), &database_, flags, nullptr) != SQLITE_OK)
        fail("open the store");
    sqlite3_busy_timeout(database_, patience_ms);
    run("PRAGMA synchronous = FULL", "open the store");
}

bool TrialStore::is_unmade(const std::filesystem::path& file) {
    TrialStore store;
    store.file_ = file;
    store.open(flags_to_read(file));
    return store.is_empty();
}

bool TrialStore::is_empty() const {
    SqliteStatement tables(database_, "SELECT count(*) FROM sqlite_master");
    if (!tables.step()) fail("read the store");
    return tables.integer(0) == 0;
}

void TrialStore::check_version() const {
    SqliteStatement version(database_, "PRAGMA user_version");
    if (!version.step()) fail("read the store");
    if (version.integer(0) != store_version)
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("a store of version {} was expected, this one has version {}: "
                                     "it was written by another version of StereoDRR",
                                     store_version, version.integer(0)),
                         file_.string());
}

void TrialStore::create(const StudyOutline& study) {
    constexpr const char* doing = "make the store";
    run("PRAGMA journal_mode = WAL", doing);
    run("BEGIN IMMEDIATE", doing);
    run(fmt::format("PRAGMA application_id = {}", application_id), doing);
    run(fmt::format("PRAGMA user_version = {}", store_version), doing);
    run("CREATE TABLE study (outline TEXT, fingerprint TEXT, version TEXT, git_commit TEXT)",
        doing);
    run(table_text(), doing);
    SqliteStatement insert(database_, "INSERT INTO study VALUES (?, ?, ?, ?)");
    insert.bind(0, outline_json(study));
    insert.bind(1, study.fingerprint);
    insert.bind(2, std::string(drr::version()));
    insert.bind(3, std::string(drr::git_commit()));
    insert.step();
    if (insert.failed()) fail(doing);
    run("COMMIT", doing);
}

void TrialStore::keep_outline(const StudyOutline& study) {
    if (outline() == study) return;
    SqliteStatement update(database_, "UPDATE study SET outline = ?");
    update.bind(0, outline_json(study));
    update.step();
    if (update.failed()) fail("write the store");
}

StudyOutline TrialStore::outline() const {
    SqliteStatement row(database_, "SELECT outline FROM study");
    if (!row.step()) fail("read the store");
    return parse_outline(row.text(0), file_.string());
}

void TrialStore::check(const StudyOutline& study) const {
    const auto refuse = [&](const std::string& message) {
        throw drr::Error(drr::ErrorCode::invalid_file, message, file_.string());
    };
    SqliteStatement row(database_, "SELECT fingerprint, version FROM study");
    if (!row.step()) fail("read the store");
    if (row.text(1) != drr::version())
        refuse(
            fmt::format("its trials are of StereoDRR {}, this is {}: results may differ, so give "
                        "another folder",
                        row.text(1), drr::version()));
    if (row.text(0) != study.fingerprint)
        refuse(fmt::format("its trials are of another study ({}): give another folder",
                           first_difference(row.text(0), study.fingerprint)));
    SqliteStatement table(database_, "SELECT name FROM pragma_table_info('trials')");
    std::vector<std::string> names;
    while (table.step())
        names.push_back(table.text(0));
    if (names != columns())
        refuse("its trials have other figures: it was written by another version of StereoDRR");
}

void TrialStore::add(std::span<const Trial> trials) {
    constexpr const char* doing = "store trials";
    if (trials.empty()) return;
    run("BEGIN IMMEDIATE", doing);
    std::string marks = "?";
    for (std::size_t i = 1; i < columns().size(); ++i)
        marks += ", ?";
    SqliteStatement insert(database_,
                           fmt::format("INSERT OR REPLACE INTO trials VALUES ({})", marks));
    for (const Trial& trial : trials) {
        insert.bind(0, static_cast<std::int64_t>(trial.condition));
        insert.bind(1, std::int64_t{trial.repetition});
        insert.bind(2, static_cast<std::int64_t>(trial.procedure));
        insert.bind(3, std::int64_t{trial.ok ? 1 : 0});
        insert.bind(4, trial.reason);
        insert.bind(5, trial.seconds);
        for (std::size_t i = 0; i < trial.figures.size(); ++i)
            insert.bind(first_figure + static_cast<int>(i), trial.figures[i]);
        insert.step();
        if (insert.failed()) fail(doing);  // the transaction ends with the connection, undone
        insert.again();
    }
    run("COMMIT", doing);
}

std::vector<Trial> TrialStore::of_condition(std::size_t condition) const {
    SqliteStatement rows(database_,
                         fmt::format("SELECT {} FROM trials WHERE condition = ? ORDER BY "
                                     "repetition, procedure",
                                     fmt::join(columns(), ", ")));
    rows.bind(0, static_cast<std::int64_t>(condition));
    std::vector<Trial> trials;
    while (rows.step()) {
        Trial trial{condition,
                    static_cast<int>(rows.integer(1)),
                    static_cast<std::size_t>(rows.integer(2)),
                    rows.integer(3) != 0,
                    rows.text(4),
                    rows.real(5),
                    {}};
        for (std::size_t i = 0; i < figure_names().size(); ++i) {
            const int column = first_figure + static_cast<int>(i);
            trial.figures.push_back(rows.is_null(column) ? std::nan("") : rows.real(column));
        }
        trials.push_back(std::move(trial));
    }
    if (rows.failed()) fail("read trials");
    return trials;
}

TrialStore::Counts TrialStore::counts() const {
    SqliteStatement row(database_, "SELECT count(*), total(1 - ok), total(seconds) FROM trials");
    if (!row.step()) fail("read the store");
    return {static_cast<std::size_t>(row.integer(0)), static_cast<std::size_t>(row.real(1)),
            row.real(2)};
}

std::vector<TrialStore::Done> TrialStore::done(std::size_t procedures) const {
    SqliteStatement rows(database_,
                         "SELECT condition, repetition FROM trials GROUP BY condition, repetition "
                         "HAVING count(*) = ?");
    rows.bind(0, static_cast<std::int64_t>(procedures));
    std::vector<Done> result;
    while (rows.step())
        result.push_back(
            {static_cast<std::size_t>(rows.integer(0)), static_cast<int>(rows.integer(1))});
    if (rows.failed()) fail("read the store");
    return result;
}

}  // namespace stereo
