#include "small_study.hpp"

#include <drr/core/error.hpp>
#include <stereo/trials/trial.hpp>

#include <chrono>
#include <cmath>

using namespace stereo;

namespace {

// The one trial of a study whose procedure is this command.
Trial trial_of(const std::string& command, const std::string& more = "") {
    const test::TemporaryFolder folder;
    drr::write_file(folder.path() / "run.sh", command);
    const Study study = test::small_study(
        folder.path(), "procedures:\n  - { label: mine, command: 'exec sh " +
                           (folder.path() / "run.sh").string() + " {case} {out}'" + more + " }\n");
    return run_trials(study, prepare(study, 0), 0, folder.path()).front();
}

void fails_with(const Trial& trial, const std::string& part) {
    BOOST_TEST(!trial.ok);
    BOOST_TEST(trial.reason.find(part) != std::string::npos, trial.reason);
    BOOST_TEST(trial.reason.find('\n') == std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_case_holds_what_a_procedure_may_know_and_nothing_else) {
    const Trial trial = trial_of("ls \"$1\"; head -c 40 \"$1/observations.csv\"; exit 1");
    fails_with(trial, "nominal.json observations.csv phantom.csv pose,view,bead,x_px,y_px,sd_px");
    BOOST_TEST(trial.reason.find("truth") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(crashes_and_nonsense_are_reasons) {
    fails_with(trial_of("echo out of luck; exit 3"), "exit status 3; it printed: out of luck");
    fails_with(trial_of("kill -SEGV $$"), "ended by signal 11");
    fails_with(trial_of("true"), "no calibration.json, view0_MayaCam2.txt");
    fails_with(trial_of("echo '{' > $2/calibration.json"), "not JSON");
    fails_with(trial_of("head -c 100000 /dev/urandom > $2/view0_MayaCam2.txt"),
               "no usable calibration");
    fails_with(trial_of("cp $1/nominal.json $2/calibration.json"), "no usable calibration");
}

BOOST_AUTO_TEST_CASE(a_command_that_hangs_is_stopped_with_what_it_started) {
    const auto start = std::chrono::steady_clock::now();
    fails_with(trial_of("sleep 60 & echo waiting; sleep 60", ", time_limit_s: 0.3"),
               "stopped after 0.3 s; it printed: waiting");
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(20)));
}
