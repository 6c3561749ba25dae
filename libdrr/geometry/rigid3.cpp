#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <drr/geometry/rigid3.hpp>

#include <cmath>

namespace drr {

Eigen::Matrix3d cross_matrix(const Eigen::Vector3d& v) {
    Eigen::Matrix3d m;
    m << 0.0, -v.z(), v.y(), v.z(), 0.0, -v.x(), -v.y(), v.x(), 0.0;
    return m;
}

Eigen::Matrix3d left_jacobian(const Eigen::Vector3d& rotation_vector_rad) {
    const double angle = rotation_vector_rad.norm();
    const Eigen::Matrix3d cross = cross_matrix(rotation_vector_rad);
    // below this the next term of the series is lost in rounding
    if (angle < 1e-4) return Eigen::Matrix3d::Identity() + 0.5 * cross + cross * cross / 6.0;
    const double a2 = angle * angle;
    return Eigen::Matrix3d::Identity() + (1.0 - std::cos(angle)) / a2 * cross +
           (angle - std::sin(angle)) / (a2 * angle) * cross * cross;
}

Eigen::Quaterniond rotation_from_vector(const Eigen::Vector3d& rotation_vector_rad) {
    const double angle = rotation_vector_rad.norm();
    // sin(a/2)/a by its series near 0, where the quotient loses digits
    const double scale = angle < 1e-8 ? 0.5 - angle * angle / 48.0 : std::sin(0.5 * angle) / angle;
    Eigen::Quaterniond q;
    q.w() = std::cos(0.5 * angle);
    q.vec() = scale * rotation_vector_rad;
    return q.normalized();
}

Eigen::Vector3d vector_from_rotation(const Eigen::Quaterniond& rotation) {
    const double sign = rotation.w() < 0.0 ? -1.0 : 1.0;
    const Eigen::Vector3d v = sign * rotation.vec();
    const double sine = v.norm();
    if (sine < 1e-12) return 2.0 * v;
    return 2.0 * std::atan2(sine, sign * rotation.w()) / sine * v;
}

double angle_between_rad(const Eigen::Quaterniond& a, const Eigen::Quaterniond& b) {
    return vector_from_rotation(a.conjugate() * b).norm();
}

EulerZxy euler_zxy(const Eigen::Matrix3d& rotation) {
    constexpr double matrix_rounding = 1e-14;
    EulerZxy angles;
    const double cosine = std::hypot(rotation(2, 0), rotation(2, 2));
    angles.x_rad = std::atan2(rotation(2, 1), cosine);
    if (cosine > matrix_rounding) angles.z_rad = std::atan2(-rotation(0, 1), rotation(1, 1));
    // From what z and x leave over, so that y takes up the error of z where z is ill-determined.
    const Eigen::Matrix3d rest =
        rotation_matrix({angles.z_rad, angles.x_rad, 0.0}).transpose() * rotation;
    angles.y_rad = std::atan2(rest(0, 2), rest(0, 0));
    return angles;
}

Eigen::Matrix3d rotation_matrix(const EulerZxy& angles) {
    return (Eigen::AngleAxisd(angles.z_rad, Eigen::Vector3d::UnitZ()) *
            Eigen::AngleAxisd(angles.x_rad, Eigen::Vector3d::UnitX()) *
            Eigen::AngleAxisd(angles.y_rad, Eigen::Vector3d::UnitY()))
        .toRotationMatrix();
}

Eigen::Quaterniond mean_rotation(const std::vector<Eigen::Quaterniond>& rotations) {
    require(!rotations.empty(), "the mean of no rotations is not defined");
    Eigen::Matrix4d sum = Eigen::Matrix4d::Zero();
    for (const auto& q : rotations)
        sum += q.coeffs() * q.coeffs().transpose();
    const Eigen::Vector4d mean = symmetric_eigen(sum).vectors.col(3);
    return Eigen::Quaterniond(mean).normalized();
}

}  // namespace drr
