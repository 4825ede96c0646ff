// Fields of comma-separated files (RFC 4180).
#pragma once

#include <string>

namespace npu {

/// `text` as one field: quoted where it holds a comma, a quote or a line end.
std::string csv_field(const std::string& text);

}  // namespace npu
