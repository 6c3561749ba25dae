#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE stereodrr
#include <boost/test/unit_test.hpp>
