#include "json_matrix.hpp"
#include "markup.hpp"
#include "plot.hpp"
#include "svg.hpp"

#include <drr/core/version.hpp>
#include <stereo/study/error_budget.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace stereo {
namespace {

// One quantity of the budget, a column of bars.
struct Quantity {
    std::string_view name;
    int digits;
    std::function<double(const BudgetRow&)> value;
};

const std::vector<Quantity>& quantities() {
    static const std::vector<Quantity> all{
        {"localization, px", 4, [](const BudgetRow& r) { return r.localization.sigma_px; }},
        {"lateral, mm", 4, [](const BudgetRow& r) { return r.aligned.lateral_rms_mm(); }},
        {"depth, mm", 4, [](const BudgetRow& r) { return r.aligned.depth_rms_mm(); }},
    };
    return all;
}

// Rows of bars: a column for each quantity, a row for each step.
std::string picture(const ErrorBudget& budget) {
    constexpr double name_width = 205.0;
    constexpr double panel_width = 210.0;
    constexpr double gap = 24.0;
    constexpr double row_height = 24.0;
    constexpr double head = 26.0;
    const auto rows = static_cast<double>(budget.rows.size());
    const double width =
        name_width + static_cast<double>(quantities().size()) * (panel_width + gap);
    Svg svg({0.0, 0.0}, {width, head + rows * row_height + 4.0},
            "Errors with effects added one at a time");
    for (std::size_t i = 0; i < budget.rows.size(); ++i)
        svg.text({0.0, head + (static_cast<double>(i) + 0.62) * row_height},
                 (i == 0 ? "" : "+ ") + budget.rows[i].effect, "class=\"label\"");
    for (std::size_t q = 0; q < quantities().size(); ++q) {
        const Quantity& quantity = quantities()[q];
        const double left = name_width + static_cast<double>(q) * (panel_width + gap);
        double largest = 0.0;
        for (const BudgetRow& row : budget.rows)
            if (row.ok) largest = std::max(largest, quantity.value(row));
        if (!(largest > 0.0)) continue;
        constexpr double number_width = 52.0;
        const double scale = (panel_width - number_width) / largest;
        svg.text({left, 14.0}, quantity.name, "class=\"label\"");
        double before = 0.0;
        for (std::size_t i = 0; i < budget.rows.size(); ++i) {
            const BudgetRow& row = budget.rows[i];
            const double top = head + static_cast<double>(i) * row_height;
            if (!row.ok) {
                svg.text({left, top + 0.62 * row_height}, "failed", "class=\"tick\"");
                continue;
            }
            const double value = quantity.value(row);
            const Eigen::Vector2d bar(scale * value, row_height - 8.0);
            svg.rectangle({left, top + 4.0}, bar, "class=\"bar\"");
            // What the step added, in the colour of a change.
            if (i > 0 && value > before)
                svg.rectangle({left + scale * before, top + 4.0},
                              {scale * (value - before), bar.y()}, "fill=\"currentColor\"");
            svg.text({left + bar.x() + 5.0, top + 0.66 * row_height}, fixed(value, quantity.digits),
                     "class=\"tick\"");
            before = value;
        }
    }
    return svg.str();
}

std::string rows_table(const ErrorBudget& budget) {
    std::vector<TableRow> rows;
    const BudgetRow* before = nullptr;
    for (const BudgetRow& row : budget.rows) {
        TableRow cells{(before == nullptr ? "" : "+ ") + escape_text(row.effect)};
        if (!row.ok) {
            cells.push_back(escape_text(row.summary));
            cells.resize(9);
            rows.push_back(cells);
            continue;
        }
        for (const Quantity& quantity : quantities()) {
            const double value = quantity.value(row);
            cells.push_back(fixed(value, quantity.digits));
            cells.push_back(
                before == nullptr
                    ? ""
                    : signed_fixed(added_rms(quantity.value(*before), value), quantity.digits));
        }
        cells.push_back(fixed(row.absolute.total_rms_mm(), 3));
        cells.push_back(fixed(row.localization.sigma_ratio, 2));
        rows.push_back(cells);
        before = &row;
    }
    return table({"effect", "localization RMS, px", "added", "lateral RMS, mm", "added",
                  "depth RMS, mm", "added", "in the calibrated frame, mm", "error / claimed sd"},
                 rows);
}

}  // namespace

double added_rms(double before, double after) {
    const double difference = after * after - before * before;
    return std::copysign(std::sqrt(std::abs(difference)), difference);
}

std::string error_budget_json(const ErrorBudget& budget) {
    Json out;
    out["version"] = drr::version();
    out["git_commit"] = drr::git_commit();
    out["experiment"] = experiment_yaml(budget.spec);
    out["steps"] = Json::array();
    for (const BudgetRow& row : budget.rows)
        out["steps"].push_back({{"effect", row.effect},
                                {"ok", row.ok},
                                {"summary", row.summary},
                                {"observation_count", row.used},
                                {"localization",
                                 {{"count", row.localization.count},
                                  {"rms_px", row.localization.sigma_px},
                                  {"bias_px", array(row.localization.bias_px)},
                                  {"max_px", row.localization.max_px},
                                  {"error_over_claimed_sd", row.localization.sigma_ratio}}},
                                {"held_out",
                                 {{"count", row.aligned.count},
                                  {"lateral_rms_mm", row.aligned.lateral_rms_mm()},
                                  {"depth_rms_mm", row.aligned.depth_rms_mm()},
                                  {"rms_in_calibrated_frame_mm", row.absolute.total_rms_mm()}}}});
    return out.dump(2) + "\n";
}

std::string error_budget_html(const ErrorBudget& budget) {
    const std::string body =
        figure(picture(budget),
               "Root mean square errors with the effects added one at a time. Dark: what the "
               "step made worse.") +
        "<p>“Added” is the root of the difference of the squares, the size that the effect would "
        "have if it were independent of those before it; it is negative where an error shrank. "
        "Errors of held-out beads are after rigid alignment. Effects that a step adds may help "
        "(blur smooths noise), and their order matters.</p>\n" +
        rows_table(budget);
    return html_page(budget.spec.name + ": error budget",
                     "What each effect of the experiment costs in the localization of beads and in "
                     "three dimensions.",
                     budget.spec.seed, body);
}

}  // namespace stereo
