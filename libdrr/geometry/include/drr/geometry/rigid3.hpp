#pragma once

#include <Eigen/Geometry>

#include <vector>

namespace drr {

/// A rigid motion named after the frames it joins: with `Rigid3 a_from_b`, a point moves as
/// `point_in_a_mm = a_from_b * point_in_b_mm`, and motions compose as
/// `a_from_c = a_from_b * b_from_c`. Translations are in millimetres.
struct Rigid3 {
    Eigen::Quaterniond rotation = Eigen::Quaterniond::Identity();  ///< unit quaternion
    Eigen::Vector3d translation_mm = Eigen::Vector3d::Zero();

    Rigid3() = default;
    Rigid3(const Eigen::Quaterniond& unit_rotation, const Eigen::Vector3d& translation)
        : rotation(unit_rotation), translation_mm(translation) {}
    Rigid3(const Eigen::Matrix3d& rotation_matrix, const Eigen::Vector3d& translation)
        : rotation(Eigen::Quaterniond(rotation_matrix).normalized()), translation_mm(translation) {}

    [[nodiscard]] Rigid3 inverse() const {
        const Eigen::Quaterniond back = rotation.conjugate();
        return {back, -(back * translation_mm)};
    }
    [[nodiscard]] Eigen::Matrix3d matrix() const { return rotation.toRotationMatrix(); }
    /// The 3x4 matrix [R | t].
    [[nodiscard]] Eigen::Matrix<double, 3, 4> matrix34() const {
        Eigen::Matrix<double, 3, 4> m;
        m << matrix(), translation_mm;
        return m;
    }
};

[[nodiscard]] inline Eigen::Vector3d operator*(const Rigid3& a_from_b,
                                               const Eigen::Vector3d& point_in_b_mm) {
    return a_from_b.rotation * point_in_b_mm + a_from_b.translation_mm;
}

[[nodiscard]] inline Rigid3 operator*(const Rigid3& a_from_b, const Rigid3& b_from_c) {
    return {(a_from_b.rotation * b_from_c.rotation).normalized(),
            a_from_b.rotation * b_from_c.translation_mm + a_from_b.translation_mm};
}

/// The matrix [v]x with [v]x w = v x w.
[[nodiscard]] Eigen::Matrix3d cross_matrix(const Eigen::Vector3d& v);

/// The left Jacobian of SO(3): exp(v + d) = exp(J d) exp(v) to first order in d (Barfoot, "State
/// estimation for robotics", eq. 7.77).
[[nodiscard]] Eigen::Matrix3d left_jacobian(const Eigen::Vector3d& rotation_vector_rad);

/// The rotation by |v| radians about v (exponential map), right for any |v|.
[[nodiscard]] Eigen::Quaterniond rotation_from_vector(const Eigen::Vector3d& rotation_vector_rad);

/// The rotation vector of a rotation, of length at most pi (logarithm).
[[nodiscard]] Eigen::Vector3d vector_from_rotation(const Eigen::Quaterniond& rotation);

/// The angle between two rotations, in [0, pi].
[[nodiscard]] double angle_between_rad(const Eigen::Quaterniond& a, const Eigen::Quaterniond& b);

/// Euler angles of R = Rz(z) Rx(x) Ry(y), x in [-pi/2, pi/2].
struct EulerZxy {
    double z_rad = 0.0;
    double x_rad = 0.0;
    double y_rad = 0.0;
};

/// The Euler angles of a rotation matrix. They compose to it again to rounding, also where x is
/// near +-pi/2 and z and y turn about one axis; at that place itself z is 0.
[[nodiscard]] EulerZxy euler_zxy(const Eigen::Matrix3d& rotation);

/// The rotation matrix of Euler angles.
[[nodiscard]] Eigen::Matrix3d rotation_matrix(const EulerZxy& angles);

/// The average of rotations that lie near each other: the principal eigenvector of sum(q q^T)
/// (Markley et al., "Averaging quaternions", J. Guidance 2007). Throws Error(usage) for none.
[[nodiscard]] Eigen::Quaterniond mean_rotation(const std::vector<Eigen::Quaterniond>& rotations);

}  // namespace drr
