# stereodrr_test(name LABEL unit SOURCES a.cpp LINK drr::core)
#
# One Boost.Test executable and one CTest entry. LABEL is one or more of
# unit property integration peer realdata slow.
function(stereodrr_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABEL" ${ARGN})
    if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_LABEL)
        message(FATAL_ERROR "stereodrr_test(${name}): needs LABEL; unexpected '${ARG_UNPARSED_ARGUMENTS}'")
    endif()
    add_executable(test_${name} ${ARG_SOURCES})
    target_link_libraries(test_${name} PRIVATE ${ARG_LINK} stereodrr_test_support stereodrr_warnings)
    # Boost.Test's log names the failing line; its exit status is what CTest reads.
    add_test(NAME ${name} COMMAND test_${name} --log_level=warning --color_output=no)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" SKIP_RETURN_CODE 77)
    add_dependencies(stereodrr_all_tests test_${name})
    foreach(label IN LISTS ARG_LABEL)
        if(NOT TARGET stereodrr_${label}_tests)
            add_custom_target(stereodrr_${label}_tests)
        endif()
        add_dependencies(stereodrr_${label}_tests test_${name})
    endforeach()
endfunction()
