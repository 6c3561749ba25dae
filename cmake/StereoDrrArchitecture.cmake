# stereodrr_check_rooms(): fails the configuration when the rooms that estimate from images (detect,
# grid, identify, calib, recon, assess, track) link, at any depth, a room that knows the truth. What
# a source may include is checked by tests/architecture.

# The only rooms that an estimator may reach.
set(STEREODRR_ESTIMATORS stereo_detect stereo_grid stereo_identify stereo_calib stereo_recon
    stereo_assess stereo_track)
set(STEREODRR_OPEN_TO_ESTIMATORS drr_core drr_geometry ${STEREODRR_ESTIMATORS})

# The targets of this project that a target names in its link libraries, also inside generator
# expressions such as $<LINK_ONLY:...>.
function(stereodrr_linked_rooms target result)
    set(rooms)
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
        get_target_property(items ${target} ${property})
        string(REGEX MATCHALL "(drr|stereo)(::|_)[a-z_]+" names "${items}")
        foreach(name IN LISTS names)
            string(REPLACE "::" "_" name ${name})
            if(TARGET ${name})
                list(APPEND rooms ${name})
            endif()
        endforeach()
    endforeach()
    list(REMOVE_DUPLICATES rooms)
    set(${result} "${rooms}" PARENT_SCOPE)
endfunction()

function(stereodrr_check_rooms)
    foreach(estimator IN LISTS STEREODRR_ESTIMATORS)
        if(NOT TARGET ${estimator})
            continue()
        endif()
        set(reached ${estimator})
        set(todo ${estimator})
        while(todo)
            list(POP_FRONT todo target)
            stereodrr_linked_rooms(${target} rooms)
            foreach(room IN LISTS rooms)
                if(NOT room IN_LIST STEREODRR_OPEN_TO_ESTIMATORS)
                    message(FATAL_ERROR
                        "${estimator} must not reach ${room} (linked by ${target}): an estimator "
                        "that can see the truth proves nothing. It may link drr::core, "
                        "drr::geometry and the other estimators.")
                endif()
                if(NOT room IN_LIST reached)
                    list(APPEND reached ${room})
                    list(APPEND todo ${room})
                endif()
            endforeach()
        endwhile()
    endforeach()
endfunction()
