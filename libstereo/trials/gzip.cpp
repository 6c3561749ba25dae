#include "gzip.hpp"

#include <drr/core/error.hpp>

#include <zlib.h>

namespace stereo {

std::string gzip(std::string text) {
    constexpr int window_of_gzip = 15 + 16;
    constexpr int default_memory = 8;
    z_stream stream{};
    const bool ready = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of_gzip,
                                    default_memory, Z_DEFAULT_STRATEGY) == Z_OK;
    if (!ready) throw drr::Error(drr::ErrorCode::internal, "zlib cannot be started");
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (!whole) throw drr::Error(drr::ErrorCode::internal, "zlib did not finish");
    return packed;
}

}  // namespace stereo
