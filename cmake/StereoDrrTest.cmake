# stereodrr_test(name LABEL unit SOURCES a.cpp LINK drr::core)
#
# One Boost.Test executable and one CTest entry. LABEL is one or more of
# unit property integration peer realdata slow. INSIDE libdrr/core lets it include the headers that
# the room, or tools, keeps to itself.
#
# stereodrr_more_trials(name SLOW_NAME 4000)
#
# A second CTest entry of a statistical test, labelled slow, with so many trials (test::trials()).
function(stereodrr_test name)
    cmake_parse_arguments(ARG "" "INSIDE" "SOURCES;LINK;LABEL" ${ARGN})
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_LABEL)
        message(FATAL_ERROR "stereodrr_test(${name}): needs LABEL; unexpected '${ARG_UNPARSED_ARGUMENTS}'")
    endif()
    add_executable(test_${name} ${ARG_SOURCES})
    target_link_libraries(test_${name} PRIVATE ${ARG_LINK} stereodrr_test_support stereodrr_warnings)
    if(ARG_INSIDE)
        target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/${ARG_INSIDE})
    endif()
    target_precompile_headers(test_${name} REUSE_FROM stereodrr_test_headers)
    # Boost.Test's log names the failing line; its exit status is what CTest reads.
    add_test(NAME ${name} COMMAND test_${name} --log_level=warning --color_output=no)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" SKIP_RETURN_CODE 77)
    add_dependencies(stereodrr_all_tests test_${name})
    foreach(label IN LISTS ARG_LABEL)
        stereodrr_label_target(${label} test_${name})
    endforeach()
endfunction()

# Targets that build the tests of one label.
function(stereodrr_label_target label target)
    if(NOT TARGET stereodrr_${label}_tests)
        add_custom_target(stereodrr_${label}_tests)
    endif()
    add_dependencies(stereodrr_${label}_tests ${target})
endfunction()

function(stereodrr_more_trials name slow_name trials)
    add_test(NAME ${slow_name} COMMAND test_${name} --log_level=message --color_output=no)
    set_tests_properties(${slow_name} PROPERTIES LABELS slow TIMEOUT 20000
                         ENVIRONMENT STEREODRR_TRIALS=${trials})
    stereodrr_label_target(slow test_${name})
endfunction()
