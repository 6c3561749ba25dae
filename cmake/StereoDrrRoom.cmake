# One target a room: stereodrr_room(drr geometry SOURCES a.cpp PUBLIC drr::core PRIVATE x)
#
# Headers live in <room>/include/<library>/<room>/ and are found by listing that folder. A room can
# include the headers of those rooms that it links and of no others, so the direction of
# dependencies is a matter of the compiler, not of discipline. Sources named *_simd.cpp are Highway's.
function(stereodrr_room library room)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    if(ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "stereodrr_room(${library} ${room}): unexpected ${ARG_UNPARSED_ARGUMENTS}")
    endif()
    set(target ${library}_${room})
    file(GLOB headers CONFIGURE_DEPENDS
         ${CMAKE_CURRENT_SOURCE_DIR}/include/${library}/${room}/*.hpp)
    add_library(${target} ${ARG_SOURCES})
    add_library(${library}::${room} ALIAS ${target})
    target_sources(${target} PUBLIC
        FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include FILES ${headers})
    target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE}
                          $<BUILD_INTERFACE:stereodrr_warnings>)
    if(ARG_SOURCES MATCHES "_simd\\.cpp")
        # Highway compiles them once for each instruction set by including them by name.
        target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        target_link_libraries(${target} PRIVATE hwy::hwy)
    endif()
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${room} POSITION_INDEPENDENT_CODE ON)
    install(TARGETS ${target} EXPORT ${library}Targets
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    set_property(GLOBAL APPEND PROPERTY STEREODRR_ROOMS ${library}::${room})
endfunction()
