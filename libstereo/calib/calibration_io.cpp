#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/calibration_io.hpp>

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace stereo {
namespace {

// Files in the wild give rotations to 6 digits or more.
constexpr double rotation_tolerance = 1e-4;

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// The lines of a file that are not blank, one after the other.
class Lines {
  public:
    explicit Lines(const std::filesystem::path& path)
        : path_(path), text_(drr::read_text_file(path)) {
        int number = 0;
        for (std::size_t at = 0; at < text_.size();) {
            const std::size_t end = std::min(text_.find('\n', at), text_.size());
            ++number;
            const std::string_view line = trimmed(std::string_view(text_).substr(at, end - at));
            if (!line.empty()) lines_.push_back({line, number});
            at = end + 1;
        }
        last_number_ = std::max(1, number);
    }

    [[nodiscard]] bool done() const { return next_ == lines_.size(); }

    [[noreturn]] void fail(const std::string& message) const {
        const int number =
            next_ == 0 ? 1 : (next_ > lines_.size() ? last_number_ : lines_[next_ - 1].number);
        throw drr::Error(drr::ErrorCode::invalid_file, message,
                         fmt::format("{}:{}", path_.string(), number));
    }

    void heading(std::string_view name) {
        if (take(fmt::format("the heading '{}'", name)) != name)
            fail(fmt::format("the heading '{}' was expected (MayaCam 2.0)", name));
    }

    void expect_end() {
        if (done()) return;
        ++next_;
        fail("nothing was expected after the distortion");
    }

    /// The next line's numbers, which commas part.
    std::vector<double> numbers(const std::string& what) {
        std::vector<double> values;
        std::string_view line = take(what);
        for (bool more = true; more;) {
            const std::size_t comma = line.find(',');
            more = comma != std::string_view::npos;
            const std::string word(trimmed(line.substr(0, comma)));
            char* end = nullptr;
            const double value = std::strtod(word.c_str(), &end);
            if (word.empty() || *end != '\0' || !std::isfinite(value))
                fail(fmt::format("{}: '{}' is not a finite number", what, word));
            values.push_back(value);
            if (more) line.remove_prefix(comma + 1);
        }
        return values;
    }

    std::vector<double> numbers(const std::string& what, std::size_t count) {
        const std::vector<double> values = numbers(what);
        if (values.size() != count)
            fail(fmt::format("{}: {} numbers were expected, not {}", what, count, values.size()));
        return values;
    }

    Eigen::Matrix3d matrix(const std::string& what) {
        Eigen::Matrix3d m;
        for (int row = 0; row < 3; ++row)
            m.row(row) = Eigen::Map<const Eigen::RowVector3d>(numbers(what, 3).data());
        return m;
    }

  private:
    std::string_view take(const std::string& what) {
        ++next_;
        if (next_ > lines_.size()) fail(fmt::format("the file ends before {}", what));
        return lines_[next_ - 1].text;
    }

    struct Line {
        std::string_view text;
        int number = 0;
    };
    std::filesystem::path path_;
    std::string text_;
    std::vector<Line> lines_;
    std::size_t next_ = 0;
    int last_number_ = 0;
};

int size_from(double value, const Lines& lines) {
    if (value < 1.0 || value > 1e6 || value != std::floor(value))
        lines.fail(fmt::format("image size: {} is not a number of pixels", value));
    return static_cast<int>(value);
}

drr::BrownConrady read_distortion(Lines& lines) {
    drr::BrownConrady distortion;
    std::vector<double> values = lines.numbers("undistortion");
    if (values.size() == 1)
        while (values.size() < distortion.coefficients.size())
            values.push_back(lines.numbers("undistortion", 1).front());
    if (values.size() != distortion.coefficients.size())
        lines.fail(fmt::format("undistortion: 8 numbers were expected, not {}", values.size()));
    std::copy(values.begin(), values.end(), distortion.coefficients.begin());
    return distortion;
}

}  // namespace

ViewCalibration read_mayacam2(const std::filesystem::path& path) {
    Lines lines(path);
    ViewCalibration result;
    drr::CalibratedView& view = result.view;

    lines.heading("image size");
    const std::vector<double> size = lines.numbers("image size", 2);
    view.width_px = size_from(size[0], lines);
    view.height_px = size_from(size[1], lines);

    lines.heading("camera matrix");
    const Eigen::Matrix3d k = lines.matrix("camera matrix");
    if (k(0, 1) != 0.0 || k(1, 0) != 0.0 || k(2, 0) != 0.0 || k(2, 1) != 0.0 || k(2, 2) != 1.0)
        lines.fail("camera matrix: fx,0,cx / 0,fy,cy / 0,0,1 was expected");
    if (k(0, 0) <= 0.0 || k(1, 1) <= 0.0)
        lines.fail("camera matrix: focal lengths must be positive");
    view.pinhole = {k(0, 0), k(1, 1), k(0, 2), k(1, 2)};

    lines.heading("rotation");
    const Eigen::Matrix3d r = lines.matrix("rotation");
    if ((r * r.transpose() - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff() >
            rotation_tolerance ||
        r.determinant() < 0.0)
        lines.fail("rotation: the matrix is not a rotation");
    lines.heading("translation");
    Eigen::Vector3d t;
    for (int row = 0; row < 3; ++row)
        t[row] = lines.numbers("translation", 1).front();
    view.view_from_world = drr::Rigid3(r, t);

    if (!lines.done()) {
        lines.heading("undistortion");
        result.distortion = read_distortion(lines);
        lines.expect_end();
    }
    return result;
}

void write_mayacam2(const std::filesystem::path& path, const ViewCalibration& calibration) {
    const drr::CalibratedView& view = calibration.view;
    const drr::Pinhole& p = view.pinhole;
    const Eigen::Matrix3d r = view.view_from_world.matrix();
    const Eigen::Vector3d& t = view.view_from_world.translation_mm;
    std::string text = fmt::format("image size\n{},{}\n\n", view.width_px, view.height_px);
    text += fmt::format("camera matrix\n{},0,{}\n0,{},{}\n0,0,1\n\n", p.fx_px, p.cx_px, p.fy_px,
                        p.cy_px);
    text += "rotation\n";
    for (int row = 0; row < 3; ++row)
        text += fmt::format("{},{},{}\n", r(row, 0), r(row, 1), r(row, 2));
    text += fmt::format("\ntranslation\n{}\n{}\n{}\n", t.x(), t.y(), t.z());
    if (calibration.distortion) {
        text += "\nundistortion\n";
        for (const double c : calibration.distortion->coefficients)
            text += fmt::format("{}\n", c);
    }
    drr::write_file(path, text);
}

}  // namespace stereo
