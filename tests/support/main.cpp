#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE stereodrr
#include <boost/test/unit_test.hpp>

// xraylib's parser of formulas leaks some bytes where it refuses one.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libxrl";
}
