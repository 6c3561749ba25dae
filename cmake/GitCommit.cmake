# Writes OUTPUT with the commit of SOURCE_DIR; rewrites it only when it changed, so that a build
# without a new commit recompiles nothing.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --abbrev=12 --dirty --match=NoTag
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
    set(commit unknown)
endif()
set(text "#pragma once\n#define STEREODRR_GIT_COMMIT \"${commit}\"\n")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
    file(WRITE ${OUTPUT} "${text}")
endif()
