# find_package(StereoDRR) gives the rooms as drr::<room> and stereo::<room>.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/StereoDRR)
foreach(library drr stereo)
    install(EXPORT ${library}Targets NAMESPACE ${library}:: DESTINATION ${package_dir})
endforeach()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/StereoDRRConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES cmake/StereoDRRConfig.cmake ${PROJECT_BINARY_DIR}/StereoDRRConfigVersion.cmake
        DESTINATION ${package_dir})
