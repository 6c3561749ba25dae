#pragma once

#include <hwy/targets.h>

namespace test {

/// Calls `check` as if the machine had no better instructions than each set that it has.
template <class Check>
void with_every_instruction_set(const Check& check) {
    for (auto left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // lowest bit: best
        hwy::SetSupportedTargetsForTest(left & -left);
        hwy::GetChosenTarget().DeInit();
        check();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

}  // namespace test
